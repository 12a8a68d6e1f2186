/**
 * A file of lines, plain or zstandard, from its bytes to its lines. Whatever is wrong with it, every whole line before
 * that is given first: Node's own streams drop what they hold when they fail, so the decompressor is fed by hand here.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createZstdDecompress, type ZstdDecompress } from 'node:zlib';
import { messageOf } from '../../../domain/errors.ts';

/** A line of a recording is a frame of the stream; the largest snapshots are well under this. */
const LINE_BYTES_MAX = 8_000_000;
const READ_BYTES = 65_536;
/** No lines are so alike that a read unpacks to this: it would be memory without end. */
const UNPACKED_BYTES_MAX = 128_000_000;
/** Where unpacking fails in the middle of a read, it is done again in smaller pieces, so that all before it comes out. */
const PIECES: readonly number[] = [READ_BYTES, 512, 1];
/** A chunk of a recorder of ours is never larger than this, packed: damage this near the end is a tail that was torn. */
const TAIL_BYTES = 1_048_576;
const NEWLINE = 10;
/** What files begin with that are handed over instead of recordings. */
const KINDS: readonly (readonly [string, readonly number[]])[] = [
  ['zstandard', [0x28, 0xb5, 0x2f, 0xfd]],
  ['gzip', [0x1f, 0x8b]],
  ['a zip archive', [0x50, 0x4b, 0x03, 0x04]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['a picture', [0x89, 0x50, 0x4e, 0x47]],
  ['text in UTF-16', [0xff, 0xfe]],
  ['text in UTF-16', [0xfe, 0xff]],
];
/** Frames that zstandard passes over: the first byte varies. */
const SKIPPABLE = [0x2a, 0x4d, 0x18];
const HEAD_BYTES = 512;

/**
 * - `truncated`: it ends in the middle of something; `torn`: what stands at its end is no part of it;
 * - `damaged`: it cannot be unpacked from some place on; `endless`: it is not made of lines;
 * - `foreign`: its first bytes are of another kind of file;
 * - `system`: the system refuses to read it.
 */
export type Fault = 'truncated' | 'torn' | 'damaged' | 'endless' | 'foreign' | 'system';

export class FileBroken extends Error {
  override readonly name = 'FileBroken';
  readonly fault: Fault;

  constructor(fault: Fault, message: string, cause?: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}

export interface LineBatch {
  readonly lines: readonly string[];
  /** The file ends without a newline: this one line may not be whole. */
  readonly isUnended: boolean;
}

/** The lines of a file, a few thousand at a time at most. Throws `FileBroken`, after every whole line before the break. */
export async function* readLines(file: string): AsyncGenerator<LineBatch, void> {
  const rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of file.endsWith('.zst') ? unpacked(file) : plain(file)) {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end >= 0) {
      const whole = Buffer.concat([...rest, chunk.subarray(0, end)]);
      rest.length = 0;
      restBytes = 0;
      yield { lines: whole.toString('utf8').split('\n'), isUnended: false };
    }
    const tail = chunk.subarray(end + 1);
    rest.push(tail);
    restBytes += tail.length;
    if (restBytes > LINE_BYTES_MAX) throw new FileBroken('endless', 'it is not made of lines: one of them has no end');
  }
  if (restBytes > 0) yield { lines: [Buffer.concat(rest).toString('utf8')], isUnended: true };
}

async function* plain(file: string): AsyncGenerator<Buffer, void> {
  let isFirst = true;
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: READ_BYTES })) {
      if (isFirst) checkKind(file, chunk as Buffer);
      isFirst = false;
      yield chunk as Buffer;
    }
  } catch (cause) {
    throw cause instanceof FileBroken ? cause : new FileBroken('system', messageOf(cause), cause);
  }
}

/** Throws where the first bytes belie the name. */
function checkKind(file: string, bytes: Buffer): void {
  const head = bytes.subarray(0, HEAD_BYTES);
  const kind = kindOf(head);
  if (!file.endsWith('.zst')) {
    if (kind === 'zstandard')
      throw new FileBroken('foreign', 'it is packed with zstandard, which its name does not say: call it .jsonl.zst');
    if (kind !== 'text') throw new FileBroken('foreign', `it is not text in UTF-8, but ${kind}`);
  } else if (kind !== 'zstandard' && !isSkippable(head)) {
    const not = `it cannot be unpacked: it is not zstandard, but ${kind}`;
    throw new FileBroken('foreign', kind === 'text' ? `${not}: call it .jsonl if it is a recording` : not);
  }
}

