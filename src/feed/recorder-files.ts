/**
 * The files of a recording. Each chunk of lines becomes one whole zstandard frame and is synced: a crash loses what was
 * not yet a chunk, and nothing before it. `zstd -dc` and every other reader take such a file as one.
 */
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import type { Clock } from '../domain/clock.ts';
import type { UnixMs } from '../domain/units.ts';
import { timeStamp } from './recorder-lines.ts';

const compress = promisify(zstdCompress);
/** With a checksum: an altered chunk is noticed when it is read. */
const ZSTD = {
  params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
};
const PART_DIGITS = 4;
const ENDING = '.jsonl.zst';

export interface RecorderFilesOptions {
  /** Exists. */
  readonly folder: string;
  readonly wall: Clock;
  readonly fileBytesMax: number;
  readonly fileAgeMsMax: number;
  /** What every file begins with: lines, each ended. `firstMs` and `number` are those of the line that follows. */
  readonly heading: (firstMs: UnixMs, number: number, part: number) => Buffer;
}

export class RecorderFiles {
  readonly #options: RecorderFilesOptions;
  #file: FileHandle | null = null;
  #path = '';
  #part = 0;
  #size = 0;
  #openedWallMs = 0;
  /** Compressed, over all files. */
  bytes = 0;
  readonly paths: string[] = [];

  constructor(options: RecorderFilesOptions) {
    this.#options = options;
  }

  /** The file that is being written; empty before the first. */
  get path(): string {
    return this.#path;
  }

  /** Appends lines and syncs them. Throws what the system says; the file then holds what it held before. */
  async write(lines: Buffer, firstMs: UnixMs, number: number): Promise<void> {
    const { fileBytesMax, fileAgeMsMax, wall, heading } = this.#options;
    const isFull = this.#size >= fileBytesMax || wall.now() - this.#openedWallMs >= fileAgeMsMax;
    if (this.#file !== null && isFull) await this.close();
    let content = lines;
    if (this.#file === null) {
      await this.#open(firstMs);
      content = Buffer.concat([heading(firstMs, number, this.#part), lines]);
    }
    const file = this.#file as unknown as FileHandle;
    try {
      const packed = await compress(content, ZSTD);
      await file.appendFile(packed);
      await file.datasync();
      this.#size += packed.length;
      this.bytes += packed.length;
    } catch (error) {
      // Half a chunk is of no use; where the disk does not even allow this, readers stop before it.
      await file.truncate(this.#size).catch(() => undefined);
      throw error;
    }
  }

  /** The next write begins another file. */
  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }

  async #open(firstMs: UnixMs): Promise<void> {
    this.#part++;
    const name = `${timeStamp(firstMs)}-${String(this.#part).padStart(PART_DIGITS, '0')}${ENDING}`;
    this.#path = join(this.#options.folder, name);
    // Never into a file that is there.
    this.#file = await open(this.#path, 'ax');
    this.#size = 0;
    this.#openedWallMs = this.#options.wall.now();
    this.paths.push(this.#path);
  }
}

/** A file in the folder whose name says that it was begun later than this, if there is one. */
export async function laterFile(folder: string, ms: UnixMs): Promise<string | null> {
  const stamp = timeStamp(ms);
  const names = await readdir(folder);
  return (
    names
      .filter((name) => name.endsWith(ENDING) && name > stamp)
      .sort()
      .at(-1) ?? null
  );
}
