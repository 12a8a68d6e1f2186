import type { UnixMs } from '../domain/units.ts';

/**
 * Lines of which the text grows until it is full, and then is bytes at once: many small texts that waited for a disk
 * would be moved about by the garbage collector while trading goes on.
 */
export class RecorderChunk {
  readonly firstMs: UnixMs;
  /** Of its first line. */
  readonly number: number;
  #text = '';
  #bytes: Buffer | null = null;

  constructor(firstMs: UnixMs, number: number) {
    this.firstMs = firstMs;
    this.number = number;
  }

  get length(): number {
    return this.#bytes?.length ?? this.#text.length;
  }

  /** `start` and `place` together are the line up to its number: see `lineStart` and `linePlace`. */
  append(start: string, place: string, number: number, name: string, value: string): void {
    this.#text += `${start}${place}${number}${name}${value}}\n`;
  }

  /** Nothing more is appended. */
  seal(): Buffer {
    this.#bytes ??= Buffer.from(this.#text);
    this.#text = '';
    return this.#bytes;
  }
}

export function lineStart(ms: number): string {
  return `{"recv_ns":${ms}`;
}

/** The place within a millisecond as nanoseconds: in text, because the whole is beyond 2^53. */
export function linePlace(place: number): string {
  return place < PLACES.length ? PLACES[place]! : placeText(place);
}

function placeText(place: number): string {
  return `${String(Math.min(place, 999_999)).padStart(6, '0')},"n":`;
}
const PLACES = Array.from({ length: 1_000 }, (_, place) => placeText(place));
