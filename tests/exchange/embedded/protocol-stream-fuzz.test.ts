/**
 * A client that sends anything at all, in any order, while markets move. Invariants:
 * - every message of its gets an answer, and none is a fault of the exchange;
 * - every answer is JSON in one line with the time at which it was sent; an error has a known code and its text;
 * - a numbered subscription counts 1, 2, 3, …; one that is not numbered never does;
 * - nothing comes of a subscription before it is acknowledged or after it has ended, and a listing names those between;
 * - what another client hears is not changed by it.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { unixMs } from '../../../src/domain/units.ts';
import { CHANNELS, type ChannelName, STREAM_ERRORS } from '../../../src/exchange/embedded/protocol/channels.ts';
import { createFixture, type Frame, HAIL, RAIN, SNOW, START_MS } from './protocol-fixture.ts';

const RUNS = process.env.BOTHSIDES_LONG === '1' ? 2_000 : 100;
const RAIN_ID = '00000000-0000-4000-8000-000000000000';

const channel = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...Object.keys(CHANNELS)) }, fc.string());
const market = fc.constantFrom<string>(RAIN, SNOW, HAIL, 'KXNOWHERE-1', '');
const odd = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(1, [1], null, {}, '__proto__', 1e308, -0));
/** Mostly what belongs there. */
const mostly = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: odd });
const params = fc.record(
  {
    channels: mostly(fc.array(channel, { maxLength: 4 })),
    sid: mostly(fc.integer({ min: 1, max: 6 })),
    sids: mostly(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 3 })),
    action: mostly(fc.constantFrom('add_markets', 'delete_markets', 'get_snapshot', 'dance')),
    market_ticker: mostly(market),
    market_tickers: mostly(fc.array(market, { maxLength: 4 })),
    market_id: mostly(fc.constantFrom(RAIN_ID, 'nobody')),
    market_ids: mostly(fc.array(fc.constantFrom(RAIN_ID, 'nobody'), { maxLength: 2 })),
    use_yes_price: mostly(fc.boolean()),
    send_initial_snapshot: mostly(fc.boolean()),
    skip_ticker_ack: mostly(fc.boolean()),
    shard_factor: mostly(fc.integer({ min: -1, max: 101 })),
    shard_key: mostly(fc.integer({ min: -1, max: 101 })),
    user_filter: mostly(fc.constantFrom('', 'self', 'all')),
  },
  { requiredKeys: [] },
);
/** Each kind with what it needs, and something of everything else. */
const plain = fc.oneof(
  fc.record({
    cmd: fc.constant('subscribe'),
    params: fc.record({
      channels: fc.array(channel, { minLength: 1, maxLength: 4 }),
      market_tickers: fc.array(market, { minLength: 1, maxLength: 4 }),
    }),
  }),
  fc.record({
    cmd: fc.constant('update_subscription'),
    params: fc.record({
      sid: fc.integer({ min: 1, max: 4 }),
      action: fc.constantFrom('add_markets', 'delete_markets', 'get_snapshot'),
      market_tickers: fc.array(market, { minLength: 1, maxLength: 3 }),
    }),
  }),
  fc.record({
    cmd: fc.constant('unsubscribe'),
    params: fc.record({ sids: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 2 }) }),
  }),
  fc.record({ cmd: fc.constant('list_subscriptions'), id: fc.nat(9) }),
);
const command = fc.record(
  {
    id: mostly(fc.nat(9)),
    cmd: mostly(fc.constantFrom('subscribe', 'unsubscribe', 'update_subscription', 'list_subscriptions')),
    params: mostly(params),
  },
  { requiredKeys: [] },
);
const sent = fc.oneof(
  { weight: 5, arbitrary: plain.map((value) => JSON.stringify(value)) },
  { weight: 5, arbitrary: command.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  // A command that was cut off, or something in its middle.
  {
    weight: 1,
    arbitrary: fc.tuple(command, fc.nat(120), fc.string({ maxLength: 3 })).map(([value, at, text]) => {
      const whole = JSON.stringify(value);
      return whole.slice(0, at) + text + (at % 2 === 0 ? '' : whole.slice(at));
    }),
  },
);
type Step = { readonly send: string } | { readonly crowd: number } | { readonly end: 10 | 25; readonly sid: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: sent.map((send) => ({ send })) },
  { weight: 3, arbitrary: fc.nat(98).map((crowd) => ({ crowd })) },
  { weight: 1, arbitrary: fc.record({ end: fc.constantFrom<10 | 25>(10, 25), sid: fc.integer({ min: 1, max: 4 }) }) },
);

