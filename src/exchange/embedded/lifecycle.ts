/**
 * A market's life: initialized → active ⇄ inactive → closed → determined (→ disputed → amended) → finalized. Opening and closing happen by the
 * market clock; the result comes from outside; positions are paid when the settlement timer is over.
 */
import { assert } from '../../domain/assert.ts';
import type { Ticker } from '../../domain/ids.ts';
import type { MarketResult, MarketStatus, PriceGrid } from '../../domain/market.ts';
import type { Side } from '../../domain/side.ts';
import { type Centicents, DOLLAR, type UnixMs } from '../../domain/units.ts';
import type { FeeBook } from './fee-book.ts';
import type { Floor } from './floor.ts';
import type { LifecycleChange, MarketMetadata } from './lifecycle-model.ts';
import { ListedEntry } from './listed-entry.ts';
import type { LiveOrder } from './live-order.ts';
import { tickOf } from './matching.ts';
import type { ListedEvent, ListedMarket, ListedSeries, UpdateReason } from './model.ts';
import { settle } from './settlement.ts';

export class Lifecycle {
  private readonly floor: Floor;
  private readonly fees: FeeBook;

  constructor(floor: Floor, fees: FeeBook) {
    this.floor = floor;
    this.fees = fees;
  }

  addSeries(series: ListedSeries): void {
    const { floor } = this;
    floor.enter();
    floor.series.set(series.ticker, series);
    this.fees.refresh(floor.entries.values());
    floor.leave();
  }

  addEvent(event: ListedEvent): void {
    const { floor } = this;
    floor.enter();
    floor.eventListings.set(event.ticker, event);
    this.fees.refresh(floor.entriesOf.get(event.ticker) ?? []);
    floor.leave();
  }

  addMarket(listed: ListedMarket): void {
    const { floor } = this;
    const now = floor.enter();
    assert(!floor.entries.has(listed.ticker), `market ${listed.ticker} is listed already`);
    assert(listed.openMs < listed.closeMs, `market ${listed.ticker} closes before it opens`);
    const status = now < listed.openMs ? 'initialized' : now < listed.closeMs ? 'active' : 'closed';
    const entry = new ListedEntry(listed, this.fees.of(listed), status, now);
    floor.entries.set(listed.ticker, entry);
    const siblings = floor.entriesOf.get(listed.event);
    if (siblings === undefined) floor.entriesOf.set(listed.event, [entry]);
    else siblings.push(entry);
    this.tell(entry, 'created');
    if (status === 'initialized') {
      entry.opening = floor.agenda.at(listed.openMs, () => this.open(entry));
    } else if (status === 'active') this.tell(entry, 'activated');
    if (status !== 'closed') this.closeAt(entry, listed.closeMs);
    floor.leave();
  }

  /** Earlier, later, or back to trading after a close that came too soon. */
  moveClose(market: Ticker, closeMs: UnixMs): void {
    const { floor } = this;
    const now = floor.enter();
    const entry = floor.entry(market);
    assert(isBeforeResult(entry.status), `market ${market} is ${entry.status}: its close cannot move`);
    entry.listed = { ...entry.listed, closeMs };
    this.forgetClose(entry);
    this.tell(entry, 'closeMoved');
    if (closeMs <= now) {
      if (entry.status !== 'closed') this.close(entry);
    } else {
      if (entry.status === 'closed') this.setStatus(entry, 'active', 'activated');
      this.closeAt(entry, closeMs);
    }
    floor.leave();
  }

  changeGrid(market: Ticker, label: string, grid: PriceGrid): void {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    entry.listed = { ...entry.listed, gridLabel: label, grid };
    // What rests at prices that are no longer allowed stays; the book's tick only ever gets finer.
    entry.book.refineFor(tickOf(grid.ranges));
    this.tell(entry, 'gridChanged');
    floor.leave();
  }

  changeMetadata(market: Ticker, metadata: MarketMetadata): void {
    const { floor } = this;
    const now = floor.enter();
    const entry = floor.entry(market);
    assert(isBeforeResult(entry.status), `market ${market} is ${entry.status}: what it asks is settled`);
    entry.listed = { ...entry.listed, ...metadata };
    floor.tell({ type: 'metadata', market, metadata, atMs: now });
    floor.leave();
  }

  pauseMarket(market: Ticker): void {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    if (entry.status === 'active') {
      this.cancelAccountOrders(entry, 'HaltCancel', (order) => order.cancelOnPause);
      this.setStatus(entry, 'inactive', 'deactivated');
    }
    floor.leave();
  }

  resumeMarket(market: Ticker): void {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    if (entry.status === 'inactive') {
      this.cancelAccountOrders(entry, 'HaltCancel', () => true);
      this.clearCrowd(entry);
      this.setStatus(entry, 'active', 'activated');
    }
    floor.leave();
  }

  /** The result is known. A market that is still open closes first. */
  determine(market: Ticker, result: MarketResult, value: Centicents): void {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    assert(isBeforeResult(entry.status), `market ${market} is ${entry.status}: it has a result already`);
    assertValue(result, value);
    if (entry.status !== 'closed') this.close(entry);
    this.setResult(entry, 'determined', result, value);
    floor.leave();
  }

