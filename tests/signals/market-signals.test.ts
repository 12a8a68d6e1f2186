import { describe, expect, it } from 'vitest';
import type { Centicents, Centicontracts } from '../../src/domain/units.ts';
import { MarketSignals } from '../../src/signals/market-signals.ts';
import { afterMids, GOLDEN, reading, START_MS } from './scenario.ts';

const repeat = (count: number, mid: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => mid(i));
const zigzag = (count: number, step: number): number[] => repeat(count, (i) => 50 + (i % 2) * step);

describe('golden values', () => {
  it('a mid at 50¢ that stands for five minutes: the prior fades and the market is quiet', () => {
    const { signals, nowMs } = afterMids(repeat(300, () => 50));
    const now = signals.now(nowMs);
    expect(now.sigmaCentsPerSqrtSecond).toBeCloseTo(0.037731054143881, 12);
    expect(now).toMatchObject({ regime: 'QUIET', observations: 300, drift: 0, reversion: null, spreadMedianCents: 2 });
  });

  it('a mid that goes to and fro by a cent each second', () => {
    const now = afterMids(zigzag(60, 1)).signals.now(START_MS + 60_000);
    expect(now.sigmaUnboundedCentsPerSqrtSecond).toBeCloseTo(0.817424361228174, 12);
    expect(now.drift).toBeCloseTo(0.159267226615581, 12);
    expect(now).toMatchObject({ regime: 'MEAN_REVERTING', reversion: 1, isReverting: true });
  });

  it('a mid that rises by a cent each second', () => {
    const now = afterMids(repeat(30, (i) => 30 + i)).signals.now(START_MS + 30_000);
    expect(now.sigmaUnboundedCentsPerSqrtSecond).toBeCloseTo(0.706606989327821, 12);
    expect(now.drift).toBeCloseTo(7.62115983632894, 11);
    expect(now).toMatchObject({ regime: 'TRENDING', reversion: 0, isReverting: false });
  });

  it('moves of all kinds, with pauses between', () => {
    const mids = [50, 50, 51, 52, 52, 51, 53, 53, 54, 53.5, 53.5, 55];
    const now = afterMids(mids).signals.now(START_MS + 12_000);
    expect(now.sigmaUnboundedCentsPerSqrtSecond).toBeCloseTo(0.517151149737499, 12);
    expect(now.drift).toBeCloseTo(2.915118188665034, 11);
    expect(now.reversion).toBeCloseTo(2 / 3, 12);
    expect(now.regime).toBe('MEAN_REVERTING');
  });
});

describe('volatility', () => {
  it('is the prior σ_base·(1 + 2p(1 − p)) before anything moved, larger in the middle than at the edge', () => {
    const at = (mid: number) => afterMids([mid]).signals.now(START_MS).sigmaCentsPerSqrtSecond;
    expect(at(50)).toBeCloseTo(0.12495, 12);
    expect(at(10)).toBeCloseTo(0.098294, 12);
  });

  it('is given to quoting between floor and cap, and to regimes as it is', () => {
    const wild = afterMids(zigzag(60, 1)).signals.now(START_MS + 60_000);
    expect(wild.sigmaCentsPerSqrtSecond).toBe(0.1333);
    expect(wild.sigmaUnboundedCentsPerSqrtSecond).toBeGreaterThan(0.8);
    const settings = { ...GOLDEN, signals: { ...GOLDEN.signals, sigmaPriorWeightSeconds: 0 } };
    const dead = afterMids(
      repeat(60, () => 50),
      { settings },
    ).signals.now(START_MS + 60_000);
    expect(dead.sigmaUnboundedCentsPerSqrtSecond).toBe(0);
    expect(dead.sigmaCentsPerSqrtSecond).toBe(0.0083);
  });

  it('forgets a jump when it leaves the σ window', () => {
    const { signals } = afterMids([50, 60]);
    const jumpAt = START_MS + 2000;
    const before = signals.now(jumpAt + 599_000).sigmaUnboundedCentsPerSqrtSecond;
    const after = signals.now(jumpAt + 601_000).sigmaUnboundedCentsPerSqrtSecond;
    expect(before).toBeGreaterThan(0.39);
    expect(after).toBeLessThan(0.03);
  });

  it('counts a change over a hole with the time that the hole took', () => {
    const { signals } = afterMids([50, 50]);
    signals.observe(null, START_MS + 2000);
    signals.observe(reading(54), START_MS + 10_500);
    const now = signals.now(START_MS + 11_000);
    const prior = 0.0833 * (1 + 2 * 0.54 * 0.46);
    expect(now.sigmaUnboundedCentsPerSqrtSecond).toBeCloseTo(Math.sqrt((16 + 30 * prior ** 2) / (10 + 30)), 12);
    expect(now.observations).toBe(3);
  });
});

