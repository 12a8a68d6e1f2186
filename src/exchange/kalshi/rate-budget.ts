/**
 * One budget for everything that this process asks of the venue: a bucket of read tokens, one of unscoped write tokens
 * and one of write tokens a shard ≥ 1, as the venue keeps them (continuous refill, no penalty after a 429).
 *
 * A granted request takes its tokens at the venue at an unknown moment between now and its answer. If the venue's
 * bucket is full meanwhile, its refill is lost. So tokens stay *reserved* until the answer and are charged then: that
 * never counts more than the venue has, and costs no throughput while the bucket is not full.
 */
import { BehaviorSubject, distinctUntilChanged, type Observable } from 'rxjs';
import { assert } from '../../domain/assert.ts';
import type { Clock, TimerId } from '../../domain/clock.ts';
import type { BucketLevel } from '../bucket-level.ts';
import { PRIORITIES, type Priority } from '../port.ts';

export interface BucketLimits {
  readonly tokensPerSecond: number;
  readonly capacity: number;
}
export interface RateLimits {
  readonly read: BucketLimits;
  /** Of each write bucket: the unscoped one and every shard's own have the same size. */
  readonly write: BucketLimits;
}

export interface TokenRequest {
  readonly kind: 'read' | 'write';
  /** Writes: the order's `exchange_index`; 0 (and batches) bill the unscoped bucket. */
  readonly shard?: number;
  readonly cost: number;
  readonly priority: Priority;
}

/** Tokens set aside for one request. Exactly one of these is called when its fate is known; later calls do nothing. */
export interface Grant {
  /** It was answered, or may have arrived. */
  spend(): void;
  /** It never left. */
  refund(): void;
  /** The venue had too few tokens (429): so have we. */
  throttled(): void;
}

interface Waiter {
  /** Thousandths of a token: tokens a second × milliseconds, so that whole inputs stay whole. */
  readonly cost: number;
  readonly resolve: (grant: Grant | null) => void;
}

class Bucket {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #queues: readonly Waiter[][] = PRIORITIES.map(() => []);
  #rate: number;
  #capacity: number;
  #level: number;
  #reserved = 0;
  #atMs: number;
  #timer: TimerId | null = null;

  constructor(clock: Clock, limits: BucketLimits, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
    this.#rate = limits.tokensPerSecond;
    this.#capacity = limits.capacity * 1000;
    this.#level = this.#capacity;
    this.#atMs = clock.now();
  }

  get isWaiting(): boolean {
    return this.#queues.some((queue) => queue.length > 0);
  }

