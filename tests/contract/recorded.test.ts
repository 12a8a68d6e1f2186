/**
 * What the venue answered once, the embedded exchange answers to the same request: status, fields, types, and every value
 * that depends neither on names and times nor on that day's market. The recordings are not part of this project:
 * BOTHSIDES_FIXTURES names a folder that holds them. Where the venue's protocol has changed since, it says so here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fromDollars } from '../../src/domain/units.ts';
import { differences } from './support/differences.ts';
import { type Answered, type Exchanged, type Identities, replay, type Session, type Wire } from './support/session.ts';

const folder = join(process.env.BOTHSIDES_FIXTURES ?? '', 'demo-2026-06');
const isThere = process.env.BOTHSIDES_FIXTURES !== undefined && existsSync(folder);
const production = join(process.env.BOTHSIDES_FIXTURES ?? '', 'production-2026-08');
const read = (name: string): Wire => JSON.parse(readFileSync(join(folder, name), 'utf8'));

/** The account had $100 and one market to trade in. */
function recordedSession(): Session {
  const exchanged = readdirSync(folder)
    .filter((name) => name.endsWith('.meta.json'))
    .map((name) => toExchanged(name.slice(0, -'.meta.json'.length)))
    .sort((a, b) => a.atMs - b.atMs);
  const { market } = read('markets__single.json');
  const open: Wire[] = read('markets__status_open.json').markets;
  const first: Wire[] = read('markets__page1.json').markets;
  const orders: Wire[] = read('portfolio__orders_list.json').orders;
  const beganMs = exchanged[0]!.atMs;
  const [bid, ask] = [read('orderbook__base.json').orderbook_fp.yes_dollars, market.yes_ask_dollars];
  return {
    user: orders[0].user_id,
    openingCash: fromDollars(100),
    // One more than a page holds: there is a next one.
    markets: [
      ...first,
      ...open.map((one) => (one.ticker === market.ticker ? market : one)),
      { ...open[0], ticker: `${open[0].ticker}-TWIN` },
    ],
    others: [...first, ...open.filter((one) => one.ticker !== market.ticker)],
    earlierOrders: orders.filter((order) => Date.parse(order.created_time) < beganMs),
    books: [
      { market: market.ticker, side: 'bid', price: bid[0][0], count: bid[0][1] },
      { market: market.ticker, side: 'ask', price: ask, count: market.yes_ask_size_fp },
    ],
    exchanged,
  };
}

function toExchanged(name: string): Exchanged {
  const meta = read(`${name}.meta.json`);
  const [, sign, seconds] = /skew_(minus|plus)(\d+)s/.exec(name) ?? [];
  return {
    name,
    atMs: meta.recorded_at_epoch_ms,
    auth: meta.auth,
    skewMs: seconds === undefined ? 0 : Number(seconds) * (sign === 'minus' ? -1000 : 1000),
    method: meta.method,
    path: meta.path,
    body: meta.request_body,
    status: meta.status,
    answer: read(`${name}.json`),
  };
}

it('Recorded requests are looked for', (context) => {
  if (!isThere) context.skip('BOTHSIDES_FIXTURES names no folder with recordings: nothing recorded was asked again');
});

describe.runIf(isThere)('A recorded request', () => {
  const session = isThere ? recordedSession() : null;
  const answers = new Map<string, { status: number; differences: string[]; body: Wire }>();

  beforeAll(async () => {
    await replay(session!, (one: Exchanged, got: Answered, ids: Identities) => {
      const found = differences(one.answer, got.body, ids, { values: true });
      answers.set(one.name, { status: got.status, differences: found, body: got.body });
    });
  });

  /** What is known to be otherwise today, with the reason. */
  const CHANGED: Readonly<Record<string, readonly string[]>> = {
    // Of two contracts that were traded within the day their count of the day had one.
    markets__status_open: ['.markets[11].volume_24h_fp: "2.00" instead of "1.00"'],
    markets__single_filter_lastpage: ['.markets[0].volume_24h_fp: "2.00" instead of "1.00"'],
    markets__single: ['.market.volume_24h_fp: "2.00" instead of "1.00"'],
    // Budgets of three seconds since the autumn of 2026.
    account__limits: ['.read.bucket_capacity: 600 instead of 200'],
    // Made over a path that is gone, without what is required today.
    portfolio__orders_list: ['.orders[3].self_trade_prevention_type is nothing of theirs'],
  };
  const named = session?.exchanged.map((one) => [one.name, one] as const) ?? [];

  it.each(named.filter(([name]) => name !== 'account__endpoint_costs'))('%s is answered as it was', (name, one) => {
    const got = answers.get(name)!;
    expect(got.status).toBe(one.status);
    expect(got.differences).toEqual(CHANGED[name] ?? []);
  });

  it('for the costs of calls names the same cost for each that both have', () => {
    const theirs: Wire[] = read('account__endpoint_costs.json').endpoint_costs;
    const ours: Wire[] = answers.get('account__endpoint_costs')!.body.endpoint_costs;
    const key = (one: Wire) => `${one.method} ${one.path.replace('/trade-api/v2', '')}`;
    const costs = new Map(ours.map((one) => [key(one), one.cost]));
    // Orders of the first kind, lookups: gone. Perpetuals, benchmarks, quotes: not built here.
    const elsewhere = /^(POST|DELETE) \/portfolio\/orders|\/(lookup|margin|cfbenchmarks|communications)\b/;
    const both = theirs.filter((one) => !elsewhere.test(key(one)));
    expect(both.length).toBeGreaterThan(3);
    for (const one of both) expect([key(one), costs.get(key(one))]).toEqual([key(one), one.cost]);
  });
});

describe.runIf(isThere && existsSync(production))('A market of production, read as it was described', () => {
  /** The market without a day before, its trades and its book as they were. */
  function session(): Session {
    const { single, orderbook } = JSON.parse(readFileSync(join(production, 'market_single.json'), 'utf8'));
    const { market } = single;
    const levels = (side: 'bid' | 'ask', of: Wire[]) =>
      of.map(([price, count]) => ({
        market: market.ticker,
        side,
        price: side === 'bid' ? price : (1 - Number(price)).toFixed(4),
        count,
      }));
    const asked = { auth: 'signed', skewMs: 0, method: 'GET', body: null, status: 200 };
    const path = `/trade-api/v2/markets/${market.ticker}`;
    const atMs = Date.UTC(2026, 7, 9, 7, 17, 29);
    return {
      user: 'nobody',
      openingCash: fromDollars(0),
      markets: [market],
      others: [market],
      earlierOrders: [],
      books: [
        ...levels('bid', orderbook.orderbook_fp.yes_dollars),
        ...levels('ask', orderbook.orderbook_fp.no_dollars),
      ],
      exchanged: [
        { ...asked, name: 'market', atMs, path, answer: single },
        { ...asked, name: 'book', atMs, path: `${path}/orderbook`, answer: orderbook },
      ],
    };
  }

  it('differs in nothing but what it had lived through', async () => {
    const found = new Map<string, string[]>();
    await replay(session(), (one, got, ids) => {
      expect(got.status).toBe(200);
      found.set(one.name, differences(one.answer, got.body, ids, { values: true }));
    });
    expect(found.get('book')).toEqual([]);
    // All of its volume is of today here.
    const before = /^\.market\.(volume_24h_fp|previous_)/;
    expect(found.get('market')!.filter((difference) => !before.test(difference))).toEqual([]);
  });
});
