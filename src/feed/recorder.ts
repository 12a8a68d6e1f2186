import { access, constants } from 'node:fs/promises';
import type { Clocks, TimerId } from '../domain/clock.ts';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Market } from '../domain/market.ts';
import { type UnixMs, unixMs } from '../domain/units.ts';
import type { RestBook } from '../exchange/port.ts';
import type { Settings } from '../settings/schema.ts';
import { linePlace, lineStart, RecorderChunk } from './recorder-chunk.ts';
import { laterFile, RecorderFiles } from './recorder-files.ts';
import {
  bookData,
  controlField,
  type Field,
  FORMAT_VERSION,
  frameField,
  listingData,
  listingKey,
} from './recorder-lines.ts';

export interface RecorderOptions {
  /** Exists. One recorder writes there at a time. */
  readonly folder: string;
  /** Lines are dated by the market clock, which is the wall's wherever the exchange has no time of its own. */
  readonly clocks: Pick<Clocks, 'wall' | 'market'>;
  readonly settings: Settings['recorder'];
  /** Tells this run's lines from any other's. */
  readonly run: string;
  /** Where it comes from, for whoever reads it: never a key. */
  readonly source: Readonly<Record<string, string>>;
  /** Called once: nothing more is recorded. */
  readonly onFailure: (error: BothsidesError) => void;
  /** Lines had to be left out and are written again from now on. */
  readonly onGap?: (dropped: number) => void;
}

export interface RecorderCounts {
  /** Written and waiting to be. */
  readonly lines: number;
  readonly frames: number;
  /** Lines that were left out because the disk did not keep up. */
  readonly dropped: number;
  /** Times that happened. */
  readonly gaps: number;
  readonly files: number;
  /** On disk, compressed. */
  readonly bytes: number;
}

const MEGABYTE = 1_048_576;
/** What is written and synced at once where much waits. */
const WRITE_BYTES_MAX = 4 * MEGABYTE;

