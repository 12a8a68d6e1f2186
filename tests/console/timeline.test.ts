/**
 * Actors over time. What must hold, whatever moved when:
 * - at any moment everybody who lived is shown in the state of their last move until then, and nobody else;
 * - an actor's history is its moves, newest first, each once, however it is paged;
 * - with the oldest forgotten, all this still holds of what is kept;
 * - what the timeline of a real run says of now is what the trader says.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MoveTable } from '../../src/console/move-table.ts';
import type { Console } from '../../src/console/server.ts';
import type { ActorFacts, History, Moment, Moments, Move } from '../../src/console/wire.ts';
import type { Trial } from '../support/world.ts';
import { ask, openLive } from './stage.ts';

interface Step {
  readonly actor: number;
  readonly afterMs: number;
  readonly state: number;
  readonly isOver: boolean;
  readonly restarts: boolean;
}

const steps = (maxLength: number) =>
  fc.array(
    fc.record({
      actor: fc.nat(6),
      afterMs: fc.nat(3),
      state: fc.nat(3),
      isOver: fc.boolean(),
      restarts: fc.nat(40).map((nat) => nat === 0),
    }),
    { maxLength },
  );

/** The same in the plainest way: a list of moves, played from the beginning each time. */
class PlainTable {
  readonly moves: (Move & { readonly parent: string | null })[] = [];
  readonly #ends: number[] = [];

  endAll(): void {
    this.#ends.push(this.moves.length);
  }
  at(ms: number): ActorFacts[] {
    const living = new Map<string, ActorFacts>();
    for (const [index, { atMs, actor: id, machine, parent, to: state, status }] of this.moves.entries()) {
      if (atMs > ms) break;
      if (this.#ends.includes(index)) living.clear();
      if (status === 'active') living.set(id, { id, machine, parent, state, sinceMs: atMs });
      else living.delete(id);
    }
    return [...living.values()];
  }
}

function play(list: readonly Step[], table: MoveTable): PlainTable {
  const plain = new PlainTable();
  let atMs = 1_000;
  let sequence = 0;
  for (const { actor, afterMs, state, isOver, restarts } of list) {
    if (restarts) {
      table.endAll();
      plain.endAll();
    }
    atMs += afterMs;
    const move = {
      sequence: ++sequence,
      atMs,
      wallMs: atMs + 5,
      actor: `a${actor}`,
      machine: `m${actor % 2}`,
      parent: actor === 0 ? null : 'a0',
      from: null,
      to: { deep: { state } },
      event: 'happened',
      reason: isOver ? 'over' : null,
      status: isOver ? ('done' as const) : ('active' as const),
    };
    table.add(move);
    plain.moves.push(move);
  }
  return plain;
}

const byId = (facts: readonly ActorFacts[]) => [...facts].sort((a, b) => a.id.localeCompare(b.id));

describe('a table of moves', () => {
  it('knows who was where at every moment', () => {
    fc.assert(
      fc.property(steps(60), fc.nat(200), (list, offset) => {
        const table = new MoveTable();
        const plain = play(list, table);
        expect(byId(table.at(1_000 + offset))).toEqual(byId(plain.at(1_000 + offset)));
      }),
      { numRuns: 300 },
    );
  });

  it('tells an actor’s moves in pages, newest first, each once', () => {
    fc.assert(
      fc.property(steps(80), fc.integer({ min: 1, max: 7 }), (list, limit) => {
        const table = new MoveTable();
        const plain = play(list, table);
        const told: number[] = [];
        for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null; ) {
          const page = table.history('a1', before, limit);
          expect(page.moves.length).toBeLessThanOrEqual(limit);
          told.push(...page.moves.map(({ sequence }) => sequence));
          before = page.before;
        }
        const own = plain.moves.filter(({ actor }) => actor === 'a1').map(({ sequence }) => sequence);
        expect(told).toEqual(own.reverse());
      }),
      { numRuns: 200 },
    );
  });

  it('forgets the oldest, counts them, and is right about the rest', () => {
    const list = Array.from({ length: 30_000 }, (_, index) => ({
      actor: (index * 7) % 5,
      afterMs: 1,
      state: index % 4,
      isOver: index % 11 === 0,
      restarts: index % 5_000 === 4_999,
    }));
    const table = new MoveTable(12_000);
    const plain = play(list, table);
    expect(table.count).toBeLessThanOrEqual(12_288);
    expect(table.count + table.forgotten).toBe(30_000);
    const firstMs = table.firstMs!;
    for (const ms of [firstMs, firstMs + 1, firstMs + 5_000, 31_000, 40_000])
      expect(byId(table.at(ms)), String(ms)).toEqual(byId(plain.at(ms)));
    expect(table.at(firstMs - 1)).toEqual([]);
    const kept = plain.moves.slice(table.forgotten).filter(({ actor }) => actor === 'a3');
    expect(table.history('a3', Number.MAX_SAFE_INTEGER, 100_000).moves).toHaveLength(kept.length);
    expect(table.density(7).reduce((sum, count) => sum + count, 0)).toBe(table.count);
  });
});

