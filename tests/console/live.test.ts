/** What happens between the actors of a trader that lives, as those who watch are told of it. */
import { createWebSocketReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Console } from '../../src/console/server.ts';
import type { ActorFacts, ActorMessage, SnapshotMessage } from '../../src/console/wire.ts';
import type { Trial } from '../support/world.ts';
import { ask, Looker, openLive, openStage, until } from './stage.ts';

let web: Console;
let trial: Trial;
beforeAll(async () => {
  ({ web, trial } = await openLive({ stately: true }));
}, 60_000);
afterAll(async () => {
  await web.close();
  trial.run.kill();
});

/** Machines that live, as the trader has them. */
const living = () => trial.run.runtime.register.entries();
const machines = (looker: Looker) => looker.of('@xstate.actor').filter(({ machine }) => machine !== null);
/** Somebody who has been told of everybody. */
async function watcher(): Promise<Looker> {
  const looker = await Looker.at(web.url, ['inspection']);
  await looker.until(() => {
    const told = new Set(machines(looker).map(({ name }) => name));
    return living().every(({ id }) => told.has(id));
  });
  return looker;
}

/** State of each machine as a viewer knows it from what it was told. */
function known(looker: Looker): Map<string, unknown> {
  const names = new Map<string, string>();
  const states = new Map<string, unknown>();
  for (const message of looker.told) {
    if (message.type === '@xstate.actor' && message.machine !== null) names.set(message.sessionId, message.name);
    if (message.type !== '@xstate.actor' && message.type !== '@xstate.snapshot') continue;
    const name = names.get(message.sessionId);
    if (name === undefined) continue;
    if (message.snapshot.status === 'active') states.set(name, message.snapshot.value);
    else states.delete(name);
  }
  return states;
}

