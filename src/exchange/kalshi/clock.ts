import type { UnixMs } from '../../domain/units.ts';
import type { VenueClock } from '../port.ts';
import { check } from './parse-rest.ts';
import type { Rest } from './rest.ts';
import * as wire from './wire.ts';

const PATH = '/_clock';

/** The market clock of an embedded exchange; null at the real venue, which has no such page. */
export async function readVenueClock(rest: Rest): Promise<VenueClock | null> {
  // Free of tokens: buckets fill on the market's time, and whoever waits for it to begin must be able to ask.
  const reply = await rest.tryRead({ path: PATH, priority: 'cancel', cost: 0, isOptional: true });
  if (!reply.ok) return null;
  const body = check(wire.clock, PATH, reply.json);
  return { marketMs: body.marketTimeMs as UnixMs, wallMs: body.wallTimeMs as UnixMs, speed: body.speed };
}