describe('the timeline of a trader', () => {
  let web: Console;
  let trial: Trial;
  beforeAll(async () => {
    ({ web, trial } = await openLive({ seed: 72 }));
  }, 60_000);
  afterAll(async () => {
    await web.close();
    trial.run.kill();
  });
  const get = async <T>(path: string) => (await ask(web.url, path)).json() as T;

  it('shows now as it is, and earlier as it was, while the journal grows', async () => {
    const moments: { readonly ms: number; readonly actors: readonly ActorFacts[] }[] = [];
    for (let round = 0; round < 4; round++) {
      await trial.world.advance(4_000);
      const ms = trial.world.clock.now();
      moments.push({ ms, actors: trial.run.runtime.register.entries() as unknown as ActorFacts[] });
      // From the second round on it is kept up, not read anew.
      for (const moment of moments) {
        const { actors } = await get<Moment>(`/api/at?ms=${moment.ms}`);
        expect(byId(actors)).toEqual(byId(moment.actors));
      }
    }
    const { firstMs, lastMs, density, marks, forgotten } = await get<Moments>('/api/moments');
    expect(firstMs).toBeLessThan(moments[0]!.ms);
    expect(lastMs).toBeLessThanOrEqual(moments.at(-1)!.ms);
    expect(density.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20);
    expect(marks[0]).toMatchObject({ kind: 'started', sequence: 1 });
    expect(forgotten).toBe(0);
    expect((await get<Moment>(`/api/at?ms=${firstMs! - 1}`)).actors).toEqual([]);
  });

  it('tells how a session came to where it is, event by event', async () => {
    const session = trial.run.runtime.register.entries().find(({ machine }) => machine === 'marketSession')!;
    const { moves, before } = await get<History>(`/api/history?actor=${session.id}`);
    expect(before).toBeNull();
    expect(moves[0]).toMatchObject({ actor: session.id, machine: 'marketSession', to: session.state });
    expect(moves.at(-1)).toMatchObject({ from: null, event: 'xstate.init', reason: null, status: 'active' });
    for (const [index, move] of moves.slice(0, -1).entries()) expect(move.from).toEqual(moves[index + 1]!.to);
    for (const { event } of moves) expect(event).toMatch(/\w/);
    const page = await get<History>(`/api/history?actor=${session.id}&limit=2`);
    expect(page.moves).toEqual(moves.slice(0, 2));
    const rest = await get<History>(`/api/history?actor=${session.id}&before=${page.before}`);
    expect(rest.moves).toEqual(moves.slice(2));
  });

  it('tells why a session ended', async () => {
    const { id } = trial.run.runtime.register.entries().find(({ machine }) => machine === 'marketSession')!;
    const actor = trial.run.runtime.register.living().find((ref) => ref.id === id)!;
    actor.send({ type: 'session.stop', reason: 'operator', manner: 'carry' });
    await trial.world.advance(30_000, () => trial.run.runtime.register.entries().every((entry) => entry.id !== id));
    const { moves } = await get<History>(`/api/history?actor=${id}`);
    expect(moves[0]).toMatchObject({ to: 'closed', status: 'done', reason: 'operator' });
    const stopped = moves.find(({ event }) => event === 'session.stop')!;
    expect(stopped).toMatchObject({ reason: 'operator', status: 'active' });
    const { actors } = await get<Moment>(`/api/at?ms=${trial.world.clock.now()}`);
    expect(actors.map((facts) => facts.id)).not.toContain(id);
  });

  it('refuses what is no number, and knows nothing of whom there never was', async () => {
    for (const path of ['/api/at', '/api/at?ms=soon', '/api/at?ms=-1', '/api/history', '/api/history?actor=s1&limit=0'])
      expect((await ask(web.url, path)).status, path).toBe(400);
    expect(await get<History>('/api/history?actor=__proto__')).toEqual({ moves: [], before: null });
  });
});