describe('One who comes late', () => {
  it('is greeted with where it is, and told of nothing before it asks', async () => {
    const looker = await Looker.at(web.url);
    await looker.until(() => looker.told.length > 0);
    expect(looker.told).toEqual([
      {
        type: 'hello',
        version: 1,
        run: { id: 'r1', mode: 'sim', seed: 1, pid: process.pid, startedWallMs: 0, readOnly: false },
        clock: { marketMs: trial.world.clock.now(), wallMs: expect.any(Number), speed: 1 },
      },
    ]);
    looker.end();
  });

  it('is told of every actor, parents first, each chart once, and where each one stands', async () => {
    const looker = await watcher();
    const actors = looker.of('@xstate.actor');
    const told = new Set<string>();
    for (const { sessionId, parentId } of actors) {
      if (parentId !== undefined && !told.has(parentId)) throw new Error(`${sessionId} before its parent ${parentId}`);
      expect(told.has(sessionId)).toBe(false);
      told.add(sessionId);
    }
    const defined = actors.filter(({ definition }) => definition !== undefined).map(({ machine }) => machine);
    expect(new Set(defined)).toEqual(new Set(machines(looker).map(({ machine }) => machine)));
    expect(defined).toHaveLength(new Set(defined).size);
    expect(known(looker)).toEqual(new Map(living().map(({ id, state }) => [id, state])));
    // Streams and timers belong to somebody, too.
    const session = machines(looker).find(({ machine }) => machine === 'marketSession')!;
    expect(actors.filter(({ parentId }) => parentId === session.sessionId).map(({ name }) => name)).toContain('facts');
    looker.end();
  });

  it('is told since when each is where it is, by which step it came there, and what was taken how often before', async () => {
    const { register } = trial.run.runtime;
    await trial.world.advance(5_000);
    const looker = await watcher();
    for (const { id, sinceMs } of living())
      expect(machines(looker).find(({ name }) => name === id)).toMatchObject({ sinceMs });
    const session = living().find(({ machine }) => machine === 'marketSession')!;
    const { sinceMs, atMs, last } = machines(looker).find(({ name }) => name === session.id)!;
    expect(last).toMatchObject({ source: expect.stringMatching(/^marketSession/), atMs: expect.any(Number) });
    expect(sinceMs).toBeLessThan(atMs);
    // Before the actors, once; one line for each transition of a chart, whoever took it.
    const first = looker.told.findIndex(({ type }) => type === '@xstate.actor');
    const told = looker.of('bothsides.counts');
    expect([told.length, looker.told.indexOf(told[0]!)]).toEqual([1, first - 1]);
    const { taken } = told[0]!;
    const keys = taken.map(({ eventType, source, guard, targets }) => `${source} ${eventType} ${guard} ${targets}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(taken.map(({ count }) => count)).toEqual([...register.taken()].map(([, count]) => count));
    expect(taken.length).toBeGreaterThan(10);
    looker.end();
  });

  it('is told of a chart again that did not fit the first time', async () => {
    const narrow = await openStage({ market: trial.world.clock, limits: { waitingMax: 40_000, gatherMs: 30 } });
    narrow.attach({ past: trial.run.journal, live: trial.run });
    const looker = await Looker.at(narrow.url, ['inspection']);
    await looker.until(() => looker.of('lost').length > 0);
    const wanted = new Set(living().map(({ machine }) => machine));
    await looker.until(() => {
      const defined = machines(looker).filter(({ definition }) => definition !== undefined);
      return new Set(defined.map(({ machine }) => machine)).isSupersetOf(wanted);
    });
    looker.end();
    await narrow.close();
  });

  it('sees those that are over as they were in the end', async () => {
    const looker = await watcher();
    await looker.until(() => machines(looker).some(({ name }) => name === 'boot'));
    const boot = machines(looker).find(({ name }) => name === 'boot')!;
    expect(boot.snapshot).toMatchObject({ status: 'done', value: 'ready' });
    looker.end();
  });
});

describe('One who watches', () => {
  it('knows the state of every machine all the time, and by which transition it came there', async () => {
    const looker = await watcher();
    const before = looker.told.length;
    await trial.world.advance(20_000);
    await until(() => {
      const states = known(looker);
      return living().every(({ id, state }) => JSON.stringify(states.get(id)) === JSON.stringify(state));
    });
    expect(known(looker)).toEqual(new Map(living().map(({ id, state }) => [id, state])));

    const fresh = looker.told.slice(before);
    const events = fresh.filter((message) => message.type === '@xstate.event');
    expect(events.length).toBeGreaterThan(10);
    for (const { atMs, rootId } of events) {
      expect(atMs).toBeLessThanOrEqual(trial.world.clock.now());
      expect(rootId).toMatch(/^x:\d+$/);
    }
    const taken = looker.of('bothsides.transition').filter(({ machine }) => machine === 'marketSession');
    const fact = taken.find(({ eventType }) => eventType === 'regime.changed')!;
    expect(fact).toMatchObject({ source: expect.stringMatching(/^marketSession/), atMs: expect.any(Number) });
    const counts = taken.filter(({ eventType, source, targets, guard }) =>
      [eventType, source, String(targets), guard].every((part, at) =>
        Object.is(part, [fact.eventType, fact.source, String(fact.targets), fact.guard][at]),
      ),
    );
    const numbers = counts.map(({ count }) => count);
    expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
    looker.end();
  });

  it('sees a session come, quote and go', async () => {
    const looker = await watcher();
    const session = living().find(({ machine }) => machine === 'marketSession')!.id;
    const { sessionId } = machines(looker).find(({ name }) => name === session)!;
    const actor = trial.run.runtime.register.living().find(({ id }) => id === session)!;
    actor.send({ type: 'session.stop', reason: 'operator', manner: 'carry' });
    await trial.world.advance(30_000, () => living().every(({ id }) => id !== session));
    const last = (): SnapshotMessage | undefined =>
      looker.of('@xstate.snapshot').findLast((message) => message.sessionId === sessionId);
    await looker.until(() => last()?.snapshot.status === 'done');
    expect(last()!.snapshot).toMatchObject({ value: 'closed', output: { reason: 'operator' } });
    // One who comes now still finds it.
    const late = await watcher();
    await late.until(() => machines(late).some(({ name }) => name === session));
    expect(machines(late).find(({ name }) => name === session)!.snapshot.value).toBe('closed');
    looker.end();
    late.end();
  });

  it('hears no more of what it does not watch any more, and then nothing is attached', async () => {
    const looker = await watcher();
    const heard = looker.told.length;
    looker.say({ type: 'watch', topics: [] });
    await looker.until(() => looker.of('watching').some(({ topics }) => topics.length === 0));
    const after = looker.told.length;
    await trial.world.advance(5_000);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(looker.told.length).toBe(after);
    expect(after).toBeGreaterThan(heard);
    looker.end();
  });

  it('is told of the journal from its last entries on, each once', async () => {
    const looker = await Looker.at(web.url, ['journal']);
    await looker.until(() => looker.of('journal').length > 0);
    await trial.world.advance(3_000);
    const end = trial.run.journal.lastSequence;
    const sequences = () => looker.of('journal').flatMap(({ entries }) => entries.map(({ sequence }) => sequence));
    await looker.until(() => sequences().includes(end));
    expect(sequences()).toEqual(sequences().map((_, index) => end - sequences().length + 1 + index));
    looker.end();
  });
});

describe('A viewer of Stately', () => {
  it('is served by the receiver of its own package, charts with every actor', async () => {
    const told: StatelyInspectionEvent[] = [];
    const receiver = createWebSocketReceiver({ server: `${web.url.replace('http', 'ws')}/api/stately` });
    receiver.subscribe((event) => void told.push(event));
    const names = () => new Set(told.map((event) => (event.type === '@xstate.actor' ? event.name : '')));
    await until(() => living().every(({ id }) => names().has(id)));
    await trial.world.advance(5_000);
    await until(() => told.some(({ type }) => type === '@xstate.snapshot'));
    expect(new Set(told.map(({ type }) => type))).toEqual(
      new Set(['@xstate.actor', '@xstate.event', '@xstate.snapshot']),
    );
    const sessions = (told as unknown as ActorMessage[]).filter(({ machine }) => machine === 'marketSession');
    expect(sessions.length).toBeGreaterThan(1);
    for (const { definition } of sessions) expect(JSON.parse(definition!)).toMatchObject({ id: 'marketSession' });
  });
});

describe('Asked at once', () => {
  it('says which actors live and which charts there are', async () => {
    const actors = (await ask(web.url, '/api/actors')).json() as ActorFacts[];
    expect(actors).toEqual(living());
    const charts = (await ask(web.url, '/api/machines')).json() as { id: string; definition: { states: object } }[];
    expect(charts.map(({ id }) => id)).toEqual(
      expect.arrayContaining([...new Set(actors.map(({ machine }) => machine))]),
    );
    const session = charts.find(({ id }) => id === 'marketSession')!;
    expect(Object.keys(session.definition.states).at(-1)).toBe('closed');
  });
});
