/** What the page makes of the server's messages: who is there, in which state, what was taken how often; bounded. */
import { describe, expect, it } from 'vitest';
import { ActorStore } from '../../../src/console/page/inspector/actor-store.ts';
import { transitionKey } from '../../../src/console/page/inspector/definition.ts';
import { EventLog, OUTSIDE, sequenceOf } from '../../../src/console/page/inspector/event-log.ts';
import { type Listed, treeRows } from '../../../src/console/page/inspector/tree-rows.ts';
import type { ActorMessage, InspectedSnapshot, SnapshotMessage, TransitionMessage } from '../../../src/console/wire.ts';

const base = { rootId: 'x:0', wallMs: 0, id: null, createdAt: '0', _version: '1' };
const actor = (sessionId: string, name: string, more: Partial<ActorMessage> = {}): ActorMessage => ({
  ...base,
  type: '@xstate.actor',
  sessionId,
  name,
  machine: 'm',
  atMs: 1,
  sinceMs: 1,
  snapshot: { status: 'active', value: 'a' },
  ...more,
});
const snapshot = (sessionId: string, atMs: number, of: InspectedSnapshot): SnapshotMessage => ({
  ...base,
  type: '@xstate.snapshot',
  sessionId,
  atMs,
  snapshot: of,
  event: { type: 'go' },
});
const transition = (sessionId: string, count: number, targets: readonly string[] = ['m.b']): TransitionMessage => ({
  type: 'bothsides.transition',
  sessionId,
  machine: 'm',
  eventType: 'go',
  source: 'm.a',
  targets,
  guard: null,
  atMs: 5,
  wallMs: 5,
  count,
});

describe('The store of actors', () => {
  it('knows a machine by its name and anything else by its session', () => {
    const store = new ActorStore();
    store.apply(actor('x:1', 'sessions'));
    store.apply(actor('x:2', 's1', { parentId: 'x:1' }));
    store.apply(actor('x:3', 'facts', { parentId: 'x:2', machine: null, snapshot: { status: 'active' } }));
    expect([...store.actors.values()].map(({ key, parent }) => [key, parent])).toEqual([
      ['sessions', null],
      ['s1', 'sessions'],
      ['x:3', 's1'],
    ]);
  });

  it('remembers since when an actor is where it is: news that leave it there do not count', () => {
    const store = new ActorStore();
    store.apply(actor('x:1', 's1'));
    store.apply(snapshot('x:1', 10, { status: 'active', value: 'b' }));
    store.apply(snapshot('x:1', 20, { status: 'active', value: 'b', context: { position: 3 } }));
    expect(store.actors.get('s1')).toMatchObject({ value: 'b', sinceMs: 10, context: { position: 3 } });
  });

  it('takes the trader’s word for it from one that it met late, and for the step that led there', () => {
    const store = new ActorStore();
    const step = { eventType: 'go', source: 'm.a', guard: null, targets: ['m.b'], atMs: 40 };
    const late = actor('x:1', 's1', { atMs: 90, sinceMs: 40, last: step, snapshot: { status: 'active', value: 'b' } });
    store.apply(late);
    const key = transitionKey('m.a', 'go', null, ['m.b']);
    expect(store.actors.get('s1')).toMatchObject({ sinceMs: 40, last: { key, atMs: 40, serial: 1 } });
    // Told again, it is the same step; one that it was not told of is another.
    store.apply(late);
    expect(store.actors.get('s1')).toMatchObject({ sinceMs: 40, last: { serial: 1 } });
    store.apply({ ...late, sinceMs: 95, last: { ...step, atMs: 95 } });
    expect(store.actors.get('s1')).toMatchObject({ sinceMs: 95, last: { atMs: 95, serial: 2 } });
  });

  it('knows how often transitions were taken before it looked, and counts on from there', () => {
    const store = new ActorStore();
    const { eventType, source, guard, targets } = transition('x:1', 0);
    store.apply({ type: 'bothsides.counts', taken: [{ eventType, source, guard, targets, count: 41 }] });
    const key = transitionKey('m.a', 'go', null, ['m.b']);
    expect(store.counts.get(key)).toBe(41);
    store.apply(actor('x:1', 's1'));
    store.apply(transition('x:1', 42));
    expect([store.counts.get(key), store.actors.get('s1')!.taken.get(key)]).toEqual([42, 1]);
  });

  it('counts each transition by the machine and by the actor, and keeps the last one that led somewhere', () => {
    const store = new ActorStore();
    store.apply(actor('x:1', 's1'));
    store.apply(transition('x:1', 41));
    store.apply(transition('x:1', 42));
    store.apply(transition('x:1', 7, []));
    const key = transitionKey('m.a', 'go', null, ['m.b']);
    expect(store.counts.get(key)).toBe(42);
    expect(store.actors.get('s1')!.taken.get(key)).toBe(2);
    expect(store.actors.get('s1')!.last).toMatchObject({ key, serial: 2 });
  });

  it('keeps the last ones that are over, and forgets older ones', () => {
    const store = new ActorStore({ closedMachinesMax: 2, closedOthersMax: 1, doubtMs: 10 });
    for (let n = 1; n <= 4; n++) {
      store.apply(actor(`x:${n}`, `s${n}`));
      store.apply(snapshot(`x:${n}`, n, { status: 'done', value: 'closed' }));
    }
    store.apply(actor('x:5', 's5'));
    expect([...store.actors.keys()]).toEqual(['s3', 's4', 's5']);
    expect(store.actors.get('s4')).toMatchObject({ status: 'done', value: 'closed' });
  });

  it('begins anew with a new connection, and keeps the charts', () => {
    const store = new ActorStore();
    store.apply(actor('x:1', 's1', { definition: '{"id":"m","states":{"a":{}}}' }));
    store.clear();
    expect(store.actors.size).toBe(0);
    expect(store.charts.get('m')?.root).toBe('m');
  });

  it('takes for gone who is not heard of again after messages were lost', () => {
    const store = new ActorStore({ closedMachinesMax: 9, closedOthersMax: 9, doubtMs: 10 });
    store.apply(actor('x:1', 's1'));
    store.apply(actor('x:2', 's2'));
    store.apply({ type: 'lost', count: 3 });
    store.settle(100);
    store.apply(actor('x:1', 's1'));
    store.settle(109);
    expect(store.actors.get('s2')!.status).toBe('active');
    store.settle(110);
    expect([...store.actors.values()].map(({ status }) => status)).toEqual(['active', 'stopped']);
  });

  it('has nothing to say of an actor that it was never told of', () => {
    const store = new ActorStore();
    store.apply(snapshot('x:9', 1, { status: 'active', value: 'a' }));
    store.apply(transition('x:9', 3));
    expect(store.actors.size).toBe(0);
  });
});