describe('regimes, in their order', () => {
  const regimeOf = (mids: number[], options: { spreadCents?: number; depthContracts?: number } = {}) => {
    const { signals, nowMs } = afterMids(mids, options);
    return signals.now(nowMs).regime;
  };

  it('are unknown before enough observations, whatever the book looks like', () => {
    expect(regimeOf(zigzag(4, 5), { depthContracts: 10 })).toBe('UNKNOWN');
    expect(regimeOf(zigzag(5, 5), { depthContracts: 10 })).toBe('CHAOTIC');
  });

  it('are chaotic only when σ is high and the book is thin', () => {
    expect(regimeOf(zigzag(30, 2), { depthContracts: 49 })).toBe('CHAOTIC');
    expect(regimeOf(zigzag(30, 2), { depthContracts: 50 })).toBe('MEAN_REVERTING');
    expect(regimeOf(zigzag(30, 0), { depthContracts: 49 })).toBe('MEAN_REVERTING');
  });

  it('are chaotic before noisy, noisy before quiet, and noisy only within the band', () => {
    expect(regimeOf(zigzag(30, 2), { depthContracts: 49, spreadCents: 8 })).toBe('CHAOTIC');
    const still = repeat(300, () => 50);
    expect(regimeOf(still, { spreadCents: 7 })).toBe('NOISE');
    expect(regimeOf(still, { spreadCents: 12 })).toBe('NOISE');
    expect(regimeOf(still, { spreadCents: 6.98 })).toBe('QUIET');
    expect(regimeOf(still, { spreadCents: 12.02 })).toBe('QUIET');
  });

  it('are told from the minute median of the spread, so a moment does not make noise', () => {
    const { signals } = afterMids(repeat(300, () => 50));
    signals.observe(reading(50, { spreadCents: 9 }), START_MS + 300_000);
    expect(signals.now(START_MS + 320_000).regime).toBe('QUIET');
    expect(signals.now(START_MS + 335_000).regime).toBe('NOISE');
  });

  it('are trending when the mid went somewhere and moves go on, and mean-reverting otherwise', () => {
    expect(regimeOf(repeat(40, (i) => 30 + i))).toBe('TRENDING');
    const backToStart = [...repeat(20, (i) => 30 + i), ...repeat(20, (i) => 49 - i)];
    expect(regimeOf([...backToStart, 30])).toBe('MEAN_REVERTING');
    const asOftenAsNot = repeat(40, (i) => 50 + [0, 1, 2, 1][i % 4]!);
    expect(regimeOf(asOftenAsNot)).toBe('MEAN_REVERTING');
  });

  it('are stable after as many equal windows as counted, and start over when they change', () => {
    const { signals } = afterMids(repeat(9, () => 50));
    expect(signals.now(START_MS + 4000)).toMatchObject({ stableWindows: 4 });
    const fresh = afterMids(repeat(1, () => 50)).signals;
    expect(fresh.now(START_MS + 4000)).toMatchObject({ regime: 'UNKNOWN', stableWindows: 4 });
    expect(fresh.now(START_MS + 5000)).toMatchObject({ regime: 'MEAN_REVERTING', stableWindows: 1 });
    expect(fresh.now(START_MS + 7999)).toMatchObject({ stableWindows: 3, regimeAtMs: START_MS + 7000 });
  });

  it('age while the book cannot be read, and are told afresh from one window when it can', () => {
    const { signals } = afterMids(repeat(20, () => 50));
    signals.observe(null, START_MS + 20_500);
    const blind = signals.now(START_MS + 30_000);
    expect(blind).toMatchObject({ regime: 'MEAN_REVERTING', regimeAtMs: START_MS + 20_000, stableWindows: 0 });
    expect(blind).toMatchObject({ depthContracts: 0, observations: 20 });
    signals.observe(reading(50), START_MS + 30_500);
    expect(signals.now(START_MS + 31_000)).toMatchObject({ regimeAtMs: START_MS + 31_000, stableWindows: 1 });
  });

  it('are not disturbed by a crossed moment between two samples', () => {
    const { signals } = afterMids(repeat(20, () => 50));
    signals.observe(null, START_MS + 20_100);
    signals.observe(reading(50), START_MS + 20_200);
    expect(signals.now(START_MS + 21_000)).toMatchObject({ stableWindows: 17, regimeAtMs: START_MS + 21_000 });
  });
});