  dispute(market: Ticker): void {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    assert(isBeforePay(entry.status), `market ${market} is ${entry.status}: there is no result to dispute`);
    this.forgetSettling(entry);
    // The stream has no word for it; the market's status shows it.
    entry.status = 'disputed';
    floor.leave();
  }

  amendResult(market: Ticker, result: MarketResult, value: Centicents): void {
    const { floor } = this;
    floor.enter();
    const entry = floor.entry(market);
    assert(isBeforePay(entry.status), `market ${market} is ${entry.status}: there is no result to amend`);
    assertValue(result, value);
    this.forgetSettling(entry);
    this.setResult(entry, 'amended', result, value);
    floor.leave();
  }

  setTradingActive(active: boolean): void {
    const { floor } = this;
    floor.enter();
    if (floor.tradingActive && !active) this.cancelOnPause();
    floor.tradingActive = active;
    floor.leave();
  }

  setExchangeActive(active: boolean): void {
    const { floor } = this;
    floor.enter();
    if (floor.exchangeActive && !active) this.cancelOnPause();
    floor.exchangeActive = active;
    floor.leave();
  }

  /** Told as determined, a first time or again; paid when the settlement timer has run from now. */
  private setResult(entry: ListedEntry, status: MarketStatus, result: MarketResult, value: Centicents): void {
    const { floor } = this;
    entry.result = result;
    entry.settlementValue = value;
    this.setStatus(entry, status, 'determined');
    const dueMs = (floor.now + entry.listed.settlementTimerSeconds * 1_000) as UnixMs;
    entry.settling = floor.agenda.at(dueMs, () => this.finalize(entry));
  }

  private forgetSettling(entry: ListedEntry): void {
    if (entry.settling !== null) this.floor.agenda.cancel(entry.settling);
    entry.settling = null;
  }

  private tell(entry: ListedEntry, change: LifecycleChange): void {
    this.floor.tell({ type: 'lifecycle', market: entry.ticker, change, atMs: this.floor.now });
  }

  private setStatus(entry: ListedEntry, status: MarketStatus, change: LifecycleChange): void {
    entry.status = status;
    this.tell(entry, change);
  }

  private open(entry: ListedEntry): void {
    entry.opening = null;
    this.setStatus(entry, 'active', 'activated');
  }

  private closeAt(entry: ListedEntry, closeMs: UnixMs): void {
    entry.closing = this.floor.agenda.at(closeMs, () => {
      entry.closing = null;
      this.close(entry);
    });
  }

  private forgetClose(entry: ListedEntry): void {
    if (entry.closing !== null) this.floor.agenda.cancel(entry.closing);
    entry.closing = null;
  }

  private close(entry: ListedEntry): void {
    this.forgetClose(entry);
    if (entry.opening !== null) this.floor.agenda.cancel(entry.opening);
    entry.opening = null;
    this.cancelAccountOrders(entry, 'CloseCancel', () => true);
    this.clearCrowd(entry);
    entry.isBookLost = false;
    this.setStatus(entry, 'closed', 'closed');
  }

  private finalize(entry: ListedEntry): void {
    entry.settling = null;
    entry.settledMs = this.floor.now;
    entry.status = 'finalized';
    settle(this.floor, entry);
    this.tell(entry, 'settled');
  }

  private cancelOnPause(): void {
    for (const account of this.floor.accounts.values()) {
      for (const order of [...account.resting]) if (order.cancelOnPause) this.floor.cancel(order, 'HaltCancel');
    }
  }

  private cancelAccountOrders(entry: ListedEntry, reason: UpdateReason, which: (order: LiveOrder) => boolean): void {
    for (const order of [...entry.orders]) {
      if (order != null && !order.account.isCrowd && which(order)) this.floor.cancel(order, reason);
    }
  }

  /** Empties the book of all that is the crowd's: one event a level. */
  private clearCrowd(entry: ListedEntry): void {
    const { floor } = this;
    const { book } = entry;
    floor.touch(entry);
    for (const side of ['bid', 'ask'] as const satisfies readonly Side[]) {
      for (const [price, quantity] of book.levels(side)) {
        for (let slot = book.first(side, price); slot !== 0; slot = book.first(side, price)) {
          const order = entry.orders[slot];
          if (order != null) {
            floor.markCanceled(order, 'CloseCancel');
            floor.close(order);
          }
          entry.orders[slot] = null;
          book.remove(slot);
        }
        floor.tellBook(entry, side, price, -quantity, null);
      }
    }
  }
}

/** There is a result, and nobody was paid yet. */
function isBeforePay(status: MarketStatus): boolean {
  return status === 'determined' || status === 'disputed' || status === 'amended';
}

function assertValue(result: MarketResult, value: Centicents): void {
  const isWithin = result === 'scalar' ? value >= 0 && value <= DOLLAR : value === (result === 'yes' ? DOLLAR : 0);
  assert(isWithin, `a settlement value lies within [$0, $1], and is all or nothing for yes and no; was ${value}`);
}

function isBeforeResult(status: MarketStatus): boolean {
  return status === 'initialized' || status === 'active' || status === 'inactive' || status === 'closed';
}
