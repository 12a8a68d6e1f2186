import { describe, expect, it } from 'vitest';
import type { BothsidesError } from '../../../src/domain/errors.ts';
import { named, type SeriesTicker, type Ticker } from '../../../src/domain/ids.ts';
import {
  check,
  toBalance,
  toBook,
  toFees,
  toFill,
  toMarket,
  toOrder,
  toSettlement,
} from '../../../src/exchange/kalshi/parse-rest.ts';
import * as wire from '../../../src/exchange/kalshi/wire.ts';

const FAMILY = {
  series: named<SeriesTicker>('KXRAIN'),
  category: 'Climate',
  fees: { type: 'quadratic', multiplierMillionths: 1_000_000 },
  mutuallyExclusive: false,
} as const;

const MARKET = {
  ticker: 'KXRAIN-26DEC24-T1',
  event_ticker: 'KXRAIN-26DEC24',
  market_type: 'binary',
  title: 'Rain on the 24th?',
  status: 'active',
  created_time: '2026-12-01T09:00:00.123456Z',
  open_time: '2026-12-01T10:00:00Z',
  close_time: '2026-12-25T00:00:00Z',
  yes_bid_dollars: '0.4100',
  yes_ask_dollars: '0.4350',
  yes_bid_size_fp: '12.50',
  yes_ask_size_fp: '3.00',
  last_price_dollars: '0.4200',
  volume_fp: '1200.25',
  volume_24h_fp: '80.00',
  open_interest_fp: '500.00',
  result: '',
  price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0050' }],
  exchange_index: 2,
  a_key_of_next_month: { tolerated: true },
};
const readMarket = (changes: object) => toMarket(check(wire.market, '/markets', { ...MARKET, ...changes }), FAMILY);

const refused = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    expect((error as BothsidesError).code).toBe('EXCHANGE_NONSENSE');
    return (error as Error).message;
  }
  throw new Error('it was taken');
};

describe('A market', () => {
  it('is read into exact units, with what its family says', () => {
    expect(readMarket({})).toMatchObject({
      ticker: 'KXRAIN-26DEC24-T1',
      category: 'Climate',
      exchangeIndex: 2,
      bid: 4100,
      ask: 4350,
      bidSize: 1250,
      askSize: 300,
      lastPrice: 4200,
      volume: 120_025,
      createdMs: Date.UTC(2026, 11, 1, 9, 0, 0, 123),
      result: null,
      settlementValue: null,
    });
    expect(readMarket({}).grid.isOnGrid(4350)).toBe(true);
    expect(readMarket({}).grid.isOnGrid(4310)).toBe(false);
  });

  it.each([
    ['never quoted', { yes_bid_dollars: '0.0000', yes_ask_dollars: '0.0000' }, '0.00', '0.00', null, null],
    ['without bids', { yes_bid_dollars: '0.0000' }, '0.00', '3.00', null, 4350],
    ['without asks, once quoted', { yes_ask_dollars: '1.0000' }, '12.50', '0.00', 4100, null],
    ['whose stale price outlived its size', {}, '0.00', '0.00', null, null],
  ])('%s has empty sides where the sizes say so', (_name, prices, bidSize, askSize, bid, ask) => {
    const market = readMarket({ ...prices, yes_bid_size_fp: bidSize, yes_ask_size_fp: askSize });
    expect([market.bid, market.ask]).toEqual([bid, ask]);
  });

  it('that has ended has no quotes, even where the venue leaves a negative size behind', () => {
    const market = readMarket({
      status: 'determined',
      result: 'no',
      yes_bid_size_fp: '-3.00',
      yes_bid_dollars: '0.0100',
    });
    expect([market.bid, market.bidSize, market.ask]).toEqual([null, 0, 4350]);
  });

  it.each([
    ['a quote at 0', { yes_ask_dollars: '0.0000' }],
    ['a quote at 1', { yes_bid_dollars: '1.0000' }],
    ['a missing price', { yes_bid_dollars: undefined }],
    ['a price as a number', { yes_bid_dollars: 0.41 }],
    ['a price finer than the venue has', { yes_bid_dollars: '0.41005' }],
    ['a price above 1', { yes_bid_dollars: '1.0100' }],
    ['a missing size', { yes_bid_size_fp: undefined }],
    ['a negative size', { yes_bid_size_fp: '-1.00' }],
    ['a status of next month', { status: 'resolving' }],
    ['no grid', { price_ranges: [] }],
    [
      'a grid with a hole',
      {
        price_ranges: [
          { start: '0.0000', end: '0.1000', step: '0.0010' },
          { start: '0.2000', end: '1.0000', step: '0.0100' },
        ],
      },
    ],
    ['a time that is none', { close_time: 'tomorrow' }],
  ])('with %s is nonsense', (_name, changes) => {
    refused(() => readMarket(changes));
  });
});