describe('history, trades and time', () => {
  it('keeps fifteen minutes of mid, spread and depth, oldest first, with holes left out', () => {
    const { signals } = afterMids([50, 51], { spreadCents: 3, depthContracts: 7 });
    signals.observe(null, START_MS + 2500);
    signals.now(START_MS + 3000);
    expect(signals.history(60_000)).toEqual([
      { atMs: START_MS + 1000, midCents: 50, spreadCents: 3, depthContracts: 7 },
      { atMs: START_MS + 2000, midCents: 51, spreadCents: 3, depthContracts: 7 },
    ]);
    const long = afterMids(repeat(2000, (i) => 20 + (i % 60)));
    long.signals.now(long.nowMs);
    expect(long.signals.history(1e9)).toHaveLength(901);
  });

  it('remembers the last trade', () => {
    const { signals } = afterMids([50]);
    expect(signals.now(START_MS)).toMatchObject({ lastTradeMs: null });
    signals.traded(START_MS + 5, 5000 as Centicents, 300 as Centicontracts, 'ask');
    expect(signals.now(START_MS + 10).lastTradeMs).toBe(START_MS + 5);
    expect(signals.lastTrade).toMatchObject({ price: 5000, quantity: 300, takerSide: 'ask' });
  });

  it('makes up for a day of silence at the price of fifteen minutes', () => {
    const { signals } = afterMids([50, 55]);
    const now = signals.now(START_MS + 86_400_000);
    expect(now).toMatchObject({ regime: 'QUIET', regimeAtMs: START_MS + 86_400_000, drift: 0, reversion: null });
    expect(now.observations).toBeLessThan(1000);
    expect(now.stableWindows).toBeGreaterThan(GOLDEN.regimes.stableWindows);
  });

  it('ignores a clock that goes back a little', () => {
    const { signals, nowMs } = afterMids(zigzag(30, 1));
    const before = signals.now(nowMs);
    signals.observe(reading(50), nowMs - 1500);
    expect(signals.now(nowMs - 1500).observations).toBe(before.observations);
  });
});

describe('a checkpoint', () => {
  it('is small, plain JSON, and brings back σ, the count of observations and the last trade', () => {
    const { signals, nowMs } = afterMids(repeat(900, (i) => 40 + ((i * 7) % 11) / 2));
    signals.traded(nowMs - 3000, 5000 as Centicents, 1 as Centicontracts, 'bid');
    const text = JSON.stringify(signals.checkpoint(nowMs));
    expect(text.length).toBeLessThan(2048);
    const restored = MarketSignals.restore(JSON.parse(text), GOLDEN);
    const before = signals.now(nowMs);
    const after = restored.now(nowMs);
    expect(after.sigmaUnboundedCentsPerSqrtSecond).toBeCloseTo(before.sigmaUnboundedCentsPerSqrtSecond, 12);
    expect(after).toMatchObject({ observations: 900, regime: before.regime, regimeAtMs: before.regimeAtMs });
    expect(after).toMatchObject({ lastTradeMs: nowMs - 3000, stableWindows: 0 });
  });

  it('lets the old evidence fade over one σ window', () => {
    const { signals, nowMs } = afterMids(zigzag(600, 1));
    const restored = MarketSignals.restore(signals.checkpoint(nowMs), GOLDEN);
    restored.observe(reading(50), nowMs);
    const sigmas = [0, 300_000, 590_000, 601_000].map(
      (ms) => restored.now(nowMs + ms).sigmaUnboundedCentsPerSqrtSecond,
    );
    expect(sigmas[0]).toBeGreaterThan(0.9);
    expect(sigmas[1]).toBeLessThan(sigmas[0]!);
    expect(sigmas[2]).toBeLessThan(sigmas[1]!);
    expect(sigmas[3]).toBeLessThan(0.03);
  });

  it('needs one fresh window before the regime counts again', () => {
    const { signals, nowMs } = afterMids(repeat(300, () => 50));
    const restored = MarketSignals.restore(signals.checkpoint(nowMs), GOLDEN);
    restored.observe(reading(50), nowMs + 20_000);
    expect(restored.now(nowMs + 20_500)).toMatchObject({ stableWindows: 0, regimeAtMs: nowMs });
    expect(restored.now(nowMs + 21_000)).toMatchObject({
      stableWindows: 1,
      regimeAtMs: nowMs + 21_000,
      regime: 'QUIET',
    });
  });
});
