/**
 * Invariants of the rate budget:
 *  1. What is granted in any stretch of time never exceeds its length × rate + capacity.
 *  2. A venue that keeps such a bucket and meets each request at any moment before its answer never refuses one.
 *  3. A grant never goes to a lower priority while a higher one waits in the same bucket; equals come in order.
 *  4. Everything that fits into a bucket is granted in the end, and a cancel within the time that its own tokens take.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Grant, RateBudget, type RateLimits } from '../../../src/exchange/kalshi/rate-budget.ts';
import { PRIORITIES, type Priority } from '../../../src/exchange/port.ts';
import { settle, VirtualClock } from './support/virtual-clock.ts';

const LIMITS: RateLimits = {
  read: { tokensPerSecond: 200, capacity: 200 },
  write: { tokensPerSecond: 100, capacity: 100 },
};
const take = (budget: RateBudget, priority: Priority, cost = 10, shard = 0) =>
  budget.acquire({ kind: 'write', shard, cost, priority });

interface Granted {
  readonly index: number;
  readonly atMs: number;
  readonly cost: number;
  readonly priority: number;
}

const request = fc.record({
  afterMs: fc.integer({ min: 0, max: 400 }),
  cost: fc.constantFrom(2, 10, 10, 50),
  priority: fc.constantFrom(...PRIORITIES),
  answerMs: fc.integer({ min: 0, max: 300 }),
  /** Where between sending and answer the venue looked at it. */
  metAt: fc.double({ min: 0, max: 1, noNaN: true }),
  fate: fc.constantFrom('answered', 'answered', 'answered', 'neverLeft'),
});

async function play(requests: readonly (typeof request extends fc.Arbitrary<infer R> ? R : never)[]) {
  const clock = new VirtualClock();
  const budget = new RateBudget(clock, LIMITS);
  const granted: Granted[] = [];
  const met: { atMs: number; cost: number }[] = [];
  const askedMs: number[] = [];
  for (const [index, one] of requests.entries()) {
    await clock.advance(one.afterMs);
    askedMs.push(clock.now());
    void take(budget, one.priority, one.cost).then((grant) => {
      const atMs = clock.now();
      if (one.fate === 'neverLeft') {
        grant?.refund();
        return;
      }
      granted.push({ index, atMs, cost: one.cost, priority: PRIORITIES.indexOf(one.priority) });
      met.push({ atMs: atMs + one.metAt * one.answerMs, cost: one.cost });
      clock.setTimeout(() => grant?.spend(), one.answerMs);
    });
    await settle();
  }
  await clock.advance(120_000);
  return { granted, met, askedMs, clock };
}

