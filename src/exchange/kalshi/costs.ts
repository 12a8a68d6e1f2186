/** What requests cost in tokens, as the venue publishes it (`GET /account/endpoint_costs`). */
import type { RateLimits } from './rate-budget.ts';

export const COST = {
  /** Everything that is not named: creates, amends, decreases, listings. */
  request: 10,
  cancel: 2,
  orderRead: 2,
} as const;

/** A batch is billed by item and must fit into the bucket as a whole; half a bucket leaves room for a cancel. */
export function batchSizeMax(limits: RateLimits, costEach: number): number {
  return Math.max(1, Math.floor(limits.write.capacity / 2 / costEach));
}

/** What is assumed before the account's own limits are read: the smallest tier, one second of burst. */
export function assumedLimits(settings: {
  readonly readTokensPerSecond: number;
  readonly writeTokensPerSecond: number;
}): RateLimits {
  return {
    read: { tokensPerSecond: settings.readTokensPerSecond, capacity: settings.readTokensPerSecond },
    write: { tokensPerSecond: settings.writeTokensPerSecond, capacity: settings.writeTokensPerSecond },
  };
}
