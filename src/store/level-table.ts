/**
 * LevelDB's tables, read and never written: blocks of `bytes · kind (1) · checksum (4)`, found through an index block,
 * found through the last 48 bytes. LevelDB checks a block only when it happens to need one, and then not its checksum:
 * what was altered between is read as if it had been written so, or is missing without a word.
 */
import { crc32c, unmask } from './crc32c.ts';

const FOOTER = 48;
const MAGIC = 0xdb4775248b80fb57n;
const SNAPPY = 1;

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/** Byte at which a table is not as it was written, to the block; null when it is. */
export function alteredBlock(table: Buffer): number | null {
  const footerAt = table.length - FOOTER;
  if (footerAt < 0 || table.readBigUInt64LE(table.length - 8) !== MAGIC) return Math.max(0, footerAt);
  try {
    const footer = new Reader(table.subarray(footerAt));
    const [meta, index] = [footer.handle(), footer.handle()];
    for (const listing of [index, meta]) {
      if (!isWhole(table, listing)) return listing.offset;
      for (const block of handlesIn(contentOf(table, listing))) if (!isWhole(table, block)) return block.offset;
    }
    return null;
  } catch (error) {
    if (error instanceof RangeError) return footerAt;
    throw error;
  }
}

function isWhole(table: Buffer, { offset, size }: Handle): boolean {
  const end = offset + size + 1;
  return end + 4 <= table.length && crc32c(table, offset, end) === unmask(table.readUInt32LE(end));
}

function contentOf(table: Buffer, { offset, size }: Handle): Buffer {
  const bytes = table.subarray(offset, offset + size);
  return table[offset + size] === SNAPPY ? unpack(bytes) : bytes;
}

/** The handles that are the values of a block's entries: `shared · own · value length · key · value`, then restarts. */
function handlesIn(block: Buffer): Handle[] {
  const restarts = block.readUInt32LE(block.length - 4);
  const reader = new Reader(block.subarray(0, Math.max(0, block.length - 4 - 4 * restarts)));
  const handles: Handle[] = [];
  while (!reader.isAtEnd) {
    reader.number();
    const own = reader.number();
    reader.number();
    reader.skip(own);
    handles.push(reader.handle());
  }
  return handles;
}

/** Snappy, undone. Throws RangeError where it is none. */
function unpack(packed: Buffer): Buffer {
  const reader = new Reader(packed);
  const out = Buffer.alloc(reader.number());
  let at = 0;
  while (!reader.isAtEnd) {
    const tag = reader.byte();
    const high = tag >>> 2;
    if ((tag & 3) === 0) {
      const length = 1 + (high < 60 ? high : reader.little(high - 59));
      at += reader.skip(length).copy(out, at);
      continue;
    }
    const isShort = (tag & 3) === 1;
    const length = isShort ? 4 + (high & 7) : 1 + high;
    const back = isShort ? ((tag >>> 5) << 8) | reader.byte() : reader.little((tag & 3) === 2 ? 2 : 4);
    if (back === 0 || back > at || at + length > out.length) throw new RangeError('a copy from nowhere');
    // What is copied may overlap what it makes.
    for (const end = at + length; at < end; at++) out[at] = out[at - back]!;
  }
  if (at !== out.length) throw new RangeError('it ends too early');
  return out;
}

/** Reads on; throws RangeError beyond the end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  little(bytes: number): number {
    this.#at += bytes;
    return this.#bytes.readUIntLE(this.#at - bytes, bytes);
  }

  number(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  skip(length: number): Buffer {
    if (this.#at + length > this.#bytes.length) throw new RangeError('beyond the end');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  handle(): Handle {
    return { offset: this.number(), size: this.number() };
  }
}
