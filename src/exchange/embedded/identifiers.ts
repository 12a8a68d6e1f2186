import type { Random } from '../../domain/random.ts';

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex32(value: number): string {
  return HEX[value >>> 24]! + HEX[(value >>> 16) & 255]! + HEX[(value >>> 8) & 255]! + HEX[value & 255]!;
}

/** Ids in the shape of a random uuid, from the given source: the same seed names the same orders. */
export function createIdentifiers(random: Random): () => string {
  const word = () => Math.floor(random.uniform() * 0x1_0000_0000);
  return () => {
    const second = hex32((word() & 0xffff_0fff) | 0x0000_4000);
    const third = hex32((word() & 0x3fff_ffff) | 0x8000_0000);
    return `${hex32(word())}-${second.slice(0, 4)}-${second.slice(4)}-${third.slice(0, 4)}-${third.slice(4)}${hex32(word())}`;
  };
}
