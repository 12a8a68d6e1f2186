/** The account as the journal explains it: the ledger of the trader itself, fed with what the journal kept. */
import type { Fill } from '../../domain/fill.ts';
import type { Ticker } from '../../domain/ids.ts';
import type { JournalEntry } from '../../domain/journal.ts';
import type { Centicontracts, Microdollars } from '../../domain/units.ts';
import { Ledger, type PositionAdjustment } from '../../ledger/ledger.ts';
import type { Position, SettlementFact } from '../../ledger/position.ts';

export class LedgerTold {
  readonly #ledger = new Ledger();

  take({ kind, data }: JournalEntry): void {
    const ledger = this.#ledger;
    switch (kind) {
      case 'account.opened': {
        const { cash, transfersBefore } = data as unknown as {
          cash: Microdollars;
          transfersBefore?: readonly string[];
        };
        ledger.setOpening(cash);
        // They are in the opening balance already.
        for (const id of transfersBefore ?? []) ledger.transfer(id, 0 as Microdollars);
        break;
      }
      case 'account.transferred':
      case 'account.adjusted': {
        const { id, amount } = data as unknown as { id: string; amount: Microdollars };
        ledger.transfer(id, amount);
        break;
      }
      case 'account.proven':
        ledger.prove((data as unknown as { fillsBeforeMs: number }).fillsBeforeMs);
        break;
      case 'position.adjusted':
        ledger.adjustPosition(data as unknown as PositionAdjustment);
        break;
      case 'fill.received':
        ledger.apply(data as unknown as Fill);
        break;
      case 'market.settled':
        ledger.settle(data as unknown as SettlementFact);
        break;
    }
  }

  position(market: string): Position {
    return this.#ledger.position(market as Ticker);
  }
  /** Where something is held. */
  held(): Position[] {
    return this.#ledger.positions().filter(({ quantity }) => quantity !== 0);
  }
  get opening(): Microdollars {
    return this.#ledger.opening;
  }
  get cash(): Microdollars {
    return this.#ledger.explainedCash();
  }
  get realizedPnl(): Microdollars {
    return this.#ledger.realizedPnl();
  }
  get fees(): Microdollars {
    return this.#ledger.fees();
  }
  get fillCount(): number {
    return this.#ledger.fillCount;
  }
  get contracts(): Centicontracts {
    return this.#ledger.contracts;
  }
  get makerContracts(): Centicontracts {
    return this.#ledger.makerContracts;
  }
}
