/**
 * Every frame of a varied run against the venue's own description of its stream, closed so that no field may be there
 * that it does not know; and the exchange's frames beside frames that the venue once sent. BOTHSIDES_SPECS names the
 * folder with asyncapi.yaml, BOTHSIDES_FIXTURES the one with recorded frames; without them one line says what was not run.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { named, type Ticker } from '../../src/domain/ids.ts';
import { type Centicents, complement, parsePrice, parseQuantity, unixMs } from '../../src/domain/units.ts';
import { CROWD } from '../../src/exchange/embedded/model.ts';
import { createFixture, type Frame, HAIL, order, RAIN, SNOW, START_MS } from '../exchange/embedded/protocol-fixture.ts';

type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; required?: string[] };

/** Where the fact sheet, which is newer and partly recorded, knows better than the description; each with its reason. */
const OVERRIDES: readonly { readonly why: string; readonly apply: (schemas: Record<string, Schema>) => void }[] = [
  {
    why: 'every message says when it was sent, since October 2026',
    apply: (schemas) => {
      for (const [name, { properties }] of Object.entries(schemas)) {
        if (name.endsWith('Payload') && properties !== undefined) properties.sending_ts_ms = { type: 'integer' };
      }
    },
  },
  {
    why: 'tickers have points in them',
    apply: ({ marketTicker }) => {
      marketTicker!.pattern = '^[A-Z0-9.-]+$';
    },
  },
  {
    why: 'only numbered channels number their end',
    apply: ({ unsubscribedResponsePayload }) => dropRequired(unsubscribedResponsePayload!, 'seq'),
  },
  {
    why: 'a command without an id is answered without one',
    apply: ({ listSubscriptionsResponsePayload }) => dropRequired(listSubscriptionsResponsePayload!, 'id'),
  },
  {
    why: 'trades and what happens to markets and events are numbered',
    apply: (schemas) => {
      for (const name of ['trade', 'marketLifecycleV2', 'eventLifecycle', 'eventFeeUpdate']) {
        const schema = schemas[`${name}Payload`]!;
        schema.properties!.seq = { type: 'integer', minimum: 1 };
        schema.required!.push('seq');
      }
    },
  },
  {
    why: 'an error of a subscription names it and is counted there',
    apply: ({ errorResponsePayload }) => {
      errorResponsePayload!.properties!.sid = { type: 'integer', minimum: 1 };
      errorResponsePayload!.properties!.seq = { type: 'integer', minimum: 1 };
    },
  },
  {
    why: 'a snapshot that was asked for carries the id of the command',
    apply: ({ orderbookSnapshotPayload }) => {
      orderbookSnapshotPayload!.properties!.id = { type: 'integer', minimum: 1 };
    },
  },
  {
    why: 'an order names its shard, and why it changed',
    apply: ({ userOrderPayload }) => {
      const properties = userOrderPayload!.properties!.msg!.properties!;
      properties.exchange_index = { type: 'integer', minimum: 0 };
      properties.last_update_reason = { type: 'string' };
    },
  },
];

function dropRequired(schema: Schema, name: string): void {
  schema.required = schema.required!.filter((required) => required !== name);
}

/** No object may have a field that its schema does not name. */
function close(schema: unknown): void {
  if (typeof schema !== 'object' || schema === null) return;
  const { properties } = schema as Schema;
  if (properties !== undefined) (schema as Schema).additionalProperties = false;
  for (const member of Object.values(schema)) close(member);
}

const PAYLOAD_OF: Readonly<Record<string, string>> = {
  subscribed: 'subscribedResponse',
  unsubscribed: 'unsubscribedResponse',
  ok: 'okResponse',
  error: 'errorResponse',
  orderbook_snapshot: 'orderbookSnapshot',
  orderbook_delta: 'orderbookDelta',
  ticker: 'ticker',
  trade: 'trade',
  fill: 'fill',
  user_order: 'userOrder',
  market_position: 'marketPosition',
  order_group_updates: 'orderGroupUpdates',
  market_lifecycle_v2: 'marketLifecycleV2',
  event_lifecycle: 'eventLifecycle',
  event_fee_update: 'eventFeeUpdate',
};

