/**
 * The sessions that an earlier process left: read as plain data at the start, judged once ledger and exchange agree, and
 * handed to the manager as inputs of sessions that go on. Nothing is started here, and nothing leaves the process but a
 * question about their markets.
 */
import type { Resumption, SessionContext, SessionInput } from '../../machines/market-session.ts';
import type { Clock } from '../domain/clock.ts';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { named, type Ticker } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import type { Market } from '../domain/market.ts';
import type { Centicontracts, Microdollars } from '../domain/units.ts';
import type { Catalogue } from '../exchange/port.ts';
import type { Settings } from '../settings/schema.ts';
import type { SignalsCheckpoint } from '../signals/market-signals.ts';
import { type Migration, migrate, Snapshots } from '../store/snapshots.ts';
import type { Store } from '../store/store.ts';
import type { StoreJournal } from '../store/store-journal.ts';
import type { Log } from './log.ts';
import { type LeftSession, resume } from './resume.ts';

/** The shape of a stored session; raised whenever the chart or its context changes, with a step from the one before. */
export const SESSION_VERSION = 2;
const SESSION_MIGRATIONS: Readonly<Record<number, Migration>> = {
  // Sessions were not resumed, did not tell a regime seen from one remembered, and did not know what they earned.
  1: (snapshot) => {
    const stored = snapshot as { readonly context: { readonly [key: string]: Json } };
    const chart = { ...stored, context: { ...stored.context, resumed: null, regimeSeen: false } };
    return { chart, worthBefore: 0 };
  },
};
const SIGNALS_VERSION = 1;
const COUNTER_VERSION = 1;
const OPENED = 'sessionsOpened';

/** One record a session, one of its signals, and how many there ever were: written in order with the journal. */
export interface Bookmarks {
  readonly sessions: Snapshots;
  readonly signals: Snapshots;
  readonly counters: Snapshots;
}

export function openBookmarks(store: Store, journal: StoreJournal): Bookmarks {
  return {
    sessions: new Snapshots(store, journal),
    signals: new Snapshots(store, journal, 'signals'),
    counters: new Snapshots(store, journal, 'counter'),
  };
}

export interface StoredSessions {
  readonly left: readonly LeftSession[];
  /** By session. */
  readonly signals: ReadonlyMap<string, SignalsCheckpoint>;
  /** What their markets had earned when they opened, by session. */
  readonly worthsBefore: ReadonlyMap<string, Microdollars>;
  /** Sessions opened in the life of this data folder. */
  readonly openedBefore: number;
}

/** What its market had earned when a session opened: what it earns itself counts from there. */
export type SessionRecord = { readonly chart: Json; readonly worthBefore: Microdollars };

export function saveSession(bookmarks: Bookmarks, session: string, atSequence: number, record: SessionRecord): void {
  bookmarks.sessions.save(session, { version: SESSION_VERSION, atSequence, snapshot: record });
}
export function saveSignals(bookmarks: Bookmarks, session: string, atSequence: number, signals: SignalsCheckpoint) {
  bookmarks.signals.save(session, { version: SIGNALS_VERSION, atSequence, snapshot: signals });
}
export function saveOpened(bookmarks: Bookmarks, atSequence: number, opened: number): void {
  bookmarks.counters.save(OPENED, { version: COUNTER_VERSION, atSequence, snapshot: opened });
}
export function forgetSession(bookmarks: Bookmarks, session: string): void {
  bookmarks.sessions.remove(session);
  bookmarks.signals.remove(session);
}

/** Throws DATA_VERSION for records of a version that nothing leads from, DATA_DAMAGED for altered ones. */
export async function readStoredSessions(bookmarks: Bookmarks): Promise<StoredSessions> {
  const signals = new Map<string, SignalsCheckpoint>();
  for (const record of await bookmarks.signals.all()) {
    signals.set(record.session, migrate(record, SIGNALS_VERSION).snapshot as SignalsCheckpoint);
  }
  const left: LeftSession[] = [];
  const worthsBefore = new Map<string, Microdollars>();
  for (const record of await bookmarks.sessions.all()) {
    const { snapshot } = migrate(record, SESSION_VERSION, SESSION_MIGRATIONS);
    const { chart, worthBefore } = snapshot as unknown as SessionRecord;
    const { value, context } = chart as unknown as { readonly value: Json; readonly context: SessionContext };
    worthsBefore.set(record.session, worthBefore);
    left.push({
      place: placeOf(record.session, value),
      context,
      signalsAtMs: signals.get(record.session)?.atMs ?? null,
    });
  }
  let openedBefore = 0;
  for (const record of await bookmarks.counters.all()) {
    if (record.session === OPENED) openedBefore = migrate(record, COUNTER_VERSION).snapshot as number;
  }
  return { left, signals, worthsBefore, openedBefore };
}

