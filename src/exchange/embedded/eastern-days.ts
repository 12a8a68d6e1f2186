/** The venue's days: they begin and end at midnight in New York, whose summer time follows one rule since 2007. */
import type { UnixMs } from '../../domain/units.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WINTER_MS = 5 * HOUR_MS;
const SUMMER_MS = 4 * HOUR_MS;

/** The first midnight in New York at or after this moment. */
export function easternMidnightFrom(atMs: number): UnixMs {
  const dayMs = Math.ceil((atMs - behindMs(atMs)) / DAY_MS) * DAY_MS;
  // Clocks change at two in the morning: five hours after midnight UTC, New York still has the offset of its midnight.
  return (dayMs + behindMs(dayMs + WINTER_MS)) as UnixMs;
}

/** How far New York's clocks are behind UTC's. */
function behindMs(atMs: number): number {
  const year = new Date(atMs).getUTCFullYear();
  const summerMs = sunday(year, 2, 2) + 2 * HOUR_MS + WINTER_MS;
  const winterMs = sunday(year, 10, 1) + 2 * HOUR_MS + SUMMER_MS;
  return atMs >= summerMs && atMs < winterMs ? SUMMER_MS : WINTER_MS;
}

/** Midnight UTC of a month's first or second Sunday. */
function sunday(year: number, month: number, which: 1 | 2): number {
  const firstMs = Date.UTC(year, month, 1);
  return firstMs + (((7 - new Date(firstMs).getUTCDay()) % 7) + (which - 1) * 7) * DAY_MS;
}
