/** What the supervisor sees: the operator's file, the day's loss, too many errors, a feed that is not current. */
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { RiskMode } from '../../machines/market-session.ts';
import type { SupervisorEvent } from '../../machines/risk-supervisor.ts';
import { named, type Ticker } from '../../src/domain/ids.ts';
import type { Json } from '../../src/domain/json.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { fromDollars, unixMs } from '../../src/domain/units.ts';
import type { GatewayFact } from '../../src/gateway/gateway.ts';
import { DayBook, type SwitchRecord } from '../../src/runtime/day-book.ts';
import { SwitchGauge, supervise } from '../../src/runtime/supervise.ts';
import { DEFAULTS } from '../support/default-settings.ts';
import { NOON_MS } from '../support/markets.ts';

const A: Ticker = named('KXTEST-A');
const MINUTE_MS = 60_000;

function stage(options: { days?: DayBook; speed?: number } = {}) {
  const wall = new ManualClock(NOON_MS);
  const market = new ManualClock(NOON_MS);
  const speed = options.speed ?? 1;
  const facts$ = new Subject<GatewayFact>();
  const heard: SupervisorEvent[] = [];
  const journal: { kind: string; data: Json }[] = [];
  const state = {
    equity: 1_000,
    hasFile: false,
    mode: 'active' as RiskMode,
    isCurrent: true,
    isMarked: true,
    restricted: 0,
  };
  const subscription = supervise(
    {
      clocks: { wall, market, monotonicMs: () => wall.now() },
      settings: DEFAULTS,
      accounts: { equity: () => fromDollars(state.equity), isMarked: () => state.isMarked },
      gateway: { facts$ },
      feed: { view: () => ({ isCurrent: () => state.isCurrent }) as never },
      door: { restrict: () => void state.restricted++ },
      journal: { append: (kind, data) => journal.push({ kind, data }) },
      haltFile: () => state.hasFile,
      quoted: () => [A],
      mode: () => state.mode,
      speed: () => speed,
      gauge: new SwitchGauge(DEFAULTS),
    },
    options.days ?? new DayBook(),
  ).subscribe((event) => {
    heard.push(event);
    if (event.type === 'operator.halt' || (event.type === 'switch.fired' && event.action === 'halt'))
      state.mode = 'halted';
  });
  const advance = (ms: number): void => {
    for (let past = 0; past < ms; past += 100) {
      wall.advanceTo(wall.now() + 100);
      market.advanceTo(market.now() + 100 * speed);
    }
  };
  const err = (count: number, reason = 'insufficient_balance'): void => {
    for (let index = 0; index < count; index++) facts$.next({ type: 'rejected', market: A, reason });
  };
  return { wall, market, state, heard, journal, subscription, advance, err, facts$ };
}

describe('the HALT file', () => {
  it('halts within a second, shuts the door first, and once', () => {
    const { state, heard, advance } = stage();
    advance(3_000);
    expect(heard).toEqual([]);
    state.hasFile = true;
    advance(1_000);
    expect(heard).toEqual([{ type: 'operator.halt', reason: 'haltFile' }]);
    expect(state.restricted).toBe(1);
    advance(60_000);
    expect(heard).toHaveLength(1);
  });

  it('halts again while it lies there, and when it comes back', () => {
    const { state, heard, advance } = stage();
    state.hasFile = true;
    advance(1_000);
    state.mode = 'reducing';
    advance(1_000);
    expect(heard).toHaveLength(2);
    state.hasFile = false;
    state.mode = 'reducing';
    advance(5_000);
    expect(heard).toHaveLength(2);
    state.hasFile = true;
    advance(1_000);
    expect(heard).toHaveLength(3);
  });
});

describe('the daily loss', () => {
  const loss = (dollars: string, limit: string): object => ({
    type: 'switch.fired',
    action: 'halt',
    reason: `dailyLoss ${dollars} of ${limit}`,
    resumeAtMs: null,
  });

  it('halts at five per cent of the equity that the day began with, once a day', () => {
    const { state, heard, advance } = stage();
    advance(1_000);
    state.equity = 950.01;
    advance(2_000);
    expect(heard).toEqual([]);
    state.equity = 950;
    advance(1_000);
    expect(heard).toEqual([loss('50.000000', '50.000000')]);
    expect(state.restricted).toBe(1);
    state.mode = 'reducing';
    advance(60_000);
    expect(heard).toHaveLength(1);
  });

  it('counts afresh on the next day in New York', () => {
    const at = stage();
    at.advance(1_000);
    at.state.equity = 900;
    at.advance(1_000);
    expect(at.heard).toHaveLength(1);
    at.market.advanceTo(NOON_MS + 86_400_000);
    at.state.mode = 'active';
    at.advance(2_000);
    expect(at.heard).toHaveLength(1);
    at.state.equity = 850;
    at.advance(1_000);
    expect(at.heard).toHaveLength(2);
    expect(at.journal.filter(({ kind }) => kind === 'day.began')).toHaveLength(2);
  });

  it('of an earlier run stops this one before anything is quoted, on a later day too, until the operator lifts it', () => {
    const first = stage();
    first.advance(1_000);
    first.state.equity = 900;
    first.advance(1_000);
    const fired = first.journal.find(({ kind }) => kind === 'switch.fired')!.data as unknown as SwitchRecord;
    const recall = (): DayBook => {
      const days = new DayBook();
      days.fired(fired);
      return days;
    };
    const second = stage({ days: recall() });
    second.advance(100);
    expect(second.heard).toEqual([loss('100.000000', '50.000000')]);
    const later = stage({ days: recall() });
    later.market.advanceTo(NOON_MS + 86_400_000);
    later.advance(5_000);
    expect(later.heard).toEqual([loss('100.000000', '50.000000')]);
    const days = recall();
    days.lift();
    const lifted = stage({ days });
    lifted.market.advanceTo(NOON_MS + 86_400_000);
    lifted.advance(5_000);
    expect(lifted.heard).toEqual([{ type: 'operator.reduce' }]);
  });
});

