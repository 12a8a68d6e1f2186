/** Quotes end by themselves: renewed for as long as somebody wants them, gone soon after nobody does. */
import { describe, expect, it } from 'vitest';
import { isTerminal } from '../../src/domain/order.ts';
import { MARKET, OTHER, Stage, type StageOptions } from './stage.ts';

const LIFE_MS = 300_000;
/** How often a quoter says what it wants though nothing changes, market time. */
const HEARTBEAT_MS = 5_000;
const TOKENS_PER_SECOND = 100;
const AMEND_TOKENS = 10;

/** Quotes on both sides of two markets, wanted again and again for this long of market time. */
async function steady(marketMs: number, options: StageOptions = {}): Promise<Stage> {
  const stage = await Stage.open(options);
  const speed = options.speed ?? 1;
  const until = stage.clocks.market.now() + marketMs;
  while (stage.clocks.market.now() < until) {
    for (const market of [MARKET, OTHER]) stage.want({ bid: [40, 10], ask: [60, 10] }, market);
    await stage.advance(HEARTBEAT_MS / speed);
  }
  return stage;
}

const standing = (stage: Stage) => [...stage.resting(), ...stage.resting(OTHER)].length;

describe('A quote that is still wanted', () => {
  it('is renewed where it stands, for less than a tenth of the tokens', async () => {
    const runMs = 1_800_000;
    const stage = await steady(runMs);
    // The same four orders as at the start: none lapsed, none lost its place.
    expect(stage.placed()).toHaveLength(4);
    expect(standing(stage)).toBe(4);
    const amends = stage.line.count('amend');
    // Sixty seconds before its end each time: every four minutes.
    expect(amends).toBe(4 * Math.floor(runMs / (LIFE_MS - 60_000)));
    expect(amends * AMEND_TOKENS).toBeLessThanOrEqual((0.1 * TOKENS_PER_SECOND * runMs) / 1_000);
    for (const { body } of stage.line.seen.filter(({ name }) => name === 'amend'))
      expect(Object.keys(body!).sort()).toEqual([
        'count',
        'exchange_index',
        'expiration_time',
        'price',
        'side',
        'ticker',
      ]);
  });

  it('is renewed in the market’s time, however fast that runs', async () => {
    const stage = await steady(1_200_000, { speed: 60 });
    expect(stage.nowMs).toBeLessThan(25_000);
    expect(stage.placed()).toHaveLength(4);
    expect(standing(stage)).toBe(4);
    expect(stage.line.count('amend')).toBe(4 * Math.floor(1_200_000 / (LIFE_MS - 60_000) - 0.1));
  });

  it('that could not be renewed in time ends, and stands again', async () => {
    const stage = await steady(200_000);
    stage.line.fail('amend', { how: '429' }, 1_000);
    for (let ms = 0; ms < 120_000; ms += HEARTBEAT_MS) {
      for (const market of [MARKET, OTHER]) stage.want({ bid: [40, 10], ask: [60, 10] }, market);
      await stage.advance(HEARTBEAT_MS);
    }
    expect(
      stage
        .rows()
        .slice(0, 4)
        .map(({ state }) => state),
    ).toEqual(['expired', 'expired', 'expired', 'expired']);
    expect(standing(stage)).toBe(4);
  });
});

describe('A quote that nobody speaks of any more', () => {
  it.each([1, 60])('is gone when its time is over, and its row knows, at speed %i', async (speed) => {
    const stage = await steady(10_000, { speed });
    expect(standing(stage)).toBe(4);
    await stage.advance((LIFE_MS - 20_000) / speed);
    expect(standing(stage)).toBe(4);
    await stage.advance(12_000 / speed);
    expect(standing(stage)).toBe(0);
    expect(stage.rows().map(({ state }) => state)).toEqual(['expired', 'expired', 'expired', 'expired']);
    expect(stage.placed().every(({ updateReason }) => updateReason === 'ExpiryCancel')).toBe(true);
    expect(stage.exposure.restingValue).toBe(0);
  });

  it('is known to be gone within seconds though the stream said nothing', async () => {
    const stage = await steady(10_000);
    stage.deaf = true;
    await stage.advance(LIFE_MS - 12_000);
    expect(stage.rows().every(({ state }) => state === 'resting')).toBe(true);
    await stage.advance(8_000);
    expect(standing(stage)).toBe(0);
    expect(stage.rows().every(({ state }) => isTerminal(state))).toBe(true);
    expect(stage.exposure.restingValue).toBe(0);
  });

  it('executed before its end without our knowing: that is read back too', async () => {
    const stage = await steady(10_000);
    stage.deaf = true;
    stage.crowd('ask', 40, 4);
    await stage.advance(LIFE_MS + 10_000);
    expect(stage.positionHere()).toBe(4);
    expect(stage.positionThere()).toBe(4);
  });
});