/**
 * Writes down everything that a connection says, as it is said, and what is needed beside it to play it again. Whoever
 * calls is never kept waiting: a line is put together in its turn, and everything else happens in later ones. Where the
 * disk does not keep up, memory is bounded and what does not fit is left out, which a reader sees.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #files: RecorderFiles;
  readonly #chunkBytes: number;
  readonly #waiting: RecorderChunk[] = [];
  #current: RecorderChunk | null = null;
  #waitingBytes = 0;
  #timer: TimerId | null = null;
  #writing: Promise<void> | null = null;
  #isOver = false;
  #failure: BothsidesError | null = null;
  #number = 0;
  #lines = 0;
  #frames = 0;
  #dropped = 0;
  #droppedNow = 0;
  #gaps = 0;
  #lastMs = 0;
  /** How lines of this millisecond begin. */
  #start = '';
  #inThisMs = 0;
  #connections = 0;
  #listed = new Map<Ticker, Market>();
  /** What was last written of a watched market's listing. */
  readonly #watched = new Map<Ticker, string>();

  /** Throws DATA_UNWRITABLE, USAGE where the folder holds a recording of later times. */
  static async open(options: RecorderOptions): Promise<Recorder> {
    const { folder, clocks } = options;
    let later: string | null;
    try {
      await access(folder, constants.W_OK | constants.X_OK);
      later = await laterFile(folder, clocks.market.now());
    } catch (cause) {
      throw new BothsidesError('DATA_UNWRITABLE', `Nothing can be recorded in ${folder}: ${messageOf(cause)}`, {
        remedy: 'Choose another folder.',
        cause,
      });
    }
    if (later !== null) {
      throw new BothsidesError('USAGE', `${folder} holds ${later}, recorded at a later time than the market's now.`, {
        remedy: 'Choose another folder: the files of one are played in the order of their names.',
      });
    }
    return new Recorder(options);
  }

  private constructor(options: RecorderOptions) {
    this.#options = options;
    const { folder, clocks, settings } = options;
    this.#chunkBytes = settings.chunkKilobytes * 1024;
    this.#files = new RecorderFiles({
      folder,
      wall: clocks.wall,
      fileBytesMax: settings.fileMegabytesMax * MEGABYTE,
      fileAgeMsMax: settings.fileMinutesMax * 60_000,
      heading: (firstMs, number, part) => this.#heading(firstMs, number, part),
    });
  }

  get counts(): RecorderCounts {
    const { paths, bytes } = this.#files;
    const [lines, frames, dropped, gaps] = [this.#lines, this.#frames, this.#dropped, this.#gaps];
    return { lines, frames, dropped, gaps, files: paths.length, bytes };
  }

  get folder(): string {
    return this.#options.folder;
  }

  get files(): readonly string[] {
    return this.#files.paths;
  }

  /** Why it stopped, if it did. */
  get failure(): BothsidesError | null {
    return this.#failure;
  }

  // What a socket says (`SocketTap`).

  connected(): void {
    this.#put(controlField('connected', { connection: ++this.#connections }));
  }

  frame(text: string): void {
    this.#frames++;
    this.#put(frameField(text));
  }

  sent(text: string): void {
    const command = JSON.parse(text) as { params?: { action?: string; market_tickers?: readonly Ticker[] } };
    const { action, market_tickers: markets = [] } = command.params ?? {};
    if (action !== 'delete_markets') for (const market of markets) this.#watch(market);
    this.#put(controlField('sent', command));
  }

  disconnected(code: number, reason: string): void {
    this.#put(controlField('disconnected', { connection: this.#connections, code, reason }));
  }

  // What a catalogue says.

  /** `isAll`: what is not among them is listed no more. */
  listed(markets: readonly Market[], isAll: boolean): void {
    if (this.#isOver) return;
    if (isAll) this.#listed = new Map([...this.#listed].filter(([ticker]) => this.#watched.has(ticker)));
    for (const market of markets) {
      this.#listed.set(market.ticker, market);
      if (this.#watched.has(market.ticker)) this.#list(market);
    }
  }

  /** Books that were read because no stream kept them. */
  polled(books: readonly RestBook[]): void {
    for (const book of books) this.#put(controlField('book', bookData(book)));
  }

  /** Writes what waits and ends. What comes afterwards is ignored. */
  async close(): Promise<void> {
    if (!this.#isOver) {
      this.#tellGap();
      this.#isOver = true;
    }
    this.#disarm();
    while (this.#failure === null && (this.#writing !== null || this.#hasWaiting())) await this.#write();
    await this.#files.close().catch((cause: unknown) => this.#fail(cause));
  }

  #watch(market: Ticker): void {
    if (this.#watched.has(market)) return;
    this.#watched.set(market, '');
    const listing = this.#listed.get(market);
    if (listing !== undefined) this.#list(listing);
  }

  #list(market: Market): void {
    const key = listingKey(market);
    if (this.#watched.get(market.ticker) === key) return;
    this.#watched.set(market.ticker, key);
    this.#put(controlField('market', listingData(market)));
  }

  /** What every file begins with, so that it says by itself what it is: not numbered, as it says nothing new. */
  #heading(firstMs: UnixMs, number: number, part: number): Buffer {
    const { run, source, clocks } = this.#options;
    const header = {
      format: 'bothsides',
      version: FORMAT_VERSION,
      run,
      part,
      no_side: 'yes',
      wall_ms: clocks.wall.now(),
      ...source,
    };
    const again = [...this.#watched.keys()].flatMap((ticker) => this.#listed.get(ticker) ?? []);
    const listings = part === 1 ? [] : again.map((market) => controlField('market', listingData(market)));
    const chunk = new RecorderChunk(firstMs, number);
    for (const field of [controlField('recording', header), ...listings])
      chunk.append(lineStart(firstMs), linePlace(0), number - 1, ...field);
    return chunk.seal();
  }

  /** One line, received now. */
  #put(field: Field): void {
    if (this.#isOver) return;
    const max = this.#options.settings.bufferMegabytesMax * MEGABYTE;
    // Half of it must be free again before it goes on, or every other line would be left out.
    if (this.#waitingBytes + (this.#current?.length ?? 0) + field[1].length > (this.#droppedNow > 0 ? max / 2 : max)) {
      this.#number++;
      this.#dropped++;
      this.#droppedNow++;
      return;
    }
    this.#tellGap();
    this.#append(field);
  }

  #tellGap(): void {
    const dropped = this.#droppedNow;
    if (dropped === 0) return;
    this.#droppedNow = 0;
    this.#gaps++;
    this.#append(controlField('gap', { dropped }));
    this.#options.onGap?.(dropped);
  }

  #append(field: Field): void {
    const ms = Math.floor(this.#options.clocks.market.now());
    if (ms > this.#lastMs) {
      this.#lastMs = ms;
      this.#start = lineStart(ms);
      this.#inThisMs = 0;
    } else this.#inThisMs++;
    this.#number++;
    this.#lines++;
    this.#current ??= new RecorderChunk(unixMs(this.#lastMs), this.#number);
    this.#current.append(this.#start, linePlace(this.#inThisMs), this.#number, field[0], field[1]);
    if (this.#current.length >= this.#chunkBytes) {
      this.#seal(this.#current);
      if (this.#writing === null && this.#waiting.length === 1) this.#arm(0);
    } else if (this.#timer === null && this.#writing === null) this.#arm(this.#options.settings.flushEveryMs);
  }

  #seal(chunk: RecorderChunk): void {
    this.#waitingBytes += chunk.seal().length;
    this.#waiting.push(chunk);
    this.#current = null;
  }

  #arm(afterMs: number): void {
    this.#disarm();
    this.#timer = this.#options.clocks.wall.setTimeout(() => {
      this.#timer = null;
      void this.#write();
    }, afterMs);
  }

  #disarm(): void {
    if (this.#timer !== null) this.#options.clocks.wall.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #hasWaiting(): boolean {
    return this.#waiting.length > 0 || this.#current !== null;
  }

  /** Writes everything that waits by now. Never rejects. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeOn()
      .catch((cause: unknown) => this.#fail(cause))
      .finally(() => {
        this.#writing = null;
        if (!this.#isOver && this.#hasWaiting())
          this.#arm(this.#waiting.length > 0 ? 0 : this.#options.settings.flushEveryMs);
      });
    return this.#writing;
  }

  async #writeOn(): Promise<void> {
    if (this.#current !== null) this.#seal(this.#current);
    for (let left = this.#waiting.length; left > 0; ) {
      const chunks: RecorderChunk[] = [];
      let bytes = 0;
      while (left > 0 && bytes < WRITE_BYTES_MAX) {
        const chunk = this.#waiting.shift()!;
        chunks.push(chunk);
        bytes += chunk.length;
        left--;
      }
      const { firstMs, number } = chunks[0]!;
      const lines = chunks.length === 1 ? chunks[0]!.seal() : Buffer.concat(chunks.map((chunk) => chunk.seal()));
      await this.#files.write(lines, firstMs, number);
      this.#waitingBytes -= bytes;
    }
  }

  #fail(cause: unknown): void {
    if (this.#failure !== null) return;
    this.#isOver = true;
    this.#disarm();
    this.#waiting.length = 0;
    this.#current = null;
    this.#waitingBytes = 0;
    const where = this.#files.path === '' ? this.#options.folder : this.#files.path;
    this.#failure = new BothsidesError('DATA_UNWRITABLE', `Recording stopped: ${where}: ${messageOf(cause)}`, {
      remedy: 'Make room or choose another folder; what was recorded before is whole.',
      cause,
    });
    this.#options.onFailure(this.#failure);
  }
}
