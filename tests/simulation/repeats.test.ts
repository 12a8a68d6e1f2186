/**
 * The whole trader in a virtual world. A seed is the whole of a run: the journal is the same to the byte, and nothing on
 * the way asks the machine for time or chance.
 */
import { describe, expect, it } from 'vitest';
import { whileForbidden } from '../support/virtual-guard.ts';
import { differences, startTrial } from '../support/world.ts';

const MINUTES = process.env.BOTHSIDES_LONG === '1' ? 10 : 2;
const HALF_A_MINUTE_MS = 30_000;

async function runFor(forMs: number, seed: number) {
  const trial = await startTrial({ seed, forMs });
  const summary = await trial.finish(forMs + 120_000);
  return { trial, summary, hash: trial.run.journal.hash() };
}

describe('a virtual run', () => {
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
    const trial = await startTrial({ seed: 31, forMs: HALF_A_MINUTE_MS });
    const asked = await whileForbidden(() => trial.finish(180_000));
    expect(asked).toEqual({ calls: [], resources: [] });
  });
});
