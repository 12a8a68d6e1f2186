/**
 * Which session works where, and what becomes of sessions: counted, journaled, bookmarked. Fed by the register of actors
 * with every change of a state.
 */
import type { SessionInput, SessionOutput } from '../../machines/market-session.ts';
import { named, type Ticker } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { Centicontracts, Microdollars } from '../domain/units.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import type { ActorEntry, MovedListener } from './actor-register.ts';
import type { Log } from './log.ts';
import { type Bookmarks, forgetSession, type StoredSessions, saveOpened, saveSession } from './stored-sessions.ts';

export interface SessionBookOptions {
  readonly journal: StoreJournal;
  readonly bookmarks: Bookmarks;
  readonly log: Log;
  /** What a market has earned so far. */
  readonly worth: (market: Ticker) => Microdollars;
  /** Signed position of a market now. */
  readonly held: (market: Ticker) => Centicontracts;
  readonly onOpened: (kind: 'quote' | 'carry') => void;
  readonly onEnded: (market: Ticker) => void;
  /** The markets with a session are others now. */
  readonly onChanged: (markets: readonly Ticker[]) => void;
}

export class SessionBook {
  opened = 0;
  /** Sessions of an earlier process that went on. */
  resumed = 0;
  closed = 0;
  readonly endReasons: Record<string, number> = {};
  /** Extra width of a session's quotes, cents, while its chart says so. */
  readonly widenCents = new Map<string, number>();
  readonly #sessions = new Map<Ticker, string>();
  readonly #worthsBefore = new Map<string, Microdollars>();
  #openedBefore = 0;
  readonly #options: SessionBookOptions;

  constructor(options: SessionBookOptions) {
    this.#options = options;
  }

  /** What an earlier process left of numbers and results. */
  goOnFrom({ openedBefore, worthsBefore }: Pick<StoredSessions, 'openedBefore' | 'worthsBefore'>): void {
    this.#openedBefore = openedBefore;
    for (const [session, worth] of worthsBefore) this.#worthsBefore.set(session, worth);
  }
  /** Opened on this data folder before this process. */
  get openedBefore(): number {
    return this.#openedBefore;
  }

  sessionOf(market: Ticker): string | null {
    return this.#sessions.get(market) ?? null;
  }
  markets(): ReadonlySet<Ticker> {
    return new Set(this.#sessions.keys());
  }
  entries(): Iterable<readonly [market: Ticker, session: string]> {
    return this.#sessions.entries();
  }

  readonly moved: MovedListener = (ref, entry, before, eventType) => {
    const { journal, bookmarks, log } = this.#options;
    const { status, context } = ref.getSnapshot() as { status: string; context: { reason?: unknown } };
    const sequence = journal.append('actor.moved', {
      actor: entry.id,
      machine: entry.machine,
      from: before as Json,
      to: entry.state as Json,
      event: eventType,
      // Where nothing else is said it lives, and goes on without a reason of its own.
      ...(before === null ? { parent: entry.parent } : {}),
      ...(status === 'active' ? {} : { status }),
      ...(entry.machine === 'marketSession' && typeof context.reason === 'string' ? { reason: context.reason } : {}),
    });
    log.debug({ actor: entry.id, machine: entry.machine, state: entry.state }, 'moved');
    if (entry.machine !== 'marketSession') return;
    const snapshot = ref.getSnapshot() as {
      status: string;
      output?: SessionOutput;
      context: Pick<SessionInput, 'market' | 'kind' | 'resumed'>;
    };
    const market = named<Ticker>(snapshot.context.market);
    if (before === null) this.#begin(entry.id, market, snapshot.context);
    if (snapshot.status === 'active')
      saveSession(bookmarks, entry.id, sequence, {
        chart: ref.getPersistedSnapshot() as unknown as Json,
        worthBefore: this.#worthsBefore.get(entry.id) ?? (0 as Microdollars),
      });
    else this.#end(entry, market, snapshot.output);
  };

  #begin(session: string, market: Ticker, { kind, resumed }: Pick<SessionInput, 'kind' | 'resumed'>): void {
    const { journal, bookmarks, log, onOpened, onChanged } = this.#options;
    this.#sessions.set(market, session);
    if (resumed === null) {
      this.opened++;
      onOpened(kind);
      this.#worthsBefore.set(session, this.#options.worth(market));
      const sequence = journal.append('session.opened', { session, market, kind });
      saveOpened(bookmarks, sequence, this.#openedBefore + this.opened);
      log.info({ session, market }, `session opened${kind === 'carry' ? ' to carry a position' : ''}`);
    } else {
      this.resumed++;
      log.info({ session, market, into: resumed.into }, 'session resumed');
    }
    onChanged([...this.#sessions.keys()]);
  }

  #end(entry: ActorEntry, market: Ticker, output: SessionOutput | undefined): void {
    const { journal, bookmarks, log } = this.#options;
    const reason = output?.reason ?? 'failed';
    this.closed++;
    this.endReasons[reason] = (this.endReasons[reason] ?? 0) + 1;
    this.widenCents.delete(entry.id);
    this.#sessions.delete(market);
    this.#options.onEnded(market);
    this.#options.onChanged([...this.#sessions.keys()]);
    const pnl = this.#options.worth(market) - (this.#worthsBefore.get(entry.id) ?? 0);
    this.#worthsBefore.delete(entry.id);
    // One that broke, or was stopped in the middle, has no last word: what is held there is left.
    const carried = output?.carried ?? this.#options.held(market);
    journal.append('session.closed', { session: entry.id, market, reason, carried, pnl });
    forgetSession(bookmarks, entry.id);
    log.info({ session: entry.id, market, reason }, 'session closed');
  }
}
