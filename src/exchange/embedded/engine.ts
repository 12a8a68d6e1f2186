/**
 * The embedded exchange's engine: one book a market, accounts with exact money, a catalogue that lives by the market
 * clock. Everything is synchronous; what happens is told through `events` after it stands.
 */

import { assert } from '../../domain/assert.ts';
import type { Clock } from '../../domain/clock.ts';
import { DIRECT_MEMBER_PRECISION } from '../../domain/fees.ts';
import type { OrderId, Ticker, TradeId } from '../../domain/ids.ts';
import type { Random } from '../../domain/random.ts';
import type { Side } from '../../domain/side.ts';
import { type Centicents, type Centicontracts, DOLLAR, type Microdollars } from '../../domain/units.ts';
import type { Level } from '../port.ts';
import { grantUsageLevel, restingValue, transferBetweenShards } from './account-commands.ts';
import { Account, Purse } from './accounts.ts';
import { Crowd } from './crowd.ts';
import { Executions } from './executions.ts';
import { FeeBook } from './fee-book.ts';
import { Floor } from './floor.ts';
import { createIdentifiers } from './identifiers.ts';
import { Lifecycle } from './lifecycle.ts';
import type { ListedEntry } from './listed-entry.ts';
import type { LiveOrder } from './live-order.ts';
import { type Answer, CROWD, type Engine, type EngineTransfer, type UserId } from './model.ts';
import { OrderGroups } from './order-groups.ts';
import { refused } from './order-rules.ts';
import { Trading } from './trading.ts';

export interface EngineOptions {
  readonly market: Clock;
  /** Names orders and trades. */
  readonly random: Random;
  /** Where balances lie: $0.0001 for direct members (the default), $0.01 behind a broker. */
  readonly feePrecision?: Microdollars;
}

/** The exchange's own books, the crowd counted: cash + openInterest × $1 + fees = deposits, always. */
export interface Audit {
  /** Σ cash of all accounts and the crowd, collateral of resting orders included. */
  readonly cash: Microdollars;
  /** Σ collateral of resting orders: the part of `cash` that is not available. */
  readonly collateral: Microdollars;
  /** Σ long positions. */
  readonly openInterest: Centicontracts;
  readonly fees: Microdollars;
  readonly deposits: Microdollars;
  /** Markets whose signed positions do not add up to zero; empty unless the engine is wrong. */
  readonly unbalanced: readonly Ticker[];
}

export interface AuditedEngine extends Engine {
  audit(): Audit;
}

