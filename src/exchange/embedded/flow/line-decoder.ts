/**
 * Lines of recordings → what they say, whatever the format; the first line of a file tells which one it is:
 *
 * - `own`: what this project's recorder writes (src/feed/recording-format.md);
 * - `received`: `{"recv_ns", "frame"}` and `{"recv_ns", "control", "data"}`;
 * - `frames`: the venue's frames alone. They have no receive time: changes of books and trades say when they were sent,
 *   and everything else counts at the time of the last of those;
 * - `answers`: REST answers beside a stream. Nothing of them is played.
 */
import { messageOf } from '../../../domain/errors.ts';
import type { Ticker } from '../../../domain/ids.ts';
import { type UnixMs, unixMs } from '../../../domain/units.ts';
import { type Fields, fieldsOf, integer, LineRefused, text, ticker, timeOf } from './recorded-fields.ts';
import { decodeFrame, levelsOf, type NoSideScale } from './recorded-frame.ts';
import type { GapCause, RecordedEntry } from './recorded-line.ts';
import { decodeListing } from './recorded-market.ts';

export type RecordingFormat = 'own' | 'received' | 'frames' | 'answers';

export interface DecodedLine {
  readonly recvMs: UnixMs;
  readonly gap?: GapCause;
  readonly entry: RecordedEntry;
}