describe('positions without a price yet', () => {
  it('are waited for before a loss is counted, for half a minute', () => {
    const { state, heard, advance, journal } = stage();
    state.isMarked = false;
    state.equity = 900;
    advance(20_000);
    expect(journal).toEqual([]);
    state.isMarked = true;
    state.equity = 1_000;
    advance(1_000);
    expect(journal).toMatchObject([{ kind: 'day.began', data: { equity: fromDollars(1_000) } }]);
    expect(heard).toEqual([]);
  });

  it('count at their cost after that', () => {
    const { state, advance, journal } = stage();
    state.isMarked = false;
    advance(32_000);
    expect(journal).toHaveLength(1);
  });
});

describe('a day that began while nobody ran', () => {
  it('began with the equity before what it brought', () => {
    const days = new DayBook();
    days.cameBack((day) => fromDollars(day === '2026-06-15' ? -60 : 0));
    const { heard, advance, journal } = stage({ days });
    advance(1_000);
    expect(journal[0]).toMatchObject({ kind: 'day.began', data: { equity: fromDollars(1_060) } });
    expect(heard).toMatchObject([{ type: 'switch.fired', action: 'halt' }]);
  });
});

describe('errors', () => {
  it('pause at the eleventh within an hour, for half an hour after the last', () => {
    const { heard, advance, err, market, journal } = stage();
    err(10);
    advance(2_000);
    expect(heard).toEqual([]);
    const lastMs = market.now();
    err(1);
    advance(2_000);
    expect(heard).toEqual([
      { type: 'switch.fired', action: 'pause', reason: 'errors 11 in an hour', resumeAtMs: lastMs + 30 * MINUTE_MS },
    ]);
    // The hour still holds them all, and yet half an hour without one was enough.
    advance(59 * MINUTE_MS);
    expect(heard).toHaveLength(1);
    expect(journal.filter(({ kind }) => kind === 'switch.fired')).toHaveLength(1);
  });

  it('that go on make the pause last longer', () => {
    const { heard, advance, err, market } = stage();
    err(11);
    advance(20 * MINUTE_MS);
    const lastMs = market.now();
    err(1);
    advance(MINUTE_MS);
    expect(heard).toHaveLength(2);
    expect(heard[1]).toMatchObject({ resumeAtMs: lastMs + 30 * MINUTE_MS });
  });

  it('are not races that post-only won, nor answers that we asked too much', () => {
    const { heard, advance, err } = stage();
    err(50, 'postOnlyCross');
    err(50, 'throttled');
    advance(2_000);
    expect(heard).toEqual([]);
  });
});

describe('a feed that is not current', () => {
  it('reduces after thirty seconds of wall time, for as long of the market', () => {
    const { state, heard, advance, market } = stage({ speed: 60 });
    advance(1_000);
    state.isCurrent = false;
    advance(29_000);
    expect(heard).toEqual([]);
    advance(2_000);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({ action: 'reduce', reason: 'feedStale' });
    const { resumeAtMs } = heard[0] as { resumeAtMs: number };
    expect(resumeAtMs - market.now()).toBeGreaterThan(28 * MINUTE_MS);
    expect(resumeAtMs - market.now()).toBeLessThanOrEqual(30 * MINUTE_MS);
  });

  it('is said again before it would clear, as long as it lasts', () => {
    const { state, heard, advance, market } = stage();
    state.isCurrent = false;
    let untilMs = 0;
    advance(31_000);
    for (let second = 0; second < 120; second++) {
      for (const event of heard) untilMs = Math.max(untilMs, (event as { resumeAtMs: number }).resumeAtMs);
      expect(untilMs).toBeGreaterThan(market.now());
      advance(1_000);
    }
    expect(heard.length).toBeLessThan(20);
    state.isCurrent = true;
    const before = heard.length;
    advance(60_000);
    expect(heard).toHaveLength(before);
  });
});

describe('watching', () => {
  it('leaves no timer behind', () => {
    const { subscription, advance, wall, market, facts$ } = stage();
    advance(1_000);
    subscription.unsubscribe();
    expect(wall.nextDueMs).toBeNull();
    expect(market.nextDueMs).toBeNull();
    expect(facts$.observed).toBe(false);
  });

  it('takes the time of a switch that still stands from what is remembered', () => {
    const days = new DayBook();
    const resumeAtMs = unixMs(NOON_MS + MINUTE_MS);
    days.fired({ switch: 'errors', action: 'pause', reason: 'errors', resumeAtMs, day: '2026-06-15' });
    days.fired({ switch: 'feedStale', action: 'reduce', reason: 'feedStale', resumeAtMs: NOON_MS, day: '2026-06-15' });
    const { heard, advance } = stage({ days });
    advance(2_000);
    expect(heard).toEqual([{ type: 'switch.fired', action: 'pause', reason: 'errors', resumeAtMs }]);
  });
});
