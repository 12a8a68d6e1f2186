/**
 * Which session works where, and what becomes of sessions: counted, journaled, bookmarked. Fed by the register of actors
 * with every change of a state.
 */
import type { SessionOutput } from '../../machines/market-session.ts';
import { named, type Ticker } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { Snapshots } from '../store/snapshots.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import type { ActorEntry, MovedListener } from './actor-register.ts';
import type { Log } from './log.ts';

/** The shape of a stored session; raised whenever the chart or its context changes. */
const SNAPSHOT_VERSION = 1;

export interface SessionBookOptions {
  readonly journal: StoreJournal;
  readonly snapshots: Snapshots;
  readonly log: Log;
  readonly onOpened: (kind: 'quote' | 'carry') => void;
  readonly onEnded: (market: Ticker) => void;
  /** The markets with a session are others now. */
  readonly onChanged: (markets: readonly Ticker[]) => void;
}

export class SessionBook {
  opened = 0;
  closed = 0;
  readonly endReasons: Record<string, number> = {};
  /** Extra width of a session's quotes, cents, while its chart says so. */
  readonly widenCents = new Map<string, number>();
  readonly #sessions = new Map<Ticker, string>();
  readonly #options: SessionBookOptions;

  constructor(options: SessionBookOptions) {
    this.#options = options;
  }

  sessionOf(market: Ticker): string | null {
    return this.#sessions.get(market) ?? null;
  }
  markets(): ReadonlySet<Ticker> {
    return new Set(this.#sessions.keys());
  }

  readonly moved: MovedListener = (ref, entry, before) => {
    const { journal, snapshots, log } = this.#options;
    const sequence = journal.append('actor.moved', {
      actor: entry.id,
      machine: entry.machine,
      from: before as Json,
      to: entry.state as Json,
    });
    log.debug({ actor: entry.id, machine: entry.machine, state: entry.state }, 'moved');
    if (entry.machine !== 'marketSession') return;
    const snapshot = ref.getSnapshot() as {
      status: string;
      output?: SessionOutput;
      context: { market: string; kind: 'quote' | 'carry' };
    };
    const market = named<Ticker>(snapshot.context.market);
    if (before === null) {
      this.opened++;
      this.#options.onOpened(snapshot.context.kind);
      journal.append('session.opened', { session: entry.id, market, kind: snapshot.context.kind });
      this.#sessions.set(market, entry.id);
      log.info(
        { session: entry.id, market },
        `session opened${snapshot.context.kind === 'carry' ? ' to carry a position' : ''}`,
      );
      this.#options.onChanged([...this.#sessions.keys()]);
    }
    if (snapshot.status === 'active') {
      const persisted = ref.getPersistedSnapshot() as unknown as Json;
      snapshots.save(entry.id, { version: SNAPSHOT_VERSION, atSequence: sequence, snapshot: persisted });
    } else this.#end(entry, market, snapshot.output);
  };

  #end(entry: ActorEntry, market: Ticker, output: SessionOutput | undefined): void {
    const { journal, snapshots, log } = this.#options;
    const reason = output?.reason ?? 'failed';
    this.closed++;
    this.endReasons[reason] = (this.endReasons[reason] ?? 0) + 1;
    this.widenCents.delete(entry.id);
    this.#sessions.delete(market);
    this.#options.onEnded(market);
    this.#options.onChanged([...this.#sessions.keys()]);
    journal.append('session.closed', { session: entry.id, market, reason, carried: output?.carried ?? 0 });
    snapshots.remove(entry.id);
    log.info({ session: entry.id, market, reason }, 'session closed');
  }
}
