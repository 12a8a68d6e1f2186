import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { assert } from './assert.ts';
import type { Random } from './random.ts';

/** What a stream is made from: 128 bits, as four words. */
type Key = readonly [number, number, number, number];

const ROOT: Key = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344];

/** Mixes a text into a key (MurmurHash3's 128-bit constants and finaliser, one UTF-16 unit a step, the length last). */
function mix(key: Key, text: string): Key {
  let [a, b, c, d] = key;
  for (let index = 0; index <= text.length; index++) {
    const word = index < text.length ? text.charCodeAt(index) : text.length + 0x10000;
    a = b ^ Math.imul(a ^ word, 0x239b961b);
    b = c ^ Math.imul(b ^ word, 0xab0e9789);
    c = d ^ Math.imul(c ^ word, 0x38b34ae5);
    d = a ^ Math.imul(d ^ word, 0xa1e38b93);
  }
  a = finish(a ^ (c >>> 18), 0x85ebca6b);
  b = finish(b ^ (d >>> 22) ^ a, 0xc2b2ae35);
  c = finish(c ^ (a >>> 17) ^ b, 0x85ebca6b);
  d = finish(d ^ (b >>> 19) ^ c, 0xc2b2ae35);
  return [a ^ d, b, c, d];
}

function finish(word: number, factor: number): number {
  const mixed = Math.imul(word ^ (word >>> 16), factor);
  return (mixed ^ (mixed >>> 13)) | 0;
}

function createStream(key: Key): Random {
  const [a, b, c, d] = key;
  // All zeroes is the one state that the generator never leaves.
  const generator = xoroshiro128plusFromState((a | b | c | d) === 0 ? ROOT : key);
  let spare: number | null = null;

  // The upper bits: the lowest ones of xoroshiro128+ are its weakest.
  const uniform = (): number => ((generator.next() >>> 5) * 0x4000000 + (generator.next() >>> 6)) / 2 ** 53;

  return {
    uniform,
    integer(min, max) {
      assert(Number.isSafeInteger(min) && Number.isSafeInteger(max) && min <= max, `no integer in [${min}, ${max}]`);
      return uniformInt(generator, min, max);
    },
    normal() {
      if (spare !== null) {
        const kept = spare;
        spare = null;
        return kept;
      }
      // Box–Muller; 1 − u lies in (0, 1], so the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
    exponential: (mean) => -mean * Math.log(1 - uniform()),
    split: (name) => createStream(mix(key, name)),
  };
}

/**
 * A source of chance fixed by its seed alone (5 and '5' are the same seed): xoroshiro128+. A split stream is fixed by the
 * seed and the names on the way to it, however much any of them was used.
 */
export function createRandom(seed: number | string): Random {
  return createStream(mix(ROOT, String(seed)));
}