function openChecks(path: string): (frame: Frame) => ValidateFunction {
  const { schemas } = parse(readFileSync(path, 'utf8')).components as { schemas: Record<string, Schema> };
  for (const { apply } of OVERRIDES) apply(schemas);
  close(schemas);
  const ajv = new Ajv({ strict: false, allErrors: true });
  // Node's resolution gives the module itself where the types promise the plugin.
  const plugin = addFormats as unknown as { default?: (ajv: Ajv) => void } & ((ajv: Ajv) => void);
  (plugin.default ?? plugin)(ajv);
  ajv.addSchema({ $id: 'stream', components: { schemas } });
  return (frame) => {
    const isList = frame.type === 'ok' && Array.isArray(frame.msg);
    const payload = isList ? 'listSubscriptionsResponse' : PAYLOAD_OF[frame.type];
    const check = payload === undefined ? undefined : ajv.getSchema(`stream#/components/schemas/${payload}Payload`);
    if (check === undefined) throw new Error(`no schema for ${JSON.stringify(frame)}`);
    return check as ValidateFunction;
  };
}

const ORDERS = '/portfolio/events/orders';

/** Everything that the stream can say, and the frames in which it said it to two accounts. */
async function liveVariedly(): Promise<readonly Frame[]> {
  const fixture = createFixture();
  const { engine, market } = fixture;
  const heard: Frame[] = [];
  const alice = fixture.openStream('alice');
  const bob = fixture.openStream('bob');
  let id = 0;
  const tell = (stream: typeof alice, cmd: string, params?: unknown) => {
    stream.command({ id: id++, cmd, ...(params === undefined ? {} : { params }) });
    heard.push(...alice.take(), ...bob.take());
  };
  const all = ['user_orders', 'fill', 'market_positions', 'order_group_updates', 'market_lifecycle_v2'];
  tell(alice, 'list_subscriptions');
  tell(alice, 'subscribe', { channels: ['orderbook_delta'], market_tickers: [RAIN, SNOW], use_yes_price: true });
  tell(alice, 'subscribe', { channels: ['ticker', 'trade', ...all, 'communications'] });
  tell(bob, 'subscribe', { channels: ['orderbook_delta', 'nonsense', 'user_orders'], market_ticker: RAIN });
  const rainId = engine.market(RAIN)?.listed.marketId;
  tell(bob, 'subscribe', { channels: ['ticker'], market_id: rainId, send_initial_snapshot: true });
  tell(bob, 'subscribe', { channels: ['ticker', 'trade'], market_tickers: [SNOW] });
  tell(bob, 'subscribe', { channels: ['multivariate_market_lifecycle', 'market_lifecycle_v2'] });
  for (const action of ['add_markets', 'get_snapshot', 'delete_markets', 'get_snapshot', 'dance', undefined]) {
    tell(bob, 'update_subscription', { sid: 1, market_tickers: [HAIL], ...(action === undefined ? {} : { action }) });
  }
  for (const cmd of ['unsubscribe', 'update_subscription', 'subscribe', 'sing']) {
    tell(bob, cmd);
    tell(bob, cmd, {});
  }
  tell(bob, 'list_subscriptions');
  bob.command('{');

  fixture.crowd(RAIN, 'bid', 47, 3);
  fixture.crowd(RAIN, 'ask', 52, 2);
  const call = async (user: string, method: string, path: string, body?: unknown) => {
    const answer = await fixture.call(user, method, path, body);
    expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
    market.advanceTo(unixMs(market.now() + 130));
    return answer.body;
  };
  const group = await call('alice', 'POST', '/portfolio/order_groups/create', { contracts_limit_fp: '5.00' });
  const path = `/portfolio/order_groups/${group.order_group_id}`;
  await call('alice', 'PUT', `${path}/limit`, { contracts_limit_fp: '2.00' });
  await call('alice', 'PUT', `${path}/reset`, {});
  const grouped = { order_group_id: group.order_group_id, client_order_id: 'mine', count: '4.00', price: '0.4900' };
  await call('alice', 'POST', ORDERS, order(grouped));
  const expiring = { price: '0.2000', expiration_time: Math.floor(START_MS / 1000) + 30 };
  await call('alice', 'POST', ORDERS, order(expiring));
  const taking = { side: 'ask', price: '0.4700', count: '2.50', time_in_force: 'immediate_or_cancel' };
  await call('bob', 'POST', ORDERS, order(taking));
  const offered = await call('bob', 'POST', ORDERS, order({ side: 'ask', price: '0.5500', count: '3.00' }));
  const moved = { ticker: RAIN, side: 'ask', price: '0.5600', count: '3.00' };
  await call('bob', 'POST', `${ORDERS}/${offered.order_id}/amend`, moved);
  await call('bob', 'POST', `${ORDERS}/${offered.order_id}/decrease`, { reduce_to: '1.00' });
  await call('bob', 'DELETE', `${ORDERS}/${offered.order_id}`);
  await call('alice', 'PUT', `${path}/trigger`, {});
  await call('alice', 'DELETE', path);
  market.advanceTo(unixMs(START_MS + 60_000));

  // Another market is listed, stops and goes on; all of them close and are settled.
  const listed = engine.market(HAIL)!.listed;
  const later = { ...listed, event: named<typeof listed.event>('KXRAIN-27MAR07') };
  engine.addEvent({ ...engine.event(listed.event)!, ticker: later.event, mutuallyExclusive: true });
  engine.addMarket({ ...later, ticker: named<Ticker>('KXRAIN-27MAR07-T1.5'), marketId: rainId!.replace(/.$/, '7') });
  const fees = { type: 'quadratic_with_maker_fees', multiplierMillionths: 500_000 } as const;
  engine.changeEventFees(listed.event, fees, market.now());
  engine.changeEventFees(listed.event, null, unixMs(market.now() + 1_000));
  engine.pauseMarket(SNOW);
  engine.resumeMarket(SNOW);
  engine.changeGrid(SNOW, 'deci_cent', listed.grid);
  engine.changeMetadata(SNOW, { strikeType: 'between', floorStrike: 1, capStrike: 2, yesSubTitle: 'Snow' });
  engine.moveClose(RAIN, unixMs(START_MS + 120_000));
  market.advanceTo(unixMs(START_MS + 120_000));
  engine.determine(RAIN, 'yes', 10_000 as Centicents);
  market.advanceTo(unixMs(START_MS + 240_000));
  fixture.server.endSubscriptions(25, ({ sid }) => sid === 1);
  fixture.server.endSubscriptions(10, ({ channel }) => channel === 'market_lifecycle_v2');
  tell(alice, 'unsubscribe', { sids: [2, 3, 4, 99] });
  expect(fixture.faults).toEqual([]);
  return heard;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

const specs = process.env.BOTHSIDES_SPECS;
const description = specs === undefined ? '' : join(specs, 'asyncapi.yaml');
const isDescribed = specs !== undefined && existsSync(description);
if (!isDescribed) {
  const why = specs === undefined ? 'BOTHSIDES_SPECS is not set' : `${description} is not there`;
  it(`Frames were not checked against the venue's description: ${why}`, () =>
    say(`Frames were not checked against the venue's description: ${why}.`));
}

describe.runIf(isDescribed)("The venue's description of its stream", () => {
  const checkOf = isDescribed ? openChecks(description) : null;

  it('fits every frame of a life in which everything happens', async () => {
    const frames = await liveVariedly();
    for (const frame of frames) {
      const check = checkOf!(frame);
      expect(check(frame) ? [] : check.errors, JSON.stringify(frame)).toEqual([]);
    }
    const said = new Set(frames.map((frame) => frame.type));
    expect([...said].sort()).toEqual(Object.keys(PAYLOAD_OF).sort());
    const happened = (type: string, field: string) =>
      new Set(frames.filter((frame) => frame.type === type).map((frame) => frame.msg[field]));
    for (const event of [
      'created',
      'deactivated',
      'activated',
      'close_date_updated',
      'determined',
      'settled',
      'price_level_structure_updated',
      'metadata_updated',
    ])
      expect(happened('market_lifecycle_v2', 'event_type')).toContain(event);
    expect(happened('order_group_updates', 'event_type').size).toBe(5);
    for (const reason of ['Trade', 'Amend', 'Decrease', 'ExpiryCancel', undefined])
      expect(happened('user_order', 'last_update_reason')).toContain(reason);
  });

  it('refuses what it does not know: a field too many, one too few, one of another kind', async () => {
    const frame = (await liveVariedly()).find(({ type }) => type === 'fill');
    const fits = (changes: Record<string, unknown>) => {
      const changed = JSON.parse(JSON.stringify({ ...frame, msg: { ...frame.msg, ...changes } }));
      return checkOf!(changed)(changed);
    };
    expect([{}, { mood: 'good' }, { fee_cost: undefined }, { ts_ms: '1' }].map(fits)).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

const fixtures = process.env.BOTHSIDES_FIXTURES;
const recorded = fixtures === undefined ? '' : join(fixtures, 'demo-2026-06', 'ws__orderbook_trade_yes.jsonl');
const moving = join(fixtures ?? '', 'production-2026-08', 'ws-frames-2026-04.jsonl');
const isRecorded = fixtures !== undefined && existsSync(recorded);
if (!isRecorded) {
  const why = fixtures === undefined ? 'BOTHSIDES_FIXTURES is not set' : `${recorded} is not there`;
  it(`Recorded frames were not compared: ${why}`, () => say(`Recorded frames were not compared: ${why}.`));
}

describe.runIf(isRecorded)('Frames that the venue sent', () => {
  it('come again, letter for letter but for names and times, where the same happens', () => {
    const theirs = readFileSync(recorded, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    const fixture = createFixture();
    fixture.crowd(RAIN, 'bid', 47, 3);
    const ask = fixture.crowd(RAIN, 'ask', 52, 1);
    const stream = fixture.openStream('alice');
    const params = { channels: ['orderbook_delta', 'trade'], market_tickers: [RAIN], use_yes_price: true };
    stream.command({ id: 1, cmd: 'subscribe', params });
    fixture.engine.cancel(CROWD, ask.orderId);
    fixture.crowd(RAIN, 'ask', 52, 2);
    // Since then, messages say when they were sent.
    const ours = stream.raw.map((text) => text.trimEnd().replace(/,"sending_ts_ms":\d+(?=}$)/, ''));
    expect(ours.map(withoutNames)).toEqual(theirs.map(withoutNames));
    expect(stream.raw.every((text) => text.endsWith('}\n'))).toBe(true);
  });

  it.runIf(existsSync(moving))('come again for eight books that move, and for channels that do not exist', () => {
    const theirs = readFileSync(moving, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).raw.trimEnd() as string);
    const frames: Frame[] = theirs.map((text) => JSON.parse(text));
    const fixture = createFixture();
    const { engine } = fixture;
    const rain = engine.market(RAIN)!.listed;
    /** A change of the crowd at a price of the named leg. */
    const change = (ticker: Ticker, leg: string, price: string, count: string) => {
      const at = leg === 'yes' ? parsePrice(price)! : complement(parsePrice(price)!);
      const size = parseQuantity(count.replace('-', ''))!;
      const [side, isMore] = [leg === 'yes' ? 'bid' : 'ask', !count.startsWith('-')] as const;
      if (isMore) engine.crowdAdd(ticker, side, at, size);
      else expect(engine.crowdRemove(ticker, side, at, size, 'tail')).toBe(size);
    };
    const snapshots = frames.filter(({ type }) => type === 'orderbook_snapshot').map(({ msg }) => msg);
    for (const { market_ticker, market_id, yes_dollars_fp = [], no_dollars_fp = [] } of snapshots) {
      engine.addMarket({ ...rain, ticker: market_ticker, marketId: market_id });
      for (const [price, count] of yes_dollars_fp) change(market_ticker, 'yes', price, count);
      for (const [price, count] of no_dollars_fp) change(market_ticker, 'no', price, count);
    }
    const stream = fixture.openStream('alice');
    const channels = ['orderbook_delta', 'trade', 'nonsense', 'worse'];
    const params = { channels, market_tickers: snapshots.map((msg) => msg.market_ticker) };
    stream.command({ id: 1, cmd: 'subscribe', params });
    for (const { type, msg } of frames) {
      if (type === 'orderbook_delta') change(msg.market_ticker, msg.side, msg.price_dollars, msg.delta_fp);
    }
    stream.command({ id: 99, cmd: 'subscribe', params: { channels: ['nonsense'] } });
    // The numbered ones in their order; an answer may come before a snapshot or after it. Times have milliseconds since.
    const sorted = (texts: readonly string[]) => texts.toSorted((a, b) => place(a) - place(b));
    const place = (text: string) => Number(/"seq":(\d+)/.exec(text)?.[1] ?? 0);
    const ours = stream.raw.map((text) => text.trimEnd().replace(/,"(sending_ts_ms|ts_ms)":\d+/g, ''));
    expect(sorted(ours).map(withoutTimes)).toEqual(sorted(theirs).map(withoutTimes));
  });
});

function withoutTimes(line: string): string {
  return line.replace(/"ts":"[^"]*Z"/, '"ts":"…"');
}

function withoutNames(line: string): string {
  return line
    .replace(/"market_ticker":"[A-Z0-9.-]+"/, '"market_ticker":"…"')
    .replace(/"market_id":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/, '"market_id":"…"')
    .replace(/"ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"/, '"ts":"…"')
    .replace(/"ts_ms":\d{13}\b/, '"ts_ms":0');
}
