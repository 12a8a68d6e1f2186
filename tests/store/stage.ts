import type { Clocks } from '../../src/domain/clock.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { unixMs } from '../../src/domain/units.ts';
import type { Store } from '../../src/store/store.ts';

/** Two clocks that stand until a test moves them. */
export function standingClocks(): { wall: ManualClock; market: ManualClock } & Clocks {
  const wall = new ManualClock(unixMs(1_000_000));
  const market = new ManualClock(unixMs(5_000_000));
  return { wall, market, monotonicMs: () => wall.now() };
}

/** Everything in a store, as text. */
export async function contentOf(store: Store): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const [key, value] of store.entries({})) found.push([key, value]);
  return found;
}

/** Everything an iterable gives. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}
