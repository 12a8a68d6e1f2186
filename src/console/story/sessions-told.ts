/** Sessions as the journal tells them: where each stands, what it traded, what it came to. */
import type { JournalEntry } from '../../domain/journal.ts';
import { type Centicontracts, formatMoney, formatQuantity, type Microdollars } from '../../domain/units.ts';
import type { SessionFact } from '../wire-dashboard.ts';
import { Shelf } from './shelf.ts';

const SESSIONS_KEPT = 2_000;

export interface ToldSession {
  readonly sequence: number;
  readonly session: string;
  readonly market: string;
  readonly kind: 'quote' | 'carry';
  readonly states: readonly string[];
  readonly sinceMs: number;
  readonly openedMs: number;
  readonly closedMs: number | null;
  readonly reason: string | null;
  readonly carried: Centicontracts | null;
  readonly pnl: Microdollars | null;
  readonly orders: number;
  readonly fills: number;
  readonly contracts: Centicontracts;
  readonly edgeCents: number | null;
}

export class SessionsTold {
  readonly shelf = new Shelf<ToldSession>(SESSIONS_KEPT, ({ closedMs }) => closedMs !== null);
  readonly #living = new Set<string>();
  /** A session's chart is journaled before the session: what was said of it until then. */
  readonly #early = new Map<string, Pick<ToldSession, 'states' | 'sinceMs'>>();

  living(): ToldSession[] {
    return [...this.#living].flatMap((session) => this.shelf.get(session) ?? []);
  }

  opened({ sequence, marketMs, data }: JournalEntry): void {
    const { session, market, kind } = data as Pick<ToldSession, 'session' | 'market' | 'kind'>;
    const early = this.#early.get(session) ?? { states: [], sinceMs: marketMs };
    this.#early.delete(session);
    this.shelf.put(session, {
      ...{ sequence, session, market, kind, ...early, openedMs: marketMs, closedMs: null, reason: null },
      ...{ carried: null, pnl: null, orders: 0, fills: 0, contracts: 0 as Centicontracts, edgeCents: null },
    });
    this.#living.add(session);
  }

  /** `actor.moved` of a session's chart. */
  moved({ marketMs, data }: JournalEntry): void {
    const { actor, to, from, reason } = data as { actor: string; to: unknown; from: unknown; reason?: string };
    const states = statesIn(to);
    const known = this.shelf.get(actor);
    if (known !== undefined)
      this.change(actor, { states, sinceMs: marketMs, ...(reason === undefined ? {} : { reason }) });
    else if (from === null) {
      this.#early.clear();
      this.#early.set(actor, { states, sinceMs: marketMs });
    }
  }

  closed({ marketMs, data }: JournalEntry): ToldSession | null {
    const { session, reason, carried, pnl } = data as {
      session: string;
      reason: string;
      carried: Centicontracts;
      pnl: Microdollars;
    };
    this.#living.delete(session);
    this.change(session, { closedMs: marketMs, reason, carried, pnl });
    return this.shelf.get(session) ?? null;
  }

  change(session: string, changes: Partial<ToldSession>): void {
    const known = this.shelf.get(session);
    if (known !== undefined) this.shelf.put(session, { ...known, ...changes });
  }
}

/** `{quoting: {flow: 'live'}}` → `quoting`, `quoting.flow`, `quoting.flow.live`. */
function statesIn(value: unknown, path = ''): string[] {
  const at = (name: string) => (path === '' ? name : `${path}.${name}`);
  if (typeof value === 'string') return [at(value)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [at(name), ...statesIn(inner, at(name))]);
}

/** @param held what the ledger holds in the session's market now */
export function sessionFact(told: ToldSession, held: Centicontracts): SessionFact {
  const { carried, pnl, contracts, ...rest } = told;
  return {
    ...rest,
    position: formatQuantity(carried ?? held),
    pnl: pnl === null ? null : formatMoney(pnl),
    contracts: formatQuantity(contracts),
  };
}
