/**
 * The venue's token buckets: one for reads and one for writes a user, and one for writes a shard beside it. They fill
 * continuously on the market clock, so that a faster market allows as many requests a market second.
 */
import type { Clock } from '../../../domain/clock.ts';
import type { UserId } from '../model.ts';

export const TIERS = ['basic', 'advanced', 'expert', 'premier', 'paragon', 'prime', 'prestige'] as const;
export type Tier = (typeof TIERS)[number];

/** Shards that exist; 0 is the unscoped one. */
export const SHARDS = [0, 1, 2, 3] as const;

export interface BucketSize {
  /** Tokens a second. */
  readonly refillRate: number;
  readonly capacity: number;
}
export interface TierLimits {
  readonly read: BucketSize;
  readonly write: BucketSize;
}

const REFILL: Record<Tier, readonly [read: number, write: number]> = {
  basic: [200, 100],
  advanced: [300, 300],
  expert: [600, 600],
  premier: [1_200, 1_200],
  paragon: [2_400, 2_400],
  prime: [4_800, 4_800],
  prestige: [12_000, 9_600],
};

/** Reads of the two lower tiers and writes above Basic save up 3 s, the rest 1 s. */
export function limitsOf(tier: Tier): TierLimits {
  const [read, write] = REFILL[tier];
  const readSeconds = tier === 'basic' || tier === 'advanced' ? 3 : 1;
  const writeSeconds = tier === 'basic' ? 1 : 3;
  return {
    read: { refillRate: read, capacity: read * readSeconds },
    write: { refillRate: write, capacity: write * writeSeconds },
  };
}

export const COST_DEFAULT = 10;
/** A cancel, also each one in a batch, and a cancel-all as a whole. */
export const COST_CANCEL = 2;
/** A single order read. */
export const COST_ORDER_READ = 2;

/** Counts thousandths of a token: whole milliseconds at whole rates keep it exact. */
class TokenBucket {
  readonly #size: BucketSize;
  readonly #clock: Clock;
  #milliTokens: number;
  #atMs: number;

  constructor(size: BucketSize, clock: Clock) {
    this.#size = size;
    this.#clock = clock;
    this.#milliTokens = size.capacity * 1000;
    this.#atMs = clock.now();
  }

  holds(cost: number): boolean {
    const nowMs = this.#clock.now();
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#milliTokens = Math.min(this.#size.capacity * 1000, this.#milliTokens + passedMs * this.#size.refillRate);
    this.#atMs = nowMs;
    return this.#milliTokens >= cost * 1000;
  }

  take(cost: number): void {
    this.#milliTokens -= cost * 1000;
  }
}

/** Which write buckets a request is billed to: `auto` is the unscoped one and every other shard's. */
export type WriteScope = number | 'auto';

class UserBuckets {
  readonly #read: TokenBucket;
  readonly #writes = new Map<number, TokenBucket>();

  constructor(limits: TierLimits, clock: Clock) {
    this.#read = new TokenBucket(limits.read, clock);
    for (const shard of SHARDS) this.#writes.set(shard, new TokenBucket(limits.write, clock));
  }

  takeRead(cost: number): boolean {
    return takeAll([this.#read], cost);
  }

  takeWrite(cost: number, scope: WriteScope): boolean {
    if (scope === 'auto') return takeAll([...this.#writes.values()], cost);
    // A shard that does not exist is refused later; until then it is billed as the first.
    return takeAll([this.#writes.get(scope) ?? this.#writes.get(0)!], cost);
  }
}

/** From every bucket or from none. */
function takeAll(buckets: readonly TokenBucket[], cost: number): boolean {
  if (!buckets.every((bucket) => bucket.holds(cost))) return false;
  for (const bucket of buckets) bucket.take(cost);
  return true;
}

export class RateLimits {
  readonly tier: Tier;
  readonly limits: TierLimits;
  readonly #clock: Clock;
  readonly #users = new Map<UserId | null, UserBuckets>();

  constructor(tier: Tier, market: Clock) {
    this.tier = tier;
    this.limits = limitsOf(tier);
    this.#clock = market;
  }

  /** `user` null: everybody without a key together. False: too many requests, nothing was billed. */
  read(user: UserId | null, cost: number): boolean {
    return this.#bucketsOf(user).takeRead(cost);
  }

  write(user: UserId, cost: number, scope: WriteScope): boolean {
    return this.#bucketsOf(user).takeWrite(cost, scope);
  }

  /** The most items of this cost that one batch can hold. */
  batchMax(costPerItem: number): number {
    return Math.floor(this.limits.write.capacity / costPerItem);
  }

  #bucketsOf(user: UserId | null): UserBuckets {
    let buckets = this.#users.get(user);
    if (buckets === undefined) {
      buckets = new UserBuckets(this.limits, this.#clock);
      this.#users.set(user, buckets);
    }
    return buckets;
  }
}
