/**
 * Everything that was recorded of the real venue and that the client reads is understood. The recordings are not part of
 * this project: BOTHSIDES_FIXTURES names a folder that holds them.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ZodType } from 'zod';
import { named, type Ticker } from '../../../src/domain/ids.ts';
import { parseRefusal } from '../../../src/exchange/kalshi/errors.ts';
import { outcomeOf } from '../../../src/exchange/kalshi/order-entry.ts';
import {
  check,
  toBalance,
  toBook,
  toFill,
  toMarket,
  toOrder,
  toSettlement,
} from '../../../src/exchange/kalshi/parse-rest.ts';
import { decodeFrame } from '../../../src/exchange/kalshi/parse-stream.ts';
import * as wire from '../../../src/exchange/kalshi/wire.ts';

const root = process.env.BOTHSIDES_FIXTURES ?? '';
const demo = join(root, 'demo-2026-06');
const production = join(root, 'production-2026-08');
const isThere = root !== '' && existsSync(demo) && existsSync(production);

const FAMILY = {
  series: named<never>('S'),
  category: '',
  fees: { type: 'quadratic', multiplierMillionths: 1_000_000 },
  mutuallyExclusive: false,
} as const;
const text = (folder: string, name: string) => readFileSync(join(folder, name), 'utf8');
const body = (folder: string, name: string) => JSON.parse(text(folder, name));
const read = <T>(schema: ZodType<T>, name: string) => check(schema, name, body(demo, `${name}.json`));
const answered = (name: string) => {
  const { status } = body(demo, `${name}.meta.json`);
  return { kind: 'answered', status, body: text(demo, `${name}.json`) } as const;
};

it('Recorded answers are looked for', (context) => {
  if (!isThere) context.skip('BOTHSIDES_FIXTURES names no folder with recordings: they are not checked');
});

describe.runIf(isThere)('Recorded answers', () => {
  it('of markets are read, every one, and agree with their sizes', () => {
    const names = readdirSync(demo).filter((name) => /^markets__.*(?<!\.meta)\.json$/.test(name));
    let count = 0;
    for (const name of names) {
      const raw = body(demo, name);
      const records = raw.markets ?? (raw.market === undefined ? [] : [raw.market]);
      for (const record of records) {
        const market = toMarket(check(wire.market, name, record), FAMILY);
        expect(market.bid === null).toBe(market.bidSize === 0);
        expect(market.ask === null).toBe(market.askSize === 0);
        count++;
      }
    }
    expect(count).toBeGreaterThan(100);
    check(wire.marketsPage, 'last page', body(demo, 'markets__single_filter_lastpage.json'));
  });

  it('of production are read too', () => {
    const { single, orderbook } = body(production, 'market_single.json');
    const market = toMarket(check(wire.market, 'single', single.market), FAMILY);
    const book = toBook('book', market.ticker, check(wire.bookAnswer, 'book', orderbook).orderbook_fp);
    expect(book.bids.at(-1)).toEqual([market.bid, market.bidSize]);
    expect(book.asks[0]).toEqual([market.ask, market.askSize]);
    const { payloads } = body(production, 'series_fee_fields.json');
    for (const payload of Object.values(payloads) as { series: unknown }[])
      check(wire.series, 'series', payload.series);
    for (const grid of body(production, 'price_grids.json').grids) check(wire.priceRanges, 'grid', grid.price_ranges);
  });

  it('of the account are read', () => {
    expect(toBalance(read(wire.balance, 'auth__balance_ok')).byShard.get(0)).toBe(98_018_600);
    expect(read(wire.limits, 'account__limits').usage_tier).toBe('basic');
    expect(read(wire.ordersPage, 'portfolio__orders_list').orders.map(toOrder).length).toBeGreaterThan(0);
    expect(read(wire.fillsPage, 'fills__after_taker').fills.map(toFill)[0]).toMatchObject({ price: 5200, fee: 17_500 });
    expect(read(wire.settlementsPage, 'settlements__page').settlements.map(toSettlement)).toEqual([]);
    expect(toOrder(read(wire.orderAnswer, 'orders__get_after_create').order).status).toBe('resting');
    check(wire.statusAnswer, 'status', body(demo, 'exchange__status.json'));
    const book = toBook('book', named<Ticker>('T'), read(wire.bookAnswer, 'orderbook__base').orderbook_fp);
    expect([book.bids, book.asks]).toEqual([[[4700, 300]], [[5200, 300]]]);
  });

  it.each([
    ['orders__create_v2_maker', { kind: 'accepted', value: '0/100' }],
    ['orders__create_v2_taker_ioc', { kind: 'accepted', value: '100/0' }],
    ['orders__duplicate_client_order_id', { kind: 'rejected', code: 'order_already_exists', status: 409 }],
    ['orders__insufficient_balance', { kind: 'rejected', code: 'insufficient_balance' }],
    ['orders__invalid_price_structure', { kind: 'rejected', code: 'invalid_price' }],
    ['orders__numeric_field_types', { kind: 'rejected', code: 'bad_request' }],
    ['orders__post_only_cross', { kind: 'rejected', code: 'invalid_order', message: 'invalid order: post only cross' }],
  ])('to creates are told apart: %s', (name, expected) => {
    const outcome = outcomeOf(answered(name), wire.created, (one) => `${one.fill_count}/${one.remaining_count}`);
    expect(outcome).toMatchObject(expected);
  });

  it('to cancels are told apart', () => {
    const outcome = (name: string) => outcomeOf(answered(name), wire.canceled, (one) => one.reduced_by);
    expect(outcome('orders__cancel_v2')).toEqual({ kind: 'accepted', value: 100 });
    expect(outcome('orders__cancel_already_canceled')).toMatchObject({
      kind: 'rejected',
      status: 404,
      code: 'not_found',
    });
    expect(outcome('orders__cancel_unknown_id')).toMatchObject({ kind: 'rejected', code: 'not_found' });
  });

  it('that refuse are read, each with its code', () => {
    const refusal = (name: string) => {
      const answer = answered(name);
      return parseRefusal(answer.status, answer.body);
    };
    expect(refusal('auth__bad_signature')).toMatchObject({ code: 'authentication_error' });
    expect(refusal('auth__skew_minus30s')).toMatchObject({ code: 'header_timestamp_expired' });
    expect(refusal('auth__missing_signature_header')).toMatchObject({ code: 'signature_is_missing_from_headers' });
    expect(refusal('markets__limit_over_max')).toMatchObject({ code: 'invalid_parameters' });
  });

  it('as frames are decoded, every one, and keep their numbering', () => {
    const lines = (folder: string, name: string) =>
      text(folder, name)
        .split('\n')
        .filter((line) => line.trim() !== '');
    const frames = [
      ...lines(demo, 'ws__orderbook_trade_yes.jsonl'),
      ...lines(production, 'ws-frames-2026-04.jsonl').map((line) => JSON.parse(line).raw as string),
    ];
    const heard = frames.map((frame) => decodeFrame(frame));
    expect(heard.filter((event) => event.type === 'malformed')).toEqual([]);
    const kinds = new Set(heard.map((event) => event.type));
    for (const kind of ['subscribed', 'bookSnapshot', 'bookDelta', 'commandFailed']) expect(kinds).toContain(kind);
    for (const event of heard) {
      if (event.type !== 'bookDelta') continue;
      expect(event.sequence).toBeGreaterThan(0);
      expect(event.atMs).toBeGreaterThan(Date.UTC(2026, 0));
    }
  });
});