describe('A rate budget', () => {
  it('grants no more than time and capacity allow, and a venue’s bucket agrees whenever it looks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 40 }), async (requests) => {
        const { granted, met } = await play(requests);
        for (const [from, first] of granted.entries()) {
          let sum = 0;
          for (const one of granted.slice(from)) {
            sum += one.cost;
            expect(sum).toBeLessThanOrEqual(((one.atMs - first.atMs) / 1000) * 100 + 100 + 1e-6);
          }
        }
        let level = 100;
        let atMs = 0;
        for (const one of met.sort((a, b) => a.atMs - b.atMs)) {
          level = Math.min(100, level + ((one.atMs - atMs) / 1000) * 100);
          atMs = one.atMs;
          expect(level).toBeGreaterThanOrEqual(one.cost - 1e-6);
          level -= one.cost;
        }
      }),
      { numRuns: 200 },
    );
  });

  it('grants everything in the end, by priority and then in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(request, { maxLength: 40 }), async (requests) => {
        const { granted, askedMs } = await play(requests);
        expect(granted.length).toBe(requests.filter((one) => one.fate === 'answered').length);
        for (const [place, one] of granted.entries()) {
          // Whoever is granted later, but had asked before this grant, is no more urgent.
          for (const later of granted.slice(place + 1)) {
            if (later.atMs === one.atMs || askedMs[later.index]! >= one.atMs) continue;
            expect(later.priority).toBeGreaterThanOrEqual(one.priority);
            if (later.priority === one.priority) expect(later.index).toBeGreaterThan(one.index);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('lets a cancel pass any crowd of quotes', async () => {
    const clock = new VirtualClock();
    const budget = new RateBudget(clock, LIMITS);
    const order: string[] = [];
    const spend = (name: string) => (grant: Grant | null) => {
      order.push(name);
      grant?.spend();
    };
    for (let index = 0; index < 50; index++) void take(budget, 'quote').then(spend('quote'));
    await settle();
    expect(order).toHaveLength(10);
    void take(budget, 'replace').then(spend('replace'));
    void take(budget, 'cancel', 2).then(spend('cancel'));
    await clock.advance(20);
    expect(order.slice(10)).toEqual(['cancel']);
    await clock.advance(100);
    expect(order.slice(10)).toEqual(['cancel', 'replace']);
  });

  it('wakes by one timer on its clock, and sets none while nobody waits', async () => {
    const clock = new VirtualClock();
    const budget = new RateBudget(clock, LIMITS);
    for (let index = 0; index < 10; index++) (await take(budget, 'quote'))?.spend();
    expect(clock.timers).toBe(0);
    const late = take(budget, 'quote').then(() => clock.now());
    void take(budget, 'quote');
    await settle();
    expect(clock.timers).toBe(1);
    const startMs = clock.now();
    await clock.advance(1000);
    expect((await late) - startMs).toBe(100);
  });

  it('keeps reads, unscoped writes and each shard apart', async () => {
    const clock = new VirtualClock();
    const budget = new RateBudget(clock, LIMITS);
    for (let index = 0; index < 10; index++) (await take(budget, 'quote', 10, 0))?.spend();
    const states = await Promise.all([
      take(budget, 'quote', 10, 2),
      take(budget, 'quote', 10, 3),
      budget.acquire({ kind: 'read', cost: 10, priority: 'read' }),
    ]);
    expect(states.every((grant) => grant !== null)).toBe(true);
    let isGranted = false;
    void take(budget, 'quote', 10, 0).then(() => {
      isGranted = true;
    });
    await settle();
    expect(isGranted).toBe(false);
  });

  it('is empty after a 429, and says that writes wait', async () => {
    const clock = new VirtualClock();
    const budget = new RateBudget(clock, LIMITS);
    const heard: boolean[] = [];
    budget.congested$.subscribe((isCongested) => heard.push(isCongested));
    (await take(budget, 'quote'))?.throttled();
    const next = take(budget, 'quote').then(() => clock.now());
    const startMs = clock.now();
    await clock.advance(500);
    expect((await next) - startMs).toBe(100);
    expect(heard).toEqual([false, true, false]);
  });

  it('takes the size that the account has, and refuses what can never fit', async () => {
    const clock = new VirtualClock();
    const budget = new RateBudget(clock, LIMITS);
    expect(await take(budget, 'quote', 101)).toBeNull();
    budget.resize({ read: LIMITS.read, write: { tokensPerSecond: 300, capacity: 900 } });
    for (let index = 0; index < 90; index++) expect(await take(budget, 'quote')).not.toBeNull();
    const large = take(budget, 'quote', 500);
    await settle();
    budget.resize(LIMITS);
    expect(await large).toBeNull();
  });

  it('tells those who wait when it is closed', async () => {
    const budget = new RateBudget(new VirtualClock(), LIMITS);
    await Promise.all(Array.from({ length: 10 }, () => take(budget, 'quote')));
    const waiting = take(budget, 'quote');
    budget.close();
    expect(await waiting).toBeNull();
    expect(await take(budget, 'cancel')).toBeNull();
  });

  it('refills nothing when its clock is set back', async () => {
    const clock = new VirtualClock();
    const budget = new RateBudget(clock, LIMITS);
    for (let index = 0; index < 10; index++) (await take(budget, 'quote'))?.spend();
    clock.jump(-60_000);
    let isGranted = false;
    void take(budget, 'quote').then(() => {
      isGranted = true;
    });
    await clock.advance(99);
    expect(isGranted).toBe(false);
    await clock.advance(1);
    expect(isGranted).toBe(true);
  });
});
