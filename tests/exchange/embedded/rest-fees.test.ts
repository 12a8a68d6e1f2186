/** Changes of fees over REST (`/series/fee_changes`, `/events/fee_changes`): announced, in force, taken back. */
import { expect, it } from 'vitest';
import { type EventTicker, named, type SeriesTicker } from '../../../src/domain/ids.ts';
import { unixMs } from '../../../src/domain/units.ts';
import { createFixture, START_MS } from './protocol-fixture.ts';

const SERIES = named<SeriesTicker>('KXRAIN');
const EVENT = named<EventTicker>('KXRAIN-27MAR05');

it('A change of a series is seen while it is ahead, and afterwards only when the past is asked for', async () => {
  const fixture = createFixture();
  const shown = async (query = '') =>
    (await fixture.send('GET', `/series/fee_changes?${query}`)).body.series_fee_change_arr;
  expect(await shown('show_historical=true')).toEqual([]);
  const fees = { type: 'quadratic_with_maker_fees', multiplierMillionths: 500_000 } as const;
  fixture.engine.changeSeriesFees(SERIES, fees, unixMs(START_MS + 60_000));
  const change = {
    id: expect.any(String),
    series_ticker: SERIES,
    fee_type: 'quadratic_with_maker_fees',
    fee_multiplier: 0.5,
    scheduled_ts: '2027-03-04T12:01:00.25Z',
  };
  expect(await shown('series_ticker=KXRAIN')).toEqual([change]);
  expect(await shown('series_ticker=KXSNOW')).toEqual([]);
  expect((await fixture.send('GET', '/series/KXRAIN')).body.series.fee_multiplier).toBe(1);
  fixture.market.advanceTo(unixMs(START_MS + 60_000));
  expect(await shown()).toEqual([]);
  expect(await shown('show_historical=true')).toEqual([change]);
  expect((await fixture.send('GET', '/series/KXRAIN')).body.series.fee_multiplier).toBe(0.5);
});

it('Changes of events come page by page, null where the override is taken back', async () => {
  const fixture = createFixture();
  fixture.engine.changeEventFees(EVENT, { type: 'quadratic', multiplierMillionths: 0 }, START_MS);
  fixture.engine.changeEventFees(EVENT, null, unixMs(START_MS + 60_000));
  const one = { id: expect.any(String), event_ticker: EVENT, series_ticker: SERIES };
  const first = (await fixture.send('GET', '/events/fee_changes?limit=1')).body;
  expect(first.event_fee_changes).toEqual([
    {
      ...one,
      fee_type_override: 'quadratic',
      fee_multiplier_override: 0,
      scheduled_ts: '2027-03-04T12:00:00.25Z',
    },
  ]);
  expect((await fixture.send('GET', `/events/fee_changes?cursor=${first.cursor}`)).body).toEqual({
    event_fee_changes: [
      { ...one, fee_type_override: null, fee_multiplier_override: null, scheduled_ts: '2027-03-04T12:01:00.25Z' },
    ],
    cursor: '',
  });
  expect((await fixture.send('GET', '/events/fee_changes?event_ticker=KXNONE')).body.event_fee_changes).toEqual([]);
  expect((await fixture.send('GET', '/events/fee_changes?limit=1001')).text).toContain("on the 'max' tag");
});
