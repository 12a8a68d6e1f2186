/** CRC-32C (Castagnoli), the checksum inside LevelDB's files; Node's own `crc32` is another polynomial. Eight bytes a step. */

const POLYNOMIAL = 0x82f63b78;
const LANES = 8;

const TABLE = makeTable();

function makeTable(): Int32Array {
  const table = new Int32Array(256 * LANES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let index = 256; index < table.length; index++) {
    const before = table[index - 256]!;
    table[index] = (before >>> 8) ^ table[before & 255]!;
  }
  return table;
}

/** Of `bytes[start, end)`; unsigned. */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const t = TABLE;
  let crc = -1;
  let at = start;
  for (; at + LANES <= end; at += LANES) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    crc =
      t[1792 + (crc & 255)]! ^
      t[1536 + ((crc >>> 8) & 255)]! ^
      t[1280 + ((crc >>> 16) & 255)]! ^
      t[1024 + (crc >>> 24)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!;
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t[(crc ^ bytes[at]!) & 255]!;
  return ~crc >>> 0;
}

const MASK = 0xa282ead8;

/** LevelDB stores checksums masked, so that one of bytes that hold checksums is none of nothing. */
export function unmask(stored: number): number {
  const rotated = (stored - MASK) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0;
}
