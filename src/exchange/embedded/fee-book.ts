/**
 * Which fees hold where and from when. An event's override beats its series; both may be announced to change at a time of
 * the market clock, and what executes from that time on pays the new ones, orders that rest already included.
 */
import { assert } from '../../domain/assert.ts';
import type { EventTicker, SeriesTicker } from '../../domain/ids.ts';
import type { FeeSchedule } from '../../domain/market.ts';
import type { UnixMs } from '../../domain/units.ts';
import type { FeeChange } from './fee-model.ts';
import type { Floor } from './floor.ts';
import type { ListedEntry } from './listed-entry.ts';
import type { ListedMarket } from './model.ts';

const USUAL: FeeSchedule = { type: 'quadratic', multiplierMillionths: 1_000_000 };

export class FeeBook {
  readonly changes: FeeChange[] = [];
  private readonly floor: Floor;

  constructor(floor: Floor) {
    this.floor = floor;
  }

  /** An unknown series trades on the usual schedule. */
  of(listed: ListedMarket): FeeSchedule {
    const event = this.floor.eventListings.get(listed.event);
    const series = event === undefined ? undefined : this.floor.series.get(event.series);
    return event?.feeOverride ?? series?.fees ?? USUAL;
  }

  changeSeries(series: SeriesTicker, fees: FeeSchedule, atMs: UnixMs): void {
    const { floor } = this;
    floor.enter();
    assert(floor.series.has(series), `series ${series} is not listed`);
    this.announce({ series, event: null, fees, atMs });
    floor.leave();
  }

  changeEvent(event: EventTicker, fees: FeeSchedule | null, atMs: UnixMs): void {
    const { floor } = this;
    floor.enter();
    const listed = floor.eventListings.get(event);
    assert(listed !== undefined, `event ${event} is not listed`);
    this.announce({ series: listed.series, event, fees, atMs });
    floor.leave();
  }

  /** Brings markets to the fees that hold now, and what their resting orders may still cost with them. */
  refresh(entries: Iterable<ListedEntry>): void {
    for (const entry of entries) {
      const fees = this.of(entry.listed);
      if (fees.type === entry.fees.type && fees.multiplierMillionths === entry.fees.multiplierMillionths) continue;
      entry.fees = fees;
      this.reprice(entry);
    }
  }

  private announce(announced: Omit<FeeChange, 'id'>): void {
    const { floor } = this;
    const change = { id: floor.nextId(), ...announced };
    this.changes.push(change);
    if (change.atMs <= floor.now) this.begin(change);
    else floor.agenda.at(change.atMs, () => this.begin(change));
  }

  private begin(change: FeeChange): void {
    const { floor } = this;
    if (change.event !== null) {
      const listed = floor.eventListings.get(change.event)!;
      floor.eventListings.set(listed.ticker, { ...listed, feeOverride: change.fees });
      this.refresh(floor.entriesOf.get(listed.ticker) ?? []);
    } else if (change.fees !== null) {
      const listed = floor.series.get(change.series)!;
      floor.series.set(listed.ticker, { ...listed, fees: change.fees });
      this.refresh(floor.entries.values());
    }
    floor.tell({ type: 'feesChanged', change, atMs: floor.now });
  }

  /** What dearer fees leave without cover goes, the newest first: an execution must never lack cash. */
  private reprice(entry: ListedEntry): void {
    const { floor } = this;
    const resting = [...floor.accounts.values()].flatMap((account) =>
      [...account.resting].filter((order) => order.entry === entry).reverse(),
    );
    for (const order of resting) {
      const { purse } = floor.stake(order.account, entry);
      const before = purse.reserved;
      floor.hold(order, 0, floor.feeBound(entry, order.price, order.remaining, false));
      if (purse.reserved > before && purse.reserved > purse.cash) floor.cancel(order, 'MarginCancel');
    }
  }
}