/** The outermost state of a stored chart is all that is believed of where it was. */
function placeOf(session: string, value: Json): Resumption['into'] {
  const outermost = typeof value === 'string' ? value : Object.keys(value as object)[0];
  switch (outermost) {
    case 'opening':
    case 'warmup':
      return 'warmup';
    case 'quoting':
    case 'softExit':
    case 'killed':
      return outermost;
    default:
      throw new BothsidesError('DATA_DAMAGED', `The stored session ${session} is in no state that a session has.`, {
        remedy: 'Run `npm run doctor`. Nothing was changed.',
      });
  }
}

export interface ResumeParts {
  readonly bookmarks: Bookmarks;
  readonly journal: StoreJournal;
  readonly catalogue: Catalogue;
  readonly market: Clock;
  readonly settings: Settings;
  readonly log: Log;
  readonly position: (market: Ticker) => Centicontracts;
  readonly worth: (market: Ticker) => Microdollars;
  /** From here on the market is known to risk and watched, with these signals where they are recent. */
  readonly adopt: (market: Market, askedMs: number, signals: SignalsCheckpoint | null) => void;
}

/**
 * Says of each stored session what becomes of it, journals that, and returns what the manager is to begin with. Done
 * twice (a crash in between) it says the same of what is left.
 */
export async function resumeSessions(stored: StoredSessions, parts: ResumeParts): Promise<readonly SessionInput[]> {
  const { bookmarks, journal, settings } = parts;
  if (stored.left.length === 0) return [];
  const askedMs = parts.market.now();
  const known = await readMarkets(stored.left, parts);
  const nowMs = parts.market.now();
  const times = {
    warmupTimeoutMs: settings.session.warmupTimeoutMs,
    closeDangerMs: settings.session.closeDangerMs,
    signalsAgeMsMax: settings.session.resumeSignalsMs,
  };
  const inputs: SessionInput[] = [];
  for (const left of stored.left) {
    const { session } = left.context;
    const ticker = named<Ticker>(left.context.market);
    const market = known?.get(ticker) ?? null;
    const now = market === null ? null : { isOver: isOver(market), closeMs: market.closeMs };
    const outcome = resume(left, now, nowMs, times);
    if (outcome.verdict === 'closed' || market === null) {
      // An exchange that would not tell of the market leaves what is held to the next sweep.
      const reason = outcome.verdict === 'closed' && known !== null ? outcome.reason : 'processEnded';
      const pnl = parts.worth(ticker) - (stored.worthsBefore.get(session) ?? 0);
      journal.append('session.closed', { session, market: ticker, reason, carried: parts.position(ticker), pnl });
      forgetSession(bookmarks, session);
      continue;
    }
    const { verdict, input, withSignals } = outcome;
    const { into, reason } = input.resumed!;
    journal.append('session.resumed', {
      session,
      market: ticker,
      kind: input.kind,
      verdict,
      from: left.place,
      into,
      reason,
    });
    parts.adopt(market, askedMs, withSignals ? (stored.signals.get(session) ?? null) : null);
    inputs.push(input);
  }
  return inputs;
}

function isOver({ status }: Market): boolean {
  return status !== 'active' && status !== 'inactive' && status !== 'initialized';
}

/** Null where the exchange did not tell. */
async function readMarkets(
  left: readonly LeftSession[],
  { catalogue, log }: ResumeParts,
): Promise<ReadonlyMap<Ticker, Market> | null> {
  try {
    const tickers = left.map(({ context }) => named<Ticker>(context.market));
    const listing = await catalogue.markets({ tickers }, { priority: 'read' });
    if (!listing.complete) throw new Error('half a listing');
    return new Map(listing.items.map((market) => [market.ticker, market]));
  } catch (error) {
    log.warn({ error: messageOf(error) }, 'the markets of earlier sessions could not be read: they end');
    return null;
  }
}