  level(): Omit<BucketLevel, 'kind' | 'shard'> {
    this.#refill();
    return {
      tokens: Math.max(0, (this.#level - this.#reserved) / 1000),
      capacity: this.#capacity / 1000,
      tokensPerSecond: this.#rate,
      waiting: this.#queues.reduce((sum, queue) => sum + queue.length, 0),
    };
  }

  acquire(cost: number, priority: Priority): Promise<Grant | null> {
    const waiter = { cost: cost * 1000 };
    if (waiter.cost > this.#capacity) return Promise.resolve(null);
    return new Promise((resolve) => {
      this.#queues[PRIORITIES.indexOf(priority)]!.push({ ...waiter, resolve });
      this.#pump();
    });
  }

  resize(limits: BucketLimits): void {
    this.#refill();
    this.#rate = limits.tokensPerSecond;
    const capacity = limits.capacity * 1000;
    // A bucket that was full is full again at its new size: we have not yet used anything of it.
    this.#level = this.#level >= this.#capacity ? capacity : Math.min(this.#level, capacity);
    this.#capacity = capacity;
    for (const queue of this.#queues) {
      for (const waiter of queue.splice(0)) {
        if (waiter.cost > capacity) waiter.resolve(null);
        else queue.push(waiter);
      }
    }
    this.#pump();
  }

  close(): void {
    this.#disarm();
    for (const queue of this.#queues) for (const waiter of queue.splice(0)) waiter.resolve(null);
    this.#changed();
  }

  #refill(): void {
    const now = this.#clock.now();
    // A clock that was corrected backwards refills nothing.
    this.#level = Math.min(this.#capacity, this.#level + Math.max(0, now - this.#atMs) * this.#rate);
    this.#atMs = now;
  }

  #pump(): void {
    this.#disarm();
    this.#refill();
    for (;;) {
      const queue = this.#queues.find((waiting) => waiting.length > 0);
      const next = queue?.[0];
      if (queue === undefined || next === undefined) break;
      const missing = next.cost + this.#reserved - this.#level;
      if (missing > 0) {
        // While more is reserved than a full bucket has beside this one, only an answer helps; it pumps again.
        if (next.cost + this.#reserved <= this.#capacity) this.#arm(missing / this.#rate);
        break;
      }
      queue.shift();
      this.#reserved += next.cost;
      next.resolve(this.#grant(next.cost));
    }
    this.#changed();
  }

  #grant(cost: number): Grant {
    let isOpen = true;
    const end = (charge: () => void) => () => {
      if (!isOpen) return;
      isOpen = false;
      this.#refill();
      this.#reserved -= cost;
      charge();
      this.#pump();
    };
    return {
      spend: end(() => {
        this.#level -= cost;
      }),
      refund: end(() => {}),
      throttled: end(() => {
        this.#level = Math.min(this.#level, this.#reserved);
      }),
    };
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimeout(
      () => {
        this.#timer = null;
        this.#pump();
      },
      Math.max(1, Math.ceil(delayMs)),
    );
  }

  #disarm(): void {
    if (this.#timer === null) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** Grants by priority, first in first out inside one; a lower priority never passes a higher one of the same bucket. */
export class RateBudget {
  readonly #clock: Clock;
  readonly #read: Bucket;
  readonly #writes = new Map<number, Bucket>();
  readonly #congested = new BehaviorSubject(false);
  #limits: RateLimits;
  #isClosed = false;

  /** Token buckets run on the clock given: the market's. */
  constructor(clock: Clock, limits: RateLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#read = new Bucket(clock, limits.read, () => {});
  }

  /** True while a write waits for tokens. */
  get congested$(): Observable<boolean> {
    return this.#congested.pipe(distinctUntilChanged());
  }

  get limits(): RateLimits {
    return this.#limits;
  }

  /** Resolves with the tokens, or null when they can never come: more than a full bucket, or the budget is closed. */
  acquire(request: TokenRequest): Promise<Grant | null> {
    assert(request.cost >= 0, `a request cannot cost ${request.cost} tokens`);
    if (this.#isClosed) return Promise.resolve(null);
    return this.#bucket(request).acquire(request.cost, request.priority);
  }

  /** How full each bucket is; write buckets from the first request that they were asked for. */
  levels(): BucketLevel[] {
    const writes = [...this.#writes].sort(([a], [b]) => a - b);
    return [
      { kind: 'read', shard: null, ...this.#read.level() },
      ...writes.map(([shard, bucket]) => ({ kind: 'write' as const, shard, ...bucket.level() })),
    ];
  }

  resize(limits: RateLimits): void {
    this.#limits = limits;
    this.#read.resize(limits.read);
    for (const bucket of this.#writes.values()) bucket.resize(limits.write);
  }

  /** Everyone who waits is told that nothing comes. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#read.close();
    for (const bucket of this.#writes.values()) bucket.close();
    this.#congested.complete();
  }

  #bucket(request: TokenRequest): Bucket {
    if (request.kind === 'read') return this.#read;
    const shard = Math.max(0, request.shard ?? 0);
    let bucket = this.#writes.get(shard);
    if (bucket === undefined) {
      bucket = new Bucket(this.#clock, this.#limits.write, () => this.#tellCongestion());
      this.#writes.set(shard, bucket);
    }
    return bucket;
  }

  #tellCongestion(): void {
    let isWaiting = false;
    for (const bucket of this.#writes.values()) isWaiting ||= bucket.isWaiting;
    if (isWaiting !== this.#congested.value) this.#congested.next(isWaiting);
  }
}
