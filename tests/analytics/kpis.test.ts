/** The figures that a run is held to, from cases whose answers are known; without enough behind it a figure is none. */
import { describe, expect, it } from 'vitest';
import { EquityCurve } from '../../src/analytics/equity-curve.ts';
import { type Kpi, type KpiFacts, kpisOf } from '../../src/analytics/kpis.ts';
import { OrderTally } from '../../src/analytics/order-tally.ts';
import { SessionTally } from '../../src/analytics/session-tally.ts';
import { Thinned } from '../../src/analytics/thinned.ts';
import { Uptime } from '../../src/analytics/uptime.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';

const HOUR = 3_600_000;
const entry = (marketMs: number, kind: string, data: object = {}): JournalEntry =>
  ({ sequence: 1, wallMs: marketMs, marketMs, kind, data }) as unknown as JournalEntry;

/** One sample at the end of each hour. */
function curveOf(equities: readonly number[], transfers: readonly number[] = []): EquityCurve {
  const curve = new EquityCurve();
  for (const [index, equity] of equities.entries())
    curve.take({ atMs: index * HOUR + HOUR - 1, equity, transfers: transfers[index] ?? 0 });
  return curve;
}

describe('The equity curve', () => {
  it('falls from its peak, not from its beginning', () => {
    expect(curveOf([100, 120, 90, 110]).drawdown()).toBeCloseTo(30 / 120, 12);
    expect(curveOf([100, 110, 120]).drawdown()).toBe(0);
    expect(curveOf([100]).drawdown()).toBeNull();
  });

  it('takes a deposit for no gain and a withdrawal for no loss', () => {
    expect(curveOf([100, 200, 190], [0, 100, 100]).drawdown()).toBeCloseTo(10 / 100, 12);
    expect(curveOf([100, 40, 40], [0, -60, -60]).drawdown()).toBe(0);
  });

  it('has the volatility and Sharpe ratio of its hourly returns', () => {
    // +10 %, −10 %, +10 %: the last hour is not over.
    const curve = curveOf([100, 110, 99, 108.9, 108.9]);
    const returns = [0, 0.1, -0.1, 0.1];
    const mean = 0.025;
    const deviation = Math.sqrt(returns.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 3);
    expect(curve.hours).toBe(4);
    expect(curve.volatility()).toBeCloseTo(deviation * Math.sqrt(8760), 9);
    expect(curve.sharpe()).toBeCloseTo((mean / deviation) * Math.sqrt(8760), 9);
  });

  it('has no Sharpe ratio where nothing ever moved, and none before two hours', () => {
    expect(curveOf([100, 100, 100, 100]).sharpe()).toBeNull();
    expect(curveOf([100, 101]).volatility()).toBeNull();
  });
});

describe('Orders', () => {
  const tally = new OrderTally();
  const order = (id: string, states: readonly (readonly [string, number])[], timeInForce = 'goodTillCanceled') => {
    tally.take(entry(0, 'order.intended', { clientOrderId: id, timeInForce }));
    for (const [state, filled] of states) tally.take(entry(0, 'order.moved', { clientOrderId: id, state, filled }));
  };
  order('rests', [
    ['sent', 0],
    ['resting', 0],
  ]);
  order('canceled', [
    ['sent', 0],
    ['resting', 0],
    ['cancelPending', 0],
    ['canceled', 0],
  ]);
  order('partly', [
    ['sent', 0],
    ['resting', 0],
    ['partiallyFilled', 5],
    ['canceled', 5],
  ]);
  order('filled', [
    ['sent', 0],
    ['filled', 10],
  ]);
  order('refused', [
    ['sent', 0],
    ['rejected', 0],
  ]);
  order('denied', [['denied', 0]]);
  order(
    'took',
    [
      ['sent', 0],
      ['filled', 10],
    ],
    'immediateOrCancel',
  );
  order('lost', [
    ['sent', 0],
    ['unknown', 0],
    ['rejected', 0],
  ]);

  it('count as placed when the exchange took them; what we denied never left', () => {
    expect([tally.taken, tally.refused]).toEqual([5, 2]);
  });
  it('count as filled when anything of them executed, resting and taking ones apart', () => {
    expect(tally.limit).toEqual({ ended: 3, filled: 2 });
    expect(tally.taker).toEqual({ ended: 1, filled: 1 });
  });
});

describe('Sessions', () => {
  it('win, lose or come out even; a streak ends with the other', () => {
    const tally = new SessionTally();
    expect(tally.winRate()).toBeNull();
    for (const pnl of [5, 3, 0, 2]) tally.take(pnl);
    expect(tally.streak).toBe(3);
    for (const pnl of [-1, 0, -2]) tally.take(pnl);
    expect(tally.streak).toBe(-2);
    expect([tally.wins, tally.losses, tally.even]).toEqual([3, 2, 2]);
    expect(tally.winRate()).toBeCloseTo(0.6, 12);
  });
});