/** What a client can know of its subscriptions from what it is sent. */
class Witness {
  readonly open = new Map<number, { readonly channel: ChannelName; sequence: number }>();

  hear(frame: Frame, raw: string): void {
    expect(raw.indexOf('\n')).toBe(raw.length - 1);
    expect(Number.isInteger(frame.sending_ts_ms)).toBe(true);
    if (frame.type === 'error') {
      expect(frame.msg.msg).toBe(STREAM_ERRORS[frame.msg.code as keyof typeof STREAM_ERRORS]);
    }
    if (frame.type === 'subscribed') {
      expect(this.open.has(frame.msg.sid)).toBe(false);
      this.open.set(frame.msg.sid, { channel: frame.msg.channel, sequence: 0 });
      return;
    }
    if (frame.type === 'ok' && Array.isArray(frame.msg)) {
      expect(frame.msg).toEqual([...this.open].map(([sid, { channel }]) => ({ channel, sid })));
      return;
    }
    if (frame.sid === undefined) {
      expect(frame.type).toBe('error');
      expect(frame).not.toHaveProperty('seq');
      return;
    }
    const subscription = this.open.get(frame.sid);
    if (subscription === undefined) throw new Error(`not open: ${raw}`);
    if (CHANNELS[subscription.channel].sequenced) expect(frame.seq, raw).toBe(++subscription.sequence);
    else expect(frame).not.toHaveProperty('seq');
    const isOver = frame.type === 'unsubscribed' || (frame.type === 'error' && [10, 25].includes(frame.msg.code));
    if (isOver) this.open.delete(frame.sid);
  }
}

function play(steps: readonly Step[], withClient: boolean): readonly string[] {
  const fixture = createFixture();
  const other = fixture.openStream('bob');
  other.command({ id: 1, cmd: 'subscribe', params: { channels: ['orderbook_delta', 'ticker'], market_ticker: RAIN } });
  const client = withClient ? fixture.openStream('alice') : null;
  const witness = new Witness();
  let heard = 0;
  const listen = () => {
    for (const frame of client?.take() ?? []) witness.hear(frame, client?.raw[heard++] ?? '');
  };
  let atMs: number = START_MS;
  for (const step of steps) {
    if ('send' in step) {
      client?.command(step.send);
      expect(client?.frames.length ?? 1, step.send).toBeGreaterThanOrEqual(1);
    } else if ('crowd' in step) {
      fixture.crowd(step.crowd % 3 === 0 ? SNOW : RAIN, step.crowd < 50 ? 'bid' : 'ask', step.crowd + 1, 1);
      atMs += step.crowd * 3;
      fixture.market.advanceTo(unixMs(atMs));
    } else {
      fixture.server.endSubscriptions(step.end, ({ sid, listener }) => sid === step.sid && listener.user === 'alice');
    }
    listen();
  }
  expect(fixture.faults).toEqual([]);
  return other.raw;
}

/** What once went wrong. */
const KEPT: readonly (readonly Step[])[] = [
  // A snapshot of a market that is not listed was not answered at all.
  [
    { send: '{"cmd":"subscribe","params":{"channels":["orderbook_delta"],"market_ticker":"KXNOWHERE-1"}}' },
    {
      send: '{"cmd":"update_subscription","params":{"sid":1,"action":"get_snapshot","market_tickers":["KXNOWHERE-1"]}}',
    },
  ],
];

it('A client that sends anything is answered, in order, and disturbs nobody', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      expect(play(steps, true)).toEqual(play(steps, false));
    }),
    { numRuns: RUNS, examples: KEPT.map((steps) => [[...steps]]) },
  );
}, 300_000);
