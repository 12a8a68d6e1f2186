/** The past as a slider has it: where something happened, and where the next thing did. */
import type { Moments, Move } from '../../wire.ts';

export interface Span {
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Null while nothing has moved yet. */
export function spanOf({ firstMs, lastMs }: Moments): Span | null {
  return firstMs === null || lastMs === null ? null : { firstMs, lastMs };
}

/** Where in the span a time lies, 0 to 1. */
export function placeIn({ firstMs, lastMs }: Span, atMs: number): number {
  if (lastMs <= firstMs) return 1;
  return Math.min(1, Math.max(0, (atMs - firstMs) / (lastMs - firstMs)));
}

/** Heights of bars, 0 to 1: on a root scale, so that a quiet hour is still seen beside a storm. */
export function barsOf(density: readonly number[], barsMax: number): number[] {
  const step = Math.max(1, Math.ceil(density.length / barsMax));
  const sums: number[] = [];
  for (let start = 0; start < density.length; start += step) {
    sums.push(density.slice(start, start + step).reduce((sum, moves) => sum + moves, 0));
  }
  const highest = Math.max(1, ...sums);
  return sums.map((sum) => Math.sqrt(sum / highest));
}

/** The last move before, or the first one after, a time; of moves in any order. */
export function neighbour(moves: readonly Move[], atMs: number, to: 'before' | 'after'): Move | null {
  const candidates = moves.filter((move) => (to === 'before' ? move.atMs < atMs : move.atMs > atMs));
  if (candidates.length === 0) return null;
  return candidates.reduce((best, move) => {
    const isNearer = to === 'before' ? move.sequence > best.sequence : move.sequence < best.sequence;
    return isNearer ? move : best;
  });
}

/** Where a chart stood at a time and how it got there: the last of its moves until then. */
export function lastMoveAt(moves: readonly Move[], atMs: number): Move | null {
  const past = moves.filter((move) => move.atMs <= atMs);
  return past.length === 0 ? null : past.reduce((best, move) => (move.sequence > best.sequence ? move : best));
}