describe('Fees', () => {
  const series = check(wire.series, '/series', {
    ticker: 'KXRAIN',
    category: 'Climate',
    fee_type: 'quadratic_with_maker_fees',
    fee_multiplier: 0.5,
  });
  const event = (override: object) =>
    check(wire.event, '/events', {
      event_ticker: 'KXRAIN-26DEC24',
      series_ticker: 'KXRAIN',
      mutually_exclusive: true,
      ...override,
    });

  it('are the series’ own', () => {
    expect(toFees(event({}), series)).toEqual({ type: 'quadratic_with_maker_fees', multiplierMillionths: 500_000 });
  });

  it('are the event’s where it overrides them, a multiplier of 0 included', () => {
    const override = { fee_type_override: 'quadratic', fee_multiplier_override: 0 };
    expect(toFees(event(override), series)).toEqual({ type: 'quadratic', multiplierMillionths: 0 });
  });
});

describe('A book', () => {
  const read = (sides: object) =>
    toBook('/book', named<Ticker>('T'), check(wire.bookAnswer, '/book', { orderbook_fp: sides }).orderbook_fp);

  it('shows both sides on the yes scale, ascending', () => {
    const book = read({
      yes_dollars: [
        ['0.4600', '5.00'],
        ['0.4700', '3.00'],
      ],
      no_dollars: [
        ['0.4700', '1.50'],
        ['0.4800', '3.00'],
      ],
    });
    expect(book.bids).toEqual([
      [4600, 500],
      [4700, 300],
    ]);
    expect(book.asks).toEqual([
      [5200, 300],
      [5300, 150],
    ]);
  });

  it('may have an empty side, however that is written', () => {
    for (const none of [{ no_dollars: [] }, { no_dollars: null }, {}]) {
      expect(read({ yes_dollars: [['0.4600', '5.00']], ...none }).asks).toEqual([]);
    }
  });

  it.each([
    ['neither side', {}],
    [
      'a price twice',
      {
        yes_dollars: [
          ['0.4600', '5.00'],
          ['0.4600', '1.00'],
        ],
      },
    ],
    ['a level of nothing', { yes_dollars: [['0.4600', '0.00']] }],
    ['a level at 0', { yes_dollars: [['0.0000', '1.00']] }],
    ['a no level at 1', { no_dollars: [['1.0000', '1.00']] }],
    ['a level without size', { yes_dollars: [['0.4600']] }],
  ])('with %s is nonsense', (_name, sides) => {
    refused(() => read(sides));
  });

  it('under another key is nonsense, not an empty book', () => {
    refused(() => check(wire.bookAnswer, '/book', { orderbook: { yes: [], no: [] } }));
  });
});