function kindOf(head: Buffer): string {
  for (const [kind, magic] of KINDS) if (magic.every((byte, at) => head[at] === byte)) return kind;
  return head.some((byte) => byte < 32 && byte !== 9 && byte !== NEWLINE && byte !== 13) ? 'something else' : 'text';
}

function isSkippable(head: Buffer): boolean {
  return SKIPPABLE.every((byte, at) => head[at + 1] === byte);
}

async function* unpacked(file: string): AsyncGenerator<Buffer, void> {
  let given = 0;
  let fineFrom = Number.POSITIVE_INFINITY;
  for (const [round, pieceBytes] of PIECES.entries()) {
    const unpacker = new Unpacker();
    let skip = given;
    try {
      for await (const piece of pieces(file, fineFrom, pieceBytes)) {
        for (const chunk of await unpacker.feed(piece)) {
          const part = chunk.subarray(Math.min(skip, chunk.length));
          skip -= chunk.length - part.length;
          given += part.length;
          if (part.length > 0) yield part;
        }
        if (unpacker.isOver || unpacker.failure !== null) break;
      }
      for (const chunk of await unpacker.finish()) {
        given += chunk.length;
        yield chunk;
      }
    } finally {
      unpacker.close();
    }
    if (unpacker.failure === null) return;
    if (unpacker.failure.fault !== 'damaged' || round === PIECES.length - 1) throw await judged(file, unpacker);
    fineFrom = Math.max(0, unpacker.taken - 2 * pieceBytes);
  }
}

/** The file from its beginning, in small pieces from `fineFrom` on. */
async function* pieces(file: string, fineFrom: number, pieceBytes: number): AsyncGenerator<Buffer, void> {
  let at = 0;
  for await (const chunk of plain(file)) {
    const coarse = Math.max(0, Math.min(chunk.length, fineFrom - at));
    at += chunk.length;
    if (coarse > 0) yield chunk.subarray(0, coarse);
    for (let from = coarse; from < chunk.length; from += pieceBytes) yield chunk.subarray(from, from + pieceBytes);
  }
}

/** Damage at the very end is what a crash of the machine leaves behind. */
async function judged(file: string, unpacker: Unpacker): Promise<FileBroken> {
  const failure = unpacker.failure!;
  if (failure.fault !== 'damaged' || unpacker.taken === 0) return failure;
  const { size } = await stat(file);
  return size - unpacker.taken > TAIL_BYTES ? failure : new FileBroken('torn', failure.message, failure.cause);
}

/** A zstandard decompressor that gives what each piece unpacks to before it takes the next one. */
class Unpacker {
  failure: FileBroken | null = null;
  /** What is unpacked ended before the bytes did. */
  isOver = false;
  readonly #stream: ZstdDecompress = createZstdDecompress({ chunkSize: READ_BYTES });
  #chunks: Buffer[] = [];
  #bytes = 0;
  #fed = 0;
  #settle: () => void = () => {};

  constructor() {
    this.#stream.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#bytes += chunk.length;
      if (this.#bytes > UNPACKED_BYTES_MAX)
        this.#stream.destroy(new Error(`a piece of it unpacks to more than ${UNPACKED_BYTES_MAX} bytes`));
    });
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      const isCut = error.code === 'Z_BUF_ERROR';
      const cut = this.#fed === 0 ? 'it is empty' : 'its compression breaks off';
      const what = isCut ? cut : `it cannot be unpacked: ${messageOf(error)}`;
      this.failure ??= new FileBroken(isCut ? 'truncated' : 'damaged', what, error);
      this.#settle();
    });
    this.#stream.on('end', () => {
      this.isOver = true;
      this.#settle();
    });
  }

  /** How many bytes were unpacked. */
  get taken(): number {
    return this.#stream.bytesWritten;
  }

  async feed(piece: Buffer): Promise<readonly Buffer[]> {
    this.#fed += piece.length;
    await this.#until((done) => this.#stream.write(piece, () => done()));
    return this.#take();
  }

  /** Says what is left, and sets `failure` where the bytes were not all of it, or more than it. */
  async finish(): Promise<readonly Buffer[]> {
    if (this.failure === null && !this.isOver) await this.#until(() => this.#stream.end());
    // Bytes that begin no frame are passed over in silence, with all that follows them.
    if (this.failure === null && this.taken < this.#fed)
      this.failure = new FileBroken('torn', `behind byte ${this.taken} it is not zstandard`);
    return this.#take();
  }

  close(): void {
    this.#stream.destroy();
  }

  #until(act: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
      act(resolve);
    });
  }

  #take(): readonly Buffer[] {
    const taken = this.#chunks;
    this.#chunks = [];
    this.#bytes = 0;
    return taken;
  }
}
