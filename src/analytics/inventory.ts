/** How far from flat, and for how long: the time integrals of positions, which add up over markets and runs. */
import { type Fill, fillKey } from '../domain/fill.ts';
import { signOf } from '../domain/side.ts';
import { type Span, StepPath } from './step-path.ts';

/** Integrals over the time in which markets were open; positions in 0.01 contract, time in milliseconds. */
export interface Inventory {
  readonly openMs: number;
  readonly position: number;
  readonly absolute: number;
  readonly square: number;
}

export const NO_INVENTORY: Inventory = { openMs: 0, position: 0, absolute: 0, square: 0 };

export function addInventory(one: Inventory, other: Inventory): Inventory {
  return {
    openMs: one.openMs + other.openMs,
    position: one.position + other.position,
    absolute: one.absolute + other.absolute,
    square: one.square + other.square,
  };
}

/** The position of one market, 0.01 contract, from its fills in any order; a fill that comes twice counts once. */
export function positionPath(fills: readonly Fill[]): StepPath<number> {
  const known = new Set<string>();
  const path = new StepPath<number>();
  let position = 0;
  for (const fill of fills.toSorted((a, b) => a.atMs - b.atMs)) {
    if (known.has(fillKey(fill))) continue;
    known.add(fillKey(fill));
    position += signOf(fill.side) * fill.quantity;
    path.set(fill.atMs, position);
  }
  return path;
}

/** Over the stretches in which the market was open; before its first fill the position is 0. */
export function inventoryOf(path: StepPath<number>, open: readonly Span[]): Inventory {
  let sum = NO_INVENTORY;
  for (const span of open) {
    sum = addInventory(sum, { ...NO_INVENTORY, openMs: span.toMs - span.fromMs });
    for (const { fromMs, toMs, value } of path.pieces(span)) {
      const ms = toMs - fromMs;
      const piece = { openMs: 0, position: value * ms, absolute: Math.abs(value) * ms, square: value * value * ms };
      sum = addInventory(sum, piece);
    }
  }
  return sum;
}

/** Time-weighted standard deviation of the position about its own mean, contracts; null without time. */
export function deviationContracts({ openMs, position, square }: Inventory): number | null {
  if (openMs === 0) return null;
  const mean = position / openMs;
  // A constant position has no deviation, whatever rounding makes of the difference of two equal numbers.
  return Math.sqrt(Math.max(0, square / openMs - mean * mean)) / 100;
}

/** Time-weighted mean of |position|, contracts; null without time. */
export function meanAbsoluteContracts({ openMs, absolute }: Inventory): number | null {
  return openMs === 0 ? null : absolute / openMs / 100;
}