describe('The account’s records', () => {
  const order = {
    order_id: 'o1',
    client_order_id: 'bs-1',
    ticker: 'T',
    book_side: 'ask',
    outcome_side: 'no',
    yes_price_dollars: '0.5500',
    status: 'resting',
    fill_count_fp: '1.25',
    remaining_count_fp: '8.75',
    initial_count_fp: '10.00',
    created_time: '2026-12-01T09:00:00Z',
    last_update_time: '2026-12-01T09:00:05Z',
  };

  it('hold orders', () => {
    expect(toOrder(check(wire.order, '/o', order))).toMatchObject({
      side: 'ask',
      price: 5500,
      filled: 125,
      remaining: 875,
      initial: 1000,
      exchangeIndex: 0,
      reason: null,
      updatedMs: Date.UTC(2026, 11, 1, 9, 0, 5),
    });
  });

  it('know an ask by the no that it buys, and no order without a side', () => {
    const { book_side: _, ...bySide } = order;
    expect(toOrder(check(wire.order, '/o', bySide)).side).toBe('ask');
    const { outcome_side: __, ...sideless } = bySide;
    refused(() => toOrder(check(wire.order, '/o', sideless)));
  });

  it('hold fills, whose fee is the venue’s number and never assumed', () => {
    const fill = {
      trade_id: 't1',
      order_id: 'o1',
      market_ticker: 'T',
      book_side: 'bid',
      count_fp: '2.00',
      yes_price_dollars: '0.5200',
      is_taker: true,
      fee_cost: '0.034944',
      created_time: '2026-12-01T09:00:00.500Z',
    };
    expect(toFill(check(wire.fill, '/f', fill))).toMatchObject({ quantity: 200, price: 5200, fee: 34_944 });
    refused(() => check(wire.fill, '/f', { ...fill, fee_cost: undefined }));
    refused(() => toFill(check(wire.fill, '/f', { ...fill, count_fp: '0.00' })));
  });

  it('hold settlements, whose cents become exact money; the fees of fills are not counted again', () => {
    const settlement = {
      ticker: 'T',
      market_result: 'scalar',
      yes_count_fp: '3.01',
      no_count_fp: '0.00',
      revenue: 150,
      fee_cost: '0.340000',
      value: 50,
      settled_time: '2026-12-25T00:05:00Z',
    };
    const read = (fields: object) => toSettlement(check(wire.settlement, '/s', { ...settlement, ...fields }));
    expect(read({})).toMatchObject({ revenue: 1_500_000, fee: 5_000, value: 5000, result: 'scalar' });
    expect(read({ yes_count_fp: '0.00', no_count_fp: '3.01' }).fee).toBe(5_000);
    // The value itself was cut to cents: the rounding cannot be told from it.
    expect(read({ revenue: 152 }).fee).toBe(0);
    expect(read({ value: null }).fee).toBe(0);
    expect(read({ market_result: 'yes', value: null, revenue: 301 }).fee).toBe(0);
  });

  it('hold cash by shard', () => {
    const balance = toBalance(
      check(wire.balance, '/b', {
        balance: 9801,
        balance_dollars: '98.0186',
        balance_breakdown: [
          { exchange_index: 0, balance: '90.0186' },
          { exchange_index: 2, balance: '8.0000' },
        ],
        portfolio_value: 198,
        updated_ts: 1_790_000_000,
      }),
    );
    expect(balance.cash).toBe(98_018_600);
    expect([...balance.byShard]).toEqual([
      [0, 90_018_600],
      [2, 8_000_000],
    ]);
    expect(balance.portfolioValue).toBe(1_980_000);
  });

  it('never take a missing amount for zero', () => {
    expect(
      refused(() => check(wire.balance, '/portfolio/balance', { balance: 1, portfolio_value: 1, updated_ts: 1 })),
    ).toMatch(/balance_dollars/);
  });
});

describe('The errors of this room', () => {
  it('say where and what', () => {
    const message = refused(() => check(wire.limits, '/account/limits', { usage_tier: 'basic', read: {} }));
    expect(message).toMatch(/\/account\/limits.*read/);
  });
});