export function createEngine(options: EngineOptions): AuditedEngine {
  const floor = new Floor(
    options.market,
    createIdentifiers(options.random),
    options.feePrecision ?? DIRECT_MEMBER_PRECISION,
  );
  const groups = new OrderGroups(floor);
  const executions = new Executions(floor, groups);
  const trading = new Trading(floor, executions, groups);
  const feeBook = new FeeBook(floor);
  const lifecycle = new Lifecycle(floor, feeBook);
  const crowd = new Crowd(floor);
  const stateOf = (entry: ListedEntry) => entry.state(options.market.now());
  const levelAt = (market: Ticker, side: Side): Level | null => {
    const { book } = floor.entry(market);
    const price = book.bestPrice(side);
    return price === null ? null : [price, book.bestQuantity(side)];
  };

  return {
    events: floor.events.asObservable(),

    addSeries: (series) => lifecycle.addSeries(series),
    addEvent: (event) => lifecycle.addEvent(event),
    addMarket: (market) => lifecycle.addMarket(market),
    moveClose: (market, closeMs) => lifecycle.moveClose(market, closeMs),
    changeGrid: (market, label, grid) => lifecycle.changeGrid(market, label, grid),
    changeMetadata: (market, metadata) => lifecycle.changeMetadata(market, metadata),
    pauseMarket: (market) => lifecycle.pauseMarket(market),
    resumeMarket: (market) => lifecycle.resumeMarket(market),
    determine: (market, result, value) => lifecycle.determine(market, result, value),
    dispute: (market) => lifecycle.dispute(market),
    amendResult: (market, result, value) => lifecycle.amendResult(market, result, value),
    changeSeriesFees: (series, fees, atMs) => feeBook.changeSeries(series, fees, atMs),
    changeEventFees: (event, fees, atMs) => feeBook.changeEvent(event, fees, atMs),
    setTradingActive: (active) => lifecycle.setTradingActive(active),
    setExchangeActive: (active) => lifecycle.setExchangeActive(active),
    get tradingActive() {
      return floor.tradingActive;
    },
    get exchangeActive() {
      return floor.exchangeActive;
    },

    series: (ticker) => floor.series.get(ticker) ?? null,
    allSeries: () => [...floor.series.values()],
    event: (ticker) => floor.eventListings.get(ticker) ?? null,
    allEvents: () => [...floor.eventListings.values()],
    eventMarkets: (ticker) => (floor.entriesOf.get(ticker) ?? []).map(stateOf),
    market: (ticker) => {
      const entry = floor.entries.get(ticker);
      return entry === undefined ? null : stateOf(entry);
    },
    allMarkets: () => [...floor.entries.values()].map(stateOf),
    feesOf: (market) => floor.entry(market).fees,
    feeChanges: () => feeBook.changes,

    openAccount: (user, cash) => openAccount(floor, user, cash),
    hasAccount: (user) => floor.accounts.has(user),
    availableCash: (user) => {
      const purses = floor.account(user).purses;
      return new Map([...purses].map(([shard, purse]) => [shard, purse.available]));
    },
    portfolioValue: (user, shard = null) => portfolioValue(floor, floor.account(user), shard),
    orders: (user) => [...floor.account(user).orders.values()].reverse().map((order) => order.view()),
    order: (user, orderId) => floor.account(user).orders.get(orderId)?.view() ?? null,
    fills: (user) => floor.account(user).fills.toReversed(),
    // A stake is also kept for what only rests; a position begins with an execution.
    positions: (user) =>
      [...floor.account(user).stakes.values()]
        .filter(({ totalTraded }) => totalTraded > 0)
        .map((stake) => stake.view()),
    settlements: (user) => floor.account(user).settlements.toReversed(),

    transfers: (user) => floor.account(user).transfers.toReversed(),
    deposit: (user, exchangeIndex, amount) => deposit(floor, user, exchangeIndex, amount),

    shardTransfers: (user) => floor.account(user).shardTransfers.toReversed(),
    transferBetweenShards: (user, asked) => transferBetweenShards(floor, user, asked),
    restingValue: (user) => restingValue(floor, user),
    usageLevels: (user) => [...floor.account(user).usageLevels],
    grantUsageLevel: (user, level) => grantUsageLevel(floor, user, level),

    create: (user, order) => trading.create(user, order),
    cancel: (user, orderId) => trading.cancel(user, orderId),
    cancelAll: (user) => trading.cancelAll(user),
    amend: (user, orderId, amend) => trading.amend(user, orderId, amend),
    decreaseTo: (user, orderId, remaining) => trading.decreaseTo(user, orderId, remaining),

    createGroup: (user, exchangeIndex, limit) => groups.create(user, exchangeIndex, limit),
    deleteGroup: (user, id) => groups.delete(user, id),
    resetGroup: (user, id) => groups.reset(user, id),
    triggerGroup: (user, id) => groups.trigger(user, id),
    limitGroup: (user, id, limit) => groups.setLimit(user, id, limit),
    groups: (user) => [...floor.account(user).groups.values()].map((group) => group.view()),
    group: (user, id) => floor.account(user).groups.get(id)?.view() ?? null,

    book: (market) => {
      const { book } = floor.entry(market);
      return { bids: book.levels('bid').reverse(), asks: book.levels('ask') };
    },
    bestBid: (market) => levelAt(market, 'bid'),
    bestAsk: (market) => levelAt(market, 'ask'),
    trades: (market) => floor.entries.get(market)?.tape.trades() ?? [],
    queueAhead: (orderId) => {
      const order = findOrder(floor, orderId);
      return order === null || order.slot === 0 ? null : order.entry.book.ahead(order.slot);
    },

    crowdAdd: (market, side, price, quantity) => crowd.add(market, side, price, quantity),
    crowdRemove: (market, side, price, quantity, from) => crowd.remove(market, side, price, quantity, from),
    crowdQuantity: (market, side, price) => crowd.quantity(market, side, price),
    crowdTake: (market, takerSide, price, quantity) => {
      floor.enter();
      const taken = executions.takeFromAccounts(floor.entry(market), takerSide, price, quantity);
      floor.leave();
      return taken;
    },
    crowdExecute: (market, takerSide, price, quantity) => {
      floor.enter();
      const executed = executions.executeRecorded(floor.entry(market), takerSide, price, quantity);
      floor.leave();
      return executed;
    },
    crowdPrint: (market, price, quantity, takerSide) => {
      const atMs = floor.enter();
      const entry = floor.entry(market);
      floor.touch(entry);
      const trade = { tradeId: floor.nextId() as TradeId, market, price, quantity, takerSide, atMs };
      entry.tape.add(trade);
      entry.traded = true;
      floor.tell({ type: 'trade', trade });
      floor.leave();
    },
    crowdCancel: (market, side, price, quantity, aheadOf) => crowd.cancel(market, side, price, quantity, aheadOf),
    crowdReplace: (market, bids, asks) => crowd.replace(market, bids, asks),
    crowdLose: (market) => crowd.lose(market),
    isBookLost: (market) => floor.entry(market).isBookLost,

    audit: () => {
      const purses = [...floor.accounts.values()].flatMap((account) => [...account.purses.values()]);
      const open = [...floor.entries.values()];
      return {
        cash: (floor.crowdPurse.cash + purses.reduce((sum, purse) => sum + purse.cash, 0)) as Microdollars,
        collateral: purses.reduce((sum, purse) => sum + purse.held, 0) as Microdollars,
        openInterest: open.reduce((sum, entry) => sum + entry.openInterest, 0) as Centicontracts,
        fees: floor.feesTaken as Microdollars,
        deposits: floor.deposits as Microdollars,
        unbalanced: open.filter((entry) => netPosition(floor, entry) !== 0).map(({ ticker }) => ticker),
      };
    },
  };
}

