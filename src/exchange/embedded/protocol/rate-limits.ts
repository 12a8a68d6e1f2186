/**
 * The venue's token buckets: one for reads and one for writes a user, and one for writes a shard beside it. They fill
 * continuously on the market clock, so that a faster market allows as many requests a market second.
 */
import type { Clock } from '../../../domain/clock.ts';
import type { Engine, UserId } from '../model.ts';

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
export const COST_UPGRADE = 30;

/** The highest that an account was granted, and never less than everybody has. */
export function tierOf(engine: Pick<Engine, 'usageLevels'>, user: UserId | null, everybodys: Tier): Tier {
  if (user === null) return everybodys;
  const granted = engine.usageLevels(user);
  return TIERS.findLast((tier) => tier === everybodys || granted.includes(tier)) ?? everybodys;
}

/** Counts thousandths of a token: whole milliseconds at whole rates keep it exact. */
class TokenBucket {
  #size: BucketSize;
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

  /** What it holds stays in it. */
  resize(size: BucketSize): void {
    this.holds(0);
    this.#size = size;
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

  resize(limits: TierLimits): void {
    this.#read.resize(limits.read);
    for (const write of this.#writes.values()) write.resize(limits.write);
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
  readonly #tierOf: (user: UserId | null) => Tier;
  readonly #clock: Clock;
  readonly #users = new Map<UserId | null, { tier: Tier; buckets: UserBuckets }>();

  /** `tier` of everybody, or of each; null is everybody without a key together. */
  constructor(tier: Tier | ((user: UserId | null) => Tier), market: Clock) {
    this.#tierOf = typeof tier === 'string' ? () => tier : tier;
    this.#clock = market;
  }

  tierOf(user: UserId): Tier {
    return this.#tierOf(user);
  }

  /** `user` null: everybody without a key together. False: too many requests, nothing was billed. */
  read(user: UserId | null, cost: number): boolean {
    return this.#bucketsOf(user).takeRead(cost);
  }

  write(user: UserId, cost: number, scope: WriteScope): boolean {
    return this.#bucketsOf(user).takeWrite(cost, scope);
  }

  /** The most items of this cost that one batch can hold. */
  batchMax(user: UserId, costPerItem: number): number {
    return Math.floor(limitsOf(this.#tierOf(user)).write.capacity / costPerItem);
  }

  #bucketsOf(user: UserId | null): UserBuckets {
    const tier = this.#tierOf(user);
    let own = this.#users.get(user);
    if (own === undefined) {
      own = { tier, buckets: new UserBuckets(limitsOf(tier), this.#clock) };
      this.#users.set(user, own);
    } else if (own.tier !== tier) {
      own.tier = tier;
      own.buckets.resize(limitsOf(tier));
    }
    return own.buckets;
  }
}