const OTHER: RecordedEntry = { type: 'other' };
const LIFECYCLE: ReadonlySet<RecordedEntry['type']> = new Set(['settled', 'closeMoved', 'trading']);
const NOTHING: readonly DecodedLine[] = [];
/** The version of our own format that is written and read. */
const VERSION = 1;
/** Frames that come before the first one that says when it was sent. */
const HELD_MAX = 10_000;
/** How far times of sending may step back between frames that follow each other: markets are sent by many machines. */
const SENT_STEP_MS_MAX = 10_000;
/** Frames alone do not say when their markets close: as long after the first one as no recording lasts. */
const UNKNOWN_CLOSE_AFTER_MS = 7 * 86_400_000;
/** A connection that was not lost: the recorder's own side had closed it. */
const CLOSED_BY_RECORDER = 'closed by us';
/** The year 2200: what says that it was received later was not received, and a clock set so far stops every timer. */
const RECEIVED_MS_MAX = 7_258_118_400_000;
const OWN_FRAME = /^\{"recv_ns":(\d+),"n":(\d+),"(?:frame|private)":/;

/** Decodes the files of one recording, in their order. */
export class LineDecoder {
  /** Of the file that is being read; null before its first line. */
  format: RecordingFormat | null = null;
  /** Frames that had arrived damaged, as they were written down. */
  damaged = 0;
  /** Something stands in a book: what is missing from now on matters. */
  #knowsBooks = false;
  #pending: GapCause | null = null;
  readonly #markets = new Set<Ticker>();
  /** Of this connection. */
  readonly #bookSubscriptions = new Set<number>();
  // Our own format.
  #scale: NoSideScale = 'no';
  #run: string | null = null;
  #number = 0;
  #isConnected = false;
  #polls = 0;
  // Frames alone.
  #sentMs: number | null = null;
  #held: RecordedEntry[] = [];
  readonly #sequences = new Map<number, number>();

  /** Another file follows; `gap` where the one before did not end as it should have. */
  beginFile(gap: GapCause | null): void {
    this.format = null;
    this.#sequences.clear();
    if (gap !== null) this.#lose(gap);
  }

  /** What a line says: nothing, one thing, or more. Throws `LineRefused`. */
  decode(line: string): readonly DecodedLine[] {
    let fields: Fields;
    try {
      fields = fieldsOf(JSON.parse(line), 'the line');
    } catch (error) {
      if (error instanceof LineRefused) throw error;
      const found = this.format === 'own' ? OWN_FRAME.exec(line) : null;
      if (found === null) throw new LineRefused(`it is not JSON: ${messageOf(error)}`, { cause: error });
      // It was written down as it was received: the venue, or the way here, had damaged it.
      this.#count(Number(found[2]));
      this.damaged++;
      this.#lose('malformed');
      return [this.#said(timeFrom(Number(found[1])), OTHER)];
    }
    this.format ??= this.#recognise(fields);
    switch (this.format) {
      case 'own':
        return this.#own(fields);
      case 'received':
        return this.#received(fields);
      case 'frames':
        return this.#frame(fields);
      case 'answers':
        return NOTHING;
    }
  }

  /** The file is over. Throws `LineRefused`. */
  endFile(): void {
    if (this.#held.length > 0) throw new LineRefused('none of its frames says when it was sent');
  }

  #recognise(fields: Fields): RecordingFormat {
    if (fields.control === 'recording') return 'own';
    const isReceived = 'recv_ns' in fields;
    const format = isReceived ? 'received' : typeof fields.type === 'string' ? 'frames' : null;
    if (format !== null) {
      this.#lose('file');
      this.#run = null;
      this.#scale = 'no';
      return format;
    }
    if ('response_body' in fields && 'url' in fields) return 'answers';
    throw new LineRefused('it is of a format that is not known here: no recv_ns, no type of a frame');
  }

  // Our own.

  #own(fields: Fields): readonly DecodedLine[] {
    const recvMs = receiveTime(fields);
    const number = integer(fields, 'n');
    if (fields.control === 'recording') this.#header(fieldsOf(fields.data, 'data'), number);
    this.#count(number);
    if (typeof fields.control === 'string') return [this.#control(recvMs, fields.control, fields.data)];
    if ('private' in fields) return [this.#said(recvMs, OTHER)];
    const frame = 'text' in fields ? frameInText(fields.text) : fields.frame;
    try {
      return [this.#said(recvMs, decodeFrame(fieldsOf(frame, 'frame'), this.#scale))];
    } catch (error) {
      if (!(error instanceof LineRefused)) throw error;
      this.damaged++;
      if (!isAside(frame)) this.#lose('malformed');
      return [this.#said(recvMs, OTHER)];
    }
  }

  #header(data: Fields, number: number): void {
    if (data.format !== 'bothsides') throw new LineRefused(`its format ${String(data.format)} is not known here`);
    if (data.version !== VERSION)
      throw new LineRefused(`its version ${String(data.version)} is not the one that is read here, ${VERSION}`);
    this.#scale = data.no_side === 'yes' ? 'yes' : 'no';
    const run = text(data, 'run');
    if (run === this.#run) return;
    this.#lose('file');
    this.#run = run;
    this.#number = number;
    this.#isConnected = false;
  }

  /**
   * Lines are numbered over all files of a run, those included that were left out: a hole shows. What a file repeats at
   * its head has the number of the line before.
   */
  #count(number: number): void {
    if (number !== this.#number + 1 && number !== this.#number) this.#lose('dropped');
    this.#number = number;
  }

  #control(recvMs: UnixMs, control: string, data: unknown): DecodedLine {
    switch (control) {
      case 'connected':
        this.#lose('connection');
        this.#isConnected = true;
        return this.#said(recvMs, OTHER);
      case 'disconnected':
        this.#isConnected = false;
        // Whoever ends a recording closes first; what stood then may stand, unless something follows.
        if (fieldsOf(data, 'data').reason !== CLOSED_BY_RECORDER) this.#lose('connection');
        return this.#said(recvMs, OTHER);
      case 'market':
        return this.#said(recvMs, decodeListing(fieldsOf(data, 'data')));
      case 'book': {
        // While the stream speaks it knows more than an answer that was under way.
        if (this.#isConnected) return this.#said(recvMs, OTHER);
        const fields = fieldsOf(data, 'data');
        const bids = levelsOf(fields.bids, 'bid', 'bids', 'yes');
        const asks = levelsOf(fields.asks, 'ask', 'asks', 'yes');
        const place = { subscription: 0, sequence: ++this.#polls };
        return this.#said(recvMs, { type: 'snapshot', ...place, market: ticker(fields), bids, asks });
      }
      default:
        return this.#said(recvMs, OTHER);
    }
  }

  // Frames with their receive time.

  #received(fields: Fields): readonly DecodedLine[] {
    const recvMs = receiveTime(fields);
    if ('frame' in fields) return [this.#said(recvMs, decodeFrame(fieldsOf(fields.frame, 'frame'), 'no'))];
    if (typeof fields.control !== 'string') throw new LineRefused('it has neither a frame nor a control note');
    if (fields.control === 'ws_connected') this.#lose('connection');
    return [this.#said(recvMs, fields.control === 'watch_market' ? watchOf(fields.data) : OTHER)];
  }

  // Frames alone.

  #frame(frame: Fields): readonly DecodedLine[] {
    const entry = decodeFrame(frame, 'no');
    const sentMs = sendTime(frame);
    if (sentMs !== null) {
      if (sentMs < (this.#sentMs ?? sentMs) - SENT_STEP_MS_MAX)
        throw new LineRefused('it was sent before the line that it follows');
      this.#sentMs = Math.max(this.#sentMs ?? sentMs, sentMs);
    }
    if (entry.type === 'snapshot' || entry.type === 'delta') {
      // A connection begins to number anew.
      if (entry.sequence < (this.#sequences.get(entry.subscription) ?? 0)) this.#lose('connection');
      this.#sequences.set(entry.subscription, entry.sequence);
    }
    if (this.#sentMs === null) {
      this.#held.push(entry);
      if (this.#held.length > HELD_MAX) throw new LineRefused(`none of ${HELD_MAX} frames says when it was sent`);
      return NOTHING;
    }
    const recvMs = unixMs(this.#sentMs);
    const held = this.#held;
    this.#held = [];
    return [...held, entry].flatMap((one) => this.#listedFirst(recvMs, one));
  }

  #listedFirst(recvMs: UnixMs, entry: RecordedEntry): DecodedLine[] {
    if (entry.type !== 'snapshot' || this.#markets.has(entry.market)) return [this.#said(recvMs, entry)];
    const closeMs = unixMs(recvMs + UNKNOWN_CLOSE_AFTER_MS);
    const watch = { type: 'watch', market: entry.market, closeMs, strike: null } as const;
    return [this.#said(recvMs, watch), this.#said(recvMs, entry)];
  }

  /** What stood in the books no longer leads up to what comes. */
  #lose(cause: GapCause): void {
    this.#bookSubscriptions.clear();
    if (!this.#knowsBooks) return;
    this.#knowsBooks = false;
    this.#pending = cause;
  }

  #said(recvMs: UnixMs, heard: RecordedEntry): DecodedLine {
    let entry = heard;
    if (entry.type === 'watch' || entry.type === 'listing' || entry.type === 'snapshot')
      this.#markets.add(entry.market);
    // Of this the venue tells whatever the market.
    else if (LIFECYCLE.has(entry.type) && 'market' in entry && !this.#markets.has(entry.market)) entry = OTHER;
    if (entry.type === 'snapshot' || entry.type === 'delta') {
      this.#knowsBooks = true;
      this.#bookSubscriptions.add(entry.subscription);
    } else if (entry.type === 'other' && entry.subscription !== undefined) {
      if (!this.#bookSubscriptions.has(entry.subscription)) entry = OTHER;
    }
    const gap = this.#pending;
    if (gap === null) return { recvMs, entry };
    this.#pending = null;
    return { recvMs, gap, entry };
  }
}

function receiveTime(fields: Fields): UnixMs {
  const recvNs = fields.recv_ns;
  if (typeof recvNs !== 'number' || !(recvNs > 0)) throw new LineRefused('it has no receive time (recv_ns)');
  return timeFrom(recvNs);
}

/** Nanoseconds are beyond 2^53: JSON.parse rounds them to 256, perhaps to just below the millisecond that was meant. */
function timeFrom(recvNs: number): UnixMs {
  const recvMs = Math.floor((recvNs + 512) / 1e6);
  if (recvMs > RECEIVED_MS_MAX) throw new LineRefused('its receive time (recv_ns) is later than the year 2200');
  return unixMs(recvMs);
}

/** Only of frames that are sent in the moment of what they tell: a first ticker may be as old as its market's last trade. */
function sendTime(frame: Fields): number | null {
  if (frame.type !== 'orderbook_delta' && frame.type !== 'trade') return null;
  const { ts_ms: ms } = fieldsOf(frame.msg, 'msg');
  if (typeof ms !== 'number' || !(ms > 0)) return null;
  if (ms > RECEIVED_MS_MAX) throw new LineRefused('its time (ts_ms) is later than the year 2200');
  return ms;
}

function watchOf(data: unknown): RecordedEntry {
  const fields = fieldsOf(data, 'data');
  const strike = fields.strike ?? null;
  if (strike !== null && typeof strike !== 'number') throw new LineRefused('strike is not a number');
  return { type: 'watch', market: ticker(fields), closeMs: timeOf(fields, 'close_time'), strike };
}

/** What came as something else than one line of JSON was written down as text. */
function frameInText(value: unknown): unknown {
  try {
    return JSON.parse(String(value));
  } catch {
    return undefined;
  }
}

/** Frames whose loss leaves every book as it was. */
function isAside(frame: unknown): boolean {
  const type = (frame as Fields | null | undefined)?.type;
  return typeof type === 'string' && !type.startsWith('orderbook_');
}
