import { describe, expect, it } from 'vitest';
import type { ActorRefFrom } from 'xstate';
import { deadlineOn } from '../../machines/deadline.ts';
import type { RiskMode } from '../../machines/market-session.ts';
import { riskSupervisor, type SupervisorEvent } from '../../machines/risk-supervisor.ts';
import { clockAt, Tap, underParent } from '../support/chart-bodies.ts';
import { ChartWalk } from '../support/chart-walk.ts';

const YEAR_MS = 365 * 86_400_000;
const walk = new ChartWalk(riskSupervisor);

function begin() {
  const clock = clockAt();
  const watch = new Tap<SupervisorEvent>();
  const applied: RiskMode[] = [];
  const chart = riskSupervisor.provide({
    actors: { deadline: deadlineOn(clock), watch: watch.body },
    actions: { applyMode: (_, { mode }) => void applied.push(mode) },
  });
  const { child, heard } = underParent(chart, { clock, inspect: walk.inspect });
  const actor = child as ActorRefFrom<typeof riskSupervisor>;
  return {
    actor,
    clock,
    watch,
    applied,
    told: () => heard.map(({ mode }) => mode as RiskMode),
    mode: () => actor.getSnapshot().value,
    pass: (ms: number) => clock.advanceTo(clock.now() + ms),
    fire(action: 'reduce' | 'pause' | 'halt', forMs: number | null, reason = 'a switch') {
      watch.say({ type: 'switch.fired', action, reason, resumeAtMs: forMs === null ? null : clock.now() + forMs });
    },
  };
}

function beginIn(mode: RiskMode) {
  const stage = begin();
  if (mode === 'reducing') stage.actor.send({ type: 'operator.reduce' });
  if (mode === 'paused') stage.actor.send({ type: 'operator.pause' });
  if (mode === 'halted') stage.actor.send({ type: 'operator.halt', reason: 'by hand' });
  expect(stage.mode()).toBe(mode);
  return stage;
}

