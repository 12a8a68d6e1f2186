/**
 * What a day has brought before anybody looked at it: fills and settlements that happened while no process ran and are
 * found at the start. A day that began meanwhile did not begin with the equity after them.
 */
import type { Fill } from '../domain/fill.ts';
import type { Ticker } from '../domain/ids.ts';
import { signOf } from '../domain/side.ts';
import type { Centicents, Centicontracts, Microdollars, UnixMs } from '../domain/units.ts';
import type { Ledger, Marks } from '../ledger/ledger.ts';
import { easternDay } from '../risk/kill-switches.ts';
import type { StoreJournal } from '../store/store-journal.ts';

/** What came in on a day in New York (after fees), at the marks of now. */
export type Earned = (day: string) => Microdollars;

/** Listens while an account is read; what is journaled meanwhile happened before. */
export function listenForAway(
  journal: Pick<StoreJournal, 'entries$'>,
  ledger: Ledger,
  marks: Marks,
): { end(): Earned } {
  const before = new Map<Ticker, number>();
  for (const { market, realizedPnl, fees } of ledger.positions()) before.set(market, realizedPnl - fees);
  const fills: Fill[] = [];
  const settled: { readonly market: Ticker; readonly atMs: UnixMs }[] = [];
  const subscription = journal.entries$.subscribe(({ kind, data }) => {
    if (kind === 'fill.received') fills.push(data as unknown as Fill);
    if (kind === 'market.settled') settled.push(data as never);
  });
  const lockedIn = (market: Ticker): number => {
    const { realizedPnl, fees } = ledger.position(market);
    return realizedPnl - fees - (before.get(market) ?? 0);
  };
  return {
    end() {
      subscription.unsubscribe();
      return (day) => {
        const gone = new Set(settled.filter(({ atMs }) => easternDay(atMs) === day).map(({ market }) => market));
        let earned = 0;
        for (const market of gone) earned += lockedIn(market);
        const traded = new Map<Ticker, Fill[]>();
        for (const fill of fills) {
          if (gone.has(fill.market) || easternDay(fill.atMs) !== day) continue;
          traded.set(fill.market, [...(traded.get(fill.market) ?? []), fill]);
        }
        for (const [market, ofMarket] of traded) {
          const mark = markOf(market, ledger.position(market).quantity, marks);
          earned += mark === null ? lockedIn(market) : ofMarket.reduce((sum, fill) => sum + gainAt(fill, mark), 0);
        }
        return earned as Microdollars;
      };
    },
  };
}

function markOf(market: Ticker, quantity: Centicontracts, marks: Marks): Centicents | null {
  return quantity === 0 ? null : marks(market, quantity);
}

function gainAt({ side, price, quantity, fee }: Fill, mark: Centicents): number {
  return signOf(side) * (mark - price) * quantity - fee;
}
