/**
 * The whole trader in a virtual world. A seed is the whole of a run: the journal is the same to the byte, and nothing on
 * the way asks the machine for time or chance.
 */
import { createHook } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { differences, startTrial } from '../support/world.ts';

const MINUTES = process.env.BOTHSIDES_LONG === '1' ? 10 : 2;
const HALF_A_MINUTE_MS = 30_000;

async function runFor(forMs: number, seed: number) {
  const trial = await startTrial({ seed, forMs });
  const summary = await trial.finish(forMs + 120_000);
  return { trial, summary, hash: trial.run.journal.hash() };
}

describe('a virtual run', () => {
  afterEach(() => vi.restoreAllMocks());

  it(`of ${MINUTES} minutes quotes, fills and ends with nothing left and every cent explained`, async () => {
    const { trial, summary } = await runFor(MINUTES * 60_000, 11);
    expect(trial.violations).toEqual([]);
    expect(differences(trial)).toEqual([]);
    expect(summary).toMatchObject({
      exit: 0,
      money: { difference: '0.000000' },
      requests: { status429: 0 },
      orders: { leftResting: 0, unknown: 0 },
    });
    expect(summary.orders.created).toBeGreaterThan(50);
    expect(summary.fills.count).toBeGreaterThan(20);
    expect(summary.sessions.opened).toBeGreaterThan(4);
    expect(summary.sessions.opened + summary.sessions.resumed).toBe(summary.sessions.closed);
    expect(summary.latency.firstQuoteMs).toBeLessThan(10_000);
  });

  it('writes the same journal from the same seed, and another from another', async () => {
    const first = await runFor(HALF_A_MINUTE_MS, 21);
    const again = await runFor(HALF_A_MINUTE_MS, 21);
    const other = await runFor(HALF_A_MINUTE_MS, 22);
    expect(first.trial.run.journal.lastSequence).toBeGreaterThan(100);
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  it('asks the machine for neither time nor chance, and uses no thread', async () => {
    const asked: string[] = [];
    const forbid = (name: string) => () => {
      asked.push(`${name} at ${new Error().stack?.split('\n').slice(2, 4).join(' ').trim()}`);
      throw new Error(`${name} was asked in a virtual world`);
    };
    const kinds = new Set<string>();
    // Timers of ours would go through the global that is forbidden below; what is left of them is the test runner's own.
    const settled = new Set(['PROMISE', 'Immediate', 'TickObject', 'Microtask', 'Timeout']);
    const hook = createHook({ init: (_id, type) => void (settled.has(type) || kinds.add(type)) });
    const trial = await startTrial({ seed: 31, forMs: HALF_A_MINUTE_MS });
    vi.spyOn(Date, 'now').mockImplementation(forbid('Date.now') as never);
    vi.spyOn(Math, 'random').mockImplementation(forbid('Math.random') as never);
    vi.spyOn(performance, 'now').mockImplementation(forbid('performance.now') as never);
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(forbid('setTimeout') as never);
    vi.spyOn(globalThis, 'setInterval').mockImplementation(forbid('setInterval') as never);
    hook.enable();
    try {
      await trial.finish(180_000);
    } finally {
      hook.disable();
      vi.restoreAllMocks();
    }
    expect(asked).toEqual([]);
    expect([...kinds]).toEqual([]);
  });
});
