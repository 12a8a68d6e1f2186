/** What the register of actors says of each, to its very end. */
import { describe, expect, it } from 'vitest';
import { createActor, setup, spawnChild } from 'xstate';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { ActorRegister } from '../../src/runtime/actor-register.ts';
import { NOON_MS } from '../support/markets.ts';

const child = setup({
  types: { events: {} as { type: 'go' } | { type: 'back' } | { type: 'break' } | { type: 'end' } },
}).createMachine({
  id: 'child',
  initial: 'a',
  states: {
    a: {
      on: {
        go: 'b',
        end: 'c',
        break: {
          actions: () => {
            throw new Error('broken');
          },
        },
      },
    },
    b: { on: { back: 'a', end: 'c' } },
    c: { type: 'final' },
  },
});

function stage() {
  const told: string[] = [];
  const register = new ActorRegister(new ManualClock(NOON_MS), (ref, entry, before) => {
    const { status } = ref.getSnapshot();
    if (entry.machine === 'child') told.push(`${JSON.stringify(before)} → ${JSON.stringify(entry.state)} ${status}`);
  });
  const parent = setup({ actors: { child } }).createMachine({
    id: 'parent',
    entry: spawnChild('child', { id: 'one' }),
    on: { 'xstate.error.actor.*': {}, 'xstate.done.actor.*': {} },
  });
  const actor = createActor(parent, { inspect: register.inspect });
  actor.start();
  const one = actor.getSnapshot().children.one!;
  const names = (): string[] => register.entries().map((entry) => entry.id);
  return { told, register, one, names };
}

describe('the register', () => {
  it('tells each change of a state once, and forgets who is done', () => {
    const { told, one, names } = stage();
    one.send({ type: 'go' });
    expect(told).toEqual(['null → "a" active', '"a" → "b" active']);
    expect(names()).toContain('one');
    const other = stage();
    other.one.send({ type: 'end' });
    expect(other.told.at(-1)).toBe('"a" → "c" done');
    expect(other.names()).not.toContain('one');
  });

  it('tells of one that broke without leaving its state, once', () => {
    const { told, one, names } = stage();
    one.send({ type: 'break' });
    expect(told).toEqual(['null → "a" active', '"a" → "a" error']);
    expect(names()).not.toContain('one');
  });
});

describe('who looks at the register', () => {
  it('hears everything while it looks, and nothing before or after', () => {
    const { register, one } = stage();
    const heard: string[] = [];
    one.send({ type: 'go' });
    const end = register.watch((event) => heard.push(event.type));
    expect(heard).toEqual([]);
    one.send({ type: 'end' });
    expect(heard).toContain('@xstate.event');
    end();
    const before = heard.length;
    one.send({ type: 'go' });
    expect(heard.length).toBe(before);
  });

  it('finds the machines that live, and the last of those that are over as they were in the end', () => {
    const { register, one } = stage();
    expect(register.living()).toContain(one);
    expect(register.closed()).toEqual([]);
    one.send({ type: 'end' });
    expect(register.living()).not.toContain(one);
    expect(register.closed().map(({ ref, snapshot }) => [ref, snapshot.value, snapshot.status])).toEqual([
      [one, 'c', 'done'],
    ]);
  });

  it('is told how often each transition was taken, whether somebody looked or not', () => {
    const { register, one } = stage();
    const counts: number[] = [];
    const look = () =>
      register.watch((event) => {
        if (event.type === '@xstate.microstep')
          for (const taken of event._transitions) counts.push(register.timesTaken(taken as never));
      });
    one.send({ type: 'go' });
    look();
    one.send({ type: 'back' });
    one.send({ type: 'go' });
    one.send({ type: 'back' });
    expect(counts).toEqual([1, 2, 2]);
  });
});
