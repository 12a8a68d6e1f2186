/** An engine with one market and two rich accounts, on a clock that the test moves; and orders said shortly. */

import { type ClientOrderId, named, type OrderId, type Ticker } from '../../src/domain/ids.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import type { FeeSchedule } from '../../src/domain/market.ts';
import { WHOLE_CENTS } from '../../src/domain/market.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Side } from '../../src/domain/side.ts';
import type { Microdollars, UnixMs } from '../../src/domain/units.ts';
import { type AuditedEngine, createEngine, type EngineOptions } from '../../src/exchange/embedded/engine.ts';
import type {
  AmendOrder,
  CreateAccepted,
  EngineEvent,
  ListedMarket,
  NewOrder,
  RefusalCode,
  UserId,
} from '../../src/exchange/embedded/model.ts';
import { DAY_MS, feesOf, NOON_MS, price, quantity } from './markets.ts';

export const MARKET = named<Ticker>('KXTEST-A');
export const dollars = (amount: number) => Math.round(amount * 1_000_000) as Microdollars;

export function listedWith(changes: Partial<ListedMarket> = {}): ListedMarket {
  return {
    ticker: MARKET,
    event: named('KXTEST'),
    marketId: '7b1f7e0c-0000-4000-8000-000000000001',
    title: 'A test',
    yesSubTitle: 'Yes',
    noSubTitle: 'No',
    kind: 'binary',
    createdMs: (NOON_MS - DAY_MS) as UnixMs,
    openMs: (NOON_MS - DAY_MS) as UnixMs,
    closeMs: (NOON_MS + DAY_MS) as UnixMs,
    expectedExpirationMs: (NOON_MS + DAY_MS) as UnixMs,
    settlementTimerSeconds: 60,
    gridLabel: 'linear_cent',
    grid: WHOLE_CENTS,
    exchangeIndex: 0,
    strikeType: null,
    floorStrike: null,
    capStrike: null,
    rulesPrimary: 'A test comes true.',
    volumeBefore: quantity(0),
    volume24hBefore: quantity(0),
    openInterestBefore: quantity(0),
    ...changes,
  };
}

export class EngineWorld {
  readonly clock = new ManualClock(NOON_MS);
  readonly engine: AuditedEngine;
  readonly events: EngineEvent[] = [];
  private sequence = 0;

  constructor(
    options: {
      fees?: FeeSchedule;
      market?: Partial<ListedMarket>;
      cash?: number;
      engine?: Partial<EngineOptions>;
    } = {},
  ) {
    this.engine = createEngine({ market: this.clock, random: createRandom(1), ...options.engine });
    this.engine.events.subscribe((event) => this.events.push(event));
    this.engine.addSeries({
      ticker: named('KXTEST'),
      title: 'Tests',
      category: 'Economics',
      frequency: 'daily',
      tags: [],
      fees: options.fees ?? feesOf('quadratic'),
      exchangeIndex: 0,
    });
    this.engine.addEvent({
      ticker: named('KXTEST'),
      series: named('KXTEST'),
      title: 'A test',
      subTitle: '',
      mutuallyExclusive: false,
      feeOverride: null,
    });
    this.engine.addMarket(listedWith(options.market));
    for (const user of ['ann', 'ben']) {
      this.engine.openAccount(user, new Map([[0, dollars(options.cash ?? 1_000)]]));
    }
    this.events.length = 0;
  }

  order(side: Side, cents: number, contracts: number, changes: Partial<NewOrder> = {}): NewOrder {
    return {
      market: MARKET,
      side,
      price: price(cents),
      quantity: quantity(contracts),
      timeInForce: 'goodTillCanceled',
      selfTrade: 'taker_at_cross',
      clientOrderId: named<ClientOrderId>(`order-${++this.sequence}`),
      expiresAtMs: null,
      postOnly: false,
      reduceOnly: false,
      cancelOnPause: false,
      groupId: null,
      ...changes,
    };
  }

  /** Places an order that must be taken. */
  place(
    user: UserId,
    side: Side,
    cents: number,
    contracts: number,
    changes: Partial<NewOrder> = {},
  ): CreateAccepted & { readonly id: OrderId } {
    const answer = this.engine.create(user, this.order(side, cents, contracts, changes));
    if (!answer.ok) throw new Error(`refused: ${answer.code} ${answer.details ?? ''}`);
    return { ...answer, id: answer.order.orderId };
  }

  /** Places an order that must be refused; with which code. */
  refusal(
    user: UserId,
    side: Side,
    cents: number,
    contracts: number,
    changes: Partial<NewOrder> = {},
  ): RefusalCode | null {
    const answer = this.engine.create(user, this.order(side, cents, contracts, changes));
    return answer.ok ? null : answer.code;
  }

  amend(
    user: UserId,
    id: OrderId,
    side: Side,
    cents: number,
    contracts: number,
    changes: Partial<AmendOrder> = {},
  ): ReturnType<AuditedEngine['amend']> {
    return this.engine.amend(user, id, {
      market: MARKET,
      side,
      price: price(cents),
      quantity: quantity(contracts),
      ...changes,
    });
  }

  cash(user: UserId): number {
    return (this.engine.availableCash(user).get(0) ?? 0) / 1_000_000;
  }

  position(user: UserId): number {
    return (this.engine.positions(user).find(({ market }) => market === MARKET)?.quantity ?? 0) / 100;
  }

  /** Levels as [cents, contracts], best first. */
  bids(): [number, number][] {
    return this.engine
      .book(MARKET)
      .bids.map(([at, size]): [number, number] => [at / 100, size / 100])
      .reverse();
  }
  asks(): [number, number][] {
    return this.engine.book(MARKET).asks.map(([at, size]): [number, number] => [at / 100, size / 100]);
  }

  advance(milliseconds: number): void {
    this.clock.advanceTo(this.clock.now() + milliseconds);
  }

  /** Cash + $1 × open interest + fees − deposits: zero, or money came from nowhere. */
  imbalance(): number {
    const { cash, openInterest, fees, deposits } = this.engine.audit();
    return cash + openInterest * 10_000 + fees - deposits;
  }
}