function findOrder(floor: Floor, orderId: OrderId): LiveOrder | null {
  for (const account of floor.accounts.values()) {
    const order = account.orders.get(orderId);
    if (order !== undefined) return order;
  }
  return floor.crowd.orders.get(orderId) ?? null;
}

function openAccount(floor: Floor, user: UserId, cash: ReadonlyMap<number, Microdollars>): void {
  assert(user !== CROWD && !floor.accounts.has(user), `account ${user} is open already`);
  const account = new Account(user, floor.accounts.size + 1);
  for (const [shard, amount] of cash) {
    account.purses.set(shard, new Purse(amount));
    floor.deposits += amount;
  }
  floor.accounts.set(user, account);
}

/** Of everybody together, so that all sums stay exact: µ$5 × 10¹⁵ are five billion dollars. */
const DEPOSITS_MAX = 5e15;

function deposit(
  floor: Floor,
  user: UserId,
  exchangeIndex: number,
  amount: Microdollars,
): Answer<{ readonly transfer: EngineTransfer }> {
  const atMs = floor.enter();
  const account = floor.account(user);
  const purse = account.purse(exchangeIndex);
  if (amount < 0 && purse.cash - purse.reserved < -amount) {
    floor.leave();
    return refused('insufficient_balance');
  }
  if (floor.deposits + amount > DEPOSITS_MAX) {
    floor.leave();
    return refused('invalid_parameters', 'all accounts together hold at most $5,000,000,000');
  }
  assert(amount % floor.feePrecision === 0, `a transfer of ${amount} is not in whole units of the balance`);
  purse.cash += amount;
  floor.deposits += amount;
  const transfer = { id: floor.nextId(), exchangeIndex, amount, atMs };
  account.transfers.push(transfer);
  floor.tell({ type: 'transfer', user });
  floor.leave();
  return { ok: true, transfer };
}

/** Positions at the last price, as the venue was seen to do with a bid far below it; at the result once there is one. */
function portfolioValue(floor: Floor, account: Account, shard: number | null): Microdollars {
  let sum = 0;
  for (const stake of account.stakes.values()) {
    if (stake.position === 0 || (shard !== null && stake.exchangeIndex !== shard)) continue;
    const entry = floor.entry(stake.market);
    const exit = entry.book.bestPrice(stake.position > 0 ? 'bid' : 'ask');
    const mark: Centicents | null = entry.settlementValue ?? entry.tape.lastPrice ?? exit;
    if (mark !== null) sum += stake.position > 0 ? stake.position * mark : -stake.position * (DOLLAR - mark);
  }
  return sum as Microdollars;
}

function netPosition(floor: Floor, entry: ListedEntry): number {
  let sum = floor.crowd.stakes.get(entry.ticker)?.position ?? 0;
  for (const account of floor.accounts.values()) sum += account.stakes.get(entry.ticker)?.position ?? 0;
  return sum;
}