describe('The tree', () => {
  const listed = (key: string, parent: string | null, more: Partial<Listed> = {}): Listed => ({
    key,
    name: key,
    machine: 'marketSession',
    parent,
    status: 'active',
    value: 'quoting',
    ...more,
  });
  const actors = [
    listed('trader', null, { machine: 'trader', value: 'trading' }),
    listed('sessions', 'trader', { machine: 'sessionManager' }),
    listed('s1', 'sessions', { status: 'done', value: 'closed' }),
    listed('s2', 'sessions', { context: { market: 'KXRAIN' } }),
    listed('x:9', 's2', { machine: null, name: 'facts' }),
  ];
  const all = { search: '', machine: '', closed: true, others: true };
  const names = (filter: Partial<typeof all>, folded: readonly string[] = []) =>
    treeRows(actors, { ...all, ...filter }, new Set(folded)).map(({ actor: { key }, level }) => `${level} ${key}`);

  it('has children under their parents, and those that are over last', () => {
    expect(names({})).toEqual(['1 trader', '2 sessions', '3 s2', '4 x:9', '3 s1']);
  });

  it('is folded where somebody folded it', () => {
    expect(names({}, ['sessions'])).toEqual(['1 trader', '2 sessions']);
  });

  it('is narrowed to what was searched for, under its ancestors', () => {
    expect(names({ search: 'kxrain' })).toEqual(['1 trader', '2 sessions', '3 s2']);
    expect(names({ search: 'closed' }, ['sessions'])).toEqual(['1 trader', '2 sessions', '3 s1']);
    expect(names({ machine: 'trader' })).toEqual(['1 trader']);
    expect(names({ closed: false, others: false })).toEqual(['1 trader', '2 sessions', '3 s2']);
    expect(names({ search: 'nobody' })).toEqual([]);
  });
});

describe('The sequence of messages', () => {
  const heard = (source: string | null, target: string) => ({
    atMs: 0,
    source,
    target,
    type: 'e',
    event: { type: 'e' },
  });
  const laneOf = (key: string) => ({ id: key, title: key });

  it('is bounded, and the newest are those that stay', () => {
    const log = new EventLog(100);
    for (let n = 0; n < 1_000; n++) log.add(heard('a', `t${n}`));
    const entries = log.entries(null);
    expect(entries.length).toBeLessThanOrEqual(100);
    expect(entries.at(-1)!.target).toBe('t999');
    expect(log.total).toBe(1_000);
  });

  it('is of one actor, whether it spoke or listened', () => {
    const log = new EventLog();
    log.add(heard('a', 'b'));
    log.add(heard('b', 'c'));
    log.add(heard(null, 'c'));
    expect(log.entries('b')).toHaveLength(2);
  });

  it('has a lane for each, the outside first, and one for all that have no room', () => {
    const log = new EventLog();
    log.add(heard(null, 'me'));
    for (const other of ['a', 'b', 'c', 'd']) log.add(heard(other, 'me'));
    log.add(heard('a', 'me'));
    const { lanes, rows } = sequenceOf(log.entries(null), laneOf, 4, 'me');
    expect(lanes.map(({ title }) => title)).toEqual([OUTSIDE.title, 'me', 'a', 'others']);
    expect(rows.map(({ from, to }) => `${from}→${to}`)).toEqual(['0→1', '2→1', '3→1', '3→1', '3→1', '2→1']);
  });
});