describe('The supervisor', () => {
  it('begins active, and tells every mode upwards after it was applied to the door', () => {
    const { actor, applied, told } = begin();
    actor.send({ type: 'operator.reduce' });
    actor.send({ type: 'operator.pause' });
    actor.send({ type: 'operator.halt', reason: 'by hand' });
    actor.send({ type: 'operator.resume' });
    actor.send({ type: 'operator.resume' });
    expect(applied).toEqual(['active', 'reducing', 'paused', 'halted', 'reducing', 'active']);
    expect(told()).toEqual(applied);
  });

  it.each([
    ['active', { type: 'operator.reduce' }, 'reducing'],
    ['active', { type: 'operator.pause' }, 'paused'],
    ['active', { type: 'operator.halt', reason: 'x' }, 'halted'],
    ['active', { type: 'operator.resume' }, 'active'],
    ['reducing', { type: 'operator.reduce' }, 'reducing'],
    ['reducing', { type: 'operator.pause' }, 'paused'],
    ['reducing', { type: 'operator.halt', reason: 'x' }, 'halted'],
    ['reducing', { type: 'operator.resume' }, 'active'],
    ['paused', { type: 'operator.pause' }, 'paused'],
    ['paused', { type: 'operator.reduce' }, 'reducing'],
    ['paused', { type: 'operator.halt', reason: 'x' }, 'halted'],
    ['paused', { type: 'operator.resume' }, 'active'],
    ['halted', { type: 'operator.pause' }, 'halted'],
    ['halted', { type: 'operator.reduce' }, 'halted'],
    ['halted', { type: 'operator.halt', reason: 'x' }, 'halted'],
    ['halted', { type: 'operator.resume' }, 'reducing'],
  ] as const)('in %s obeys %o', (from, event, to) => {
    const { actor, mode } = beginIn(from);
    actor.send(event);
    expect(mode()).toBe(to);
  });

  it.each([
    ['active', 'reduce', 'reducing'],
    ['active', 'pause', 'paused'],
    ['active', 'halt', 'halted'],
    ['reducing', 'reduce', 'reducing'],
    ['reducing', 'pause', 'paused'],
    ['reducing', 'halt', 'halted'],
    ['paused', 'reduce', 'paused'],
    ['paused', 'pause', 'paused'],
    ['paused', 'halt', 'halted'],
    ['halted', 'reduce', 'halted'],
    ['halted', 'pause', 'halted'],
    ['halted', 'halt', 'halted'],
  ] as const)('in %s a switch that would %s leaves it %s: never looser than before', (from, action, to) => {
    const { mode, fire } = beginIn(from);
    fire(action, null);
    expect(mode()).toBe(to);
  });

  it.each(['reduce', 'pause'] as const)('is active again when a switch to %s clears by itself', (action) => {
    const { actor, mode, fire, pass } = begin();
    fire(action, 30_000, 'feedStale');
    expect(actor.getSnapshot().context.reason).toBe('feedStale');
    pass(29_999);
    expect(mode()).not.toBe('active');
    pass(1);
    expect(mode()).toBe('active');
    expect(actor.getSnapshot().context).toEqual({ reason: null, reduceUntilMs: 0, pauseUntilMs: 0 });
  });

  it('waits for a person where a person put the bar up', () => {
    for (const mode of ['reducing', 'paused', 'halted'] as const) {
      const stage = beginIn(mode);
      stage.pass(3 * YEAR_MS);
      expect(stage.mode()).toBe(mode);
    }
  });

  it('lets a switch that clears by itself shorten nothing: the longer bar counts', () => {
    const { actor, mode, fire, pass } = begin();
    fire('reduce', 60_000);
    fire('reduce', 30_000);
    pass(30_000);
    expect(mode()).toBe('reducing');
    pass(30_000);
    expect(mode()).toBe('active');

    actor.send({ type: 'operator.reduce' });
    fire('reduce', 30_000);
    pass(YEAR_MS);
    expect(mode()).toBe('reducing');
  });

  it('stays paused by the operator though a switch that paused before clears', () => {
    const { actor, mode, fire, pass } = begin();
    fire('pause', 30_000);
    actor.send({ type: 'operator.pause' });
    pass(YEAR_MS);
    expect(mode()).toBe('paused');
  });

  it('returns from a pause into the reducing that outlasts it, whichever came first', () => {
    const first = beginIn('reducing');
    first.fire('pause', 30_000);
    first.pass(30_000);
    expect(first.mode()).toBe('reducing');
    first.pass(YEAR_MS);
    expect(first.mode()).toBe('reducing');

    const second = begin();
    second.fire('pause', 30_000);
    second.fire('reduce', 45_000);
    expect(second.mode()).toBe('paused');
    second.pass(30_000);
    expect(second.mode()).toBe('reducing');
    second.pass(15_000);
    expect(second.mode()).toBe('active');
  });

  it('begins a lighter day when the operator resumes: nothing older comes back', () => {
    const { actor, mode, fire, pass } = begin();
    fire('reduce', 600_000);
    fire('pause', 300_000);
    actor.send({ type: 'operator.resume' });
    expect(mode()).toBe('active');
    fire('pause', 10_000);
    pass(10_000);
    expect(mode()).toBe('active');
  });

  it('keeps the reason of a halt, and stays reducing after it until a person says otherwise', () => {
    const { actor, mode, fire, pass } = begin();
    fire('pause', 1_000);
    fire('halt', null, 'dailyLoss');
    expect(actor.getSnapshot().context.reason).toBe('dailyLoss');
    pass(YEAR_MS);
    expect(mode()).toBe('halted');
    actor.send({ type: 'operator.resume' });
    pass(YEAR_MS);
    expect(mode()).toBe('reducing');
    actor.send({ type: 'operator.resume' });
    expect(mode()).toBe('active');
  });

  it('applies the mode again when the operator reduces anew: approvals given before go stale', () => {
    const { actor, applied } = beginIn('reducing');
    actor.send({ type: 'operator.reduce' });
    expect(applied.slice(-2)).toEqual(['reducing', 'reducing']);
  });

  it('was in every state and took every transition in these tests', () => {
    expect(walk.unvisited()).toEqual([]);
    expect(walk.untaken()).toEqual([]);
  });
});
