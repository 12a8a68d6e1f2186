/** What goes wrong at an exchange of ours in a storm, at random and from a seed; once its time is over nothing does any more. */
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { FaultOptions } from '../../src/exchange/embedded/faults/faulty-server.ts';
import { checkFaults } from '../../src/exchange/embedded/faults/spec.ts';

export interface FaultScript {
  readonly faults: FaultOptions;
  /** How far reads lag behind writes, all the time. */
  readonly readDelayMs: number;
}

/** Six of ten kinds, each at its own rate, or all of them at their highest; windows of a few seconds at any time. */
export function faultScript(seed: number, forMs: number, kinds: 'some' | 'all'): FaultScript {
  const random = createRandom(`faults ${seed}`);
  const often = (most: number) => ({
    probability: kinds === 'all' ? most : most * (0.1 + 0.9 * random.uniform()),
    toMs: forMs,
  });
  const window = (longestMs: number) => {
    const fromMs = random.integer(5_000, forMs - 40_000);
    return { fromMs, toMs: fromMs + random.integer(500, longestMs) };
  };
  const leg = () => ({ baseMs: random.integer(0, 40), meanMs: random.integer(0, 60) });
  const writes = { method: 'POST', path: '/portfolio/events/orders*' } as const;
  const cancels = { method: 'DELETE' } as const;
  const reads = { method: 'GET', path: '/portfolio/*' } as const;
  const all = [
    { fault: 'throttle', ...often(0.03) },
    { fault: 'errorBefore', on: writes, ...often(0.03) },
    { fault: 'errorAfter', on: writes, ...often(0.03) },
    { fault: 'errorAfter', on: cancels, ...often(0.03) },
    { fault: 'silenceBefore', on: writes, ...often(0.02) },
    { fault: 'silenceAfter', on: writes, ...often(0.02) },
    { fault: 'silenceAfter', on: cancels, ...often(0.02) },
    { fault: 'dropBefore', ...often(0.02) },
    { fault: 'dropAfter', ...often(0.02) },
    { fault: 'emptyBody', on: writes, ...often(0.02) },
    // A start refuses to go on from half a listing, and says so: from then on it has to live with them.
    { fault: 'malformedBody', on: { path: '/portfolio/*' }, fromMs: 20_000, ...often(0.03) },
    { fault: 'cutPages', on: reads, fromMs: 20_000, ...often(0.1) },
    { fault: 'slowRequest', ...often(0.05), delayMs: random.integer(50, 1_500) },
    { fault: 'slowAnswer', ...often(0.05), delayMs: random.integer(50, 1_500) },
    { fault: 'loseFrame', ...often(0.004) },
    { fault: 'repeatFrame', ...often(0.01) },
    { fault: 'reorderFrame', ...often(0.01) },
    { fault: 'delayFrame', ...often(0.005), delayMs: random.integer(50, 2_000) },
    { fault: 'sequenceGap', ...often(0.001) },
    { fault: 'dropStream', ...often(0.002) },
    { fault: 'refuseStream', ...often(0.5) },
    { fault: 'missingPongs', ...window(12_000) },
    { fault: 'clockSkew', ...window(30_000), skewMs: random.uniform() < 0.5 ? -25_000 : 20_000 },
    { fault: 'staleReads', ...window(30_000), delayMs: random.integer(100, 3_000) },
    { fault: 'exchangePause', ...window(8_000) },
    { fault: 'tradingPause', ...window(8_000) },
    { fault: 'marketHalt', on: { market: '*' }, ...window(5_000) },
  ];
  const rules = checkFaults(
    all.filter(() => kinds === 'all' || random.uniform() < 0.6),
    'the script',
  );
  const isFar = random.uniform() < 0.5;
  return {
    faults: { rules, ...(isFar ? { latency: { request: leg(), response: leg(), stream: leg() } } : {}) },
    readDelayMs: random.uniform() < 0.5 ? random.integer(1, 1_500) : 0,
  };
}