describe('Uptime', () => {
  const live = { machine: 'marketFeed', to: { stream: { connected: 'live' }, fallback: 'idle' } };
  const down = { machine: 'marketFeed', to: { stream: 'backingOff', fallback: 'polling' } };
  const of = (...entries: JournalEntry[]) => {
    const uptime = new Uptime();
    for (const each of entries) uptime.take(each);
    return uptime;
  };

  it('is the share of a run in which it was in control, live, and neither halted nor paused', () => {
    const uptime = of(
      entry(0, 'run.started'),
      entry(10, 'run.ready'),
      entry(20, 'actor.moved', live),
      entry(50, 'actor.moved', down),
      entry(60, 'actor.moved', live),
      entry(80, 'risk.moded', { mode: 'paused' }),
      entry(90, 'risk.moded', { mode: 'active' }),
      entry(100, 'run.ended'),
    );
    expect(uptime.wholeMs).toBe(100);
    expect(uptime.share()).toBeCloseTo(0.6, 12);
  });

  it('does not count the time between runs, and of one that died what is not known', () => {
    const one = [entry(0, 'run.started'), entry(0, 'run.ready'), entry(0, 'actor.moved', live), entry(100, 'x')];
    const uptime = of(...one, entry(5_000, 'run.started'), entry(5_000, 'run.ready'), entry(5_100, 'x'));
    expect(uptime.wholeMs).toBe(200);
    expect(uptime.share()).toBeCloseTo(0.5, 12);
  });
});

describe('A thinned history', () => {
  it('keeps first and last, in order, evenly, however much comes', () => {
    const history = new Thinned<{ atMs: number }>(100);
    for (let step = 0; step < 12_345; step++) history.add({ atMs: step * 10 });
    const points = history.points();
    expect(points.length).toBeLessThanOrEqual(101);
    expect(points.length).toBeGreaterThanOrEqual(49);
    expect(points[0]!.atMs).toBe(0);
    expect(points.at(-1)!.atMs).toBe(123_440);
    const gaps = points.slice(1, -1).map(({ atMs }, index) => atMs - points[index]!.atMs);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(Math.min(...gaps) * 2.5);
  });
});

describe('A figure', () => {
  const NOTHING: KpiFacts = {
    requests: 0,
    status429: 0,
    lagMs: null,
    orders: new OrderTally(),
    sessions: new SessionTally(),
    uptime: new Uptime(),
    curve: new EquityCurve(),
    contracts: 0,
    makerContracts: 0,
    fills: 0,
  };
  const of = (facts: Partial<KpiFacts>, name: string): Kpi =>
    kpisOf({ ...NOTHING, ...facts }).find((kpi) => kpi.name === name)!;

  it('is none at the beginning, and says what it waits for', () => {
    for (const { name, value, isMet, basis } of kpisOf(NOTHING)) {
      expect([value, isMet], name).toEqual([null, null]);
      expect(basis, name).toMatch(/^0 of \d+ \w+/);
    }
  });

  it('is held to its target, which it must pass and not only reach', () => {
    expect(of({ requests: 100, status429: 4 }, 'status429')).toMatchObject({ value: 0.04, isMet: true });
    expect(of({ requests: 100, status429: 5 }, 'status429')).toMatchObject({ value: 0.05, isMet: false });
    expect(of({ requests: 99, status429: 5 }, 'status429')).toMatchObject({ value: null, basis: '99 of 100 requests' });
    expect(of({ lagMs: 499 }, 'dataLatency')).toMatchObject({ value: 499, isMet: true });
    const made = { contracts: 1_000, fills: 10 };
    expect(of({ ...made, makerContracts: 951 }, 'makerShare').isMet).toBe(true);
    expect(of({ ...made, makerContracts: 950 }, 'makerShare').isMet).toBe(false);
  });

  it('has the targets that were set', () => {
    const targets = Object.fromEntries(
      kpisOf(NOTHING).map(({ name, target }) => [name, `${target.is} ${target.value}`]),
    );
    expect(targets).toEqual({
      status429: 'below 0.05',
      dataLatency: 'below 500',
      placement: 'above 0.95',
      fillRate: 'above 0.25',
      winRate: 'above 0.55',
      uptime: 'above 0.99',
      sharpe: 'above 0.5',
      drawdown: 'below 0.15',
      volatility: 'below 0.25',
      makerShare: 'above 0.95',
    });
  });
});
