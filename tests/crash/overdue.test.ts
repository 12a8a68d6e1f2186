/**
 * A process that died in any state, and another one that starts when every deadline of it has passed long ago and the
 * gateway is closed, because no stream comes up: timers that are overdue fire, charts move, and no create leaves. Orders
 * leave again when recovery is over and the permission is open, and not a turn before; and it ends with nothing left.
 */
import { describe, expect, it } from 'vitest';
import { createVirtualWorld, type VirtualRun, type VirtualWorld } from '../../src/backtest/virtual-world.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Summary } from '../../src/runtime/summary.ts';
import type { MemoryStore } from '../../src/store/memory-store.ts';
import { besideOf, type Life, Places, slowDisk } from '../support/crash-places.ts';
import { crashSettings } from '../support/crash-run.ts';
import { followStates } from '../support/crash-states.ts';
import { Watch } from '../support/crash-watch.ts';
import { takeOrders } from '../support/crowd.ts';
import { createMeddler, type Meddler } from '../support/interference.ts';
import { differences } from '../support/world.ts';

interface Stage {
  readonly world: VirtualWorld;
  readonly meddler: Meddler;
  readonly run: () => VirtualRun;
  halt(): void;
}

interface State {
  readonly name: string;
  /** Of a world in which it comes by. */
  readonly seed: number;
  readonly provoke?: (stage: Stage) => void;
  /**
   * The time before its market's close comes while nobody is there, and the session ends for that reason. It dies so long
   * after it came into the state: its bookmark says so by then.
   */
  readonly livesOnMs?: number;
}

const FLATTENED = 3;

/** Bids of ours are taken, and a person wants what is held there gone: not for a benign reason, and so at its price. */
function flattenSome({ world, run }: Stage): void {
  const { sessions, operator } = run().runtime;
  const markets: ReadonlySet<string> = new Set([...sessions.markets()].slice(0, FLATTENED));
  takeOrders(world, ({ market, side }) => side === 'bid' && markets.has(market));
  for (const market of markets) void operator.carryOut({ action: 'flatten', market, by: 'ada', why: null });
}

/** States in which a process may die, and what brings them about where they do not come by themselves. */
const STATES: readonly State[] = [
  { name: 'boot.reconciling', seed: 5 },
  { name: 'warmup.awaitingBook', seed: 5 },
  { name: 'warmup.awaitingRegime', seed: 5 },
  { name: 'warmup.delaying', seed: 5 },
  { name: 'quoting.live', seed: 5 },
  { name: 'warmup.delaying', seed: 5, livesOnMs: 0 },
  { name: 'quoting.live', seed: 5, livesOnMs: 500 },
  { name: 'quoting.frozen', seed: 5, provoke: ({ meddler }) => meddler.drop() },
  { name: 'softExit.cancelling', seed: 8 },
  { name: 'softExit.awaitingReversion', seed: 11 },
  { name: 'softExit.working', seed: 8 },
  { name: 'killed.cancelling', seed: 8, provoke: flattenSome },
  { name: 'riskSupervisor.halted', seed: 5, provoke: ({ halt }) => halt() },
  { name: 'killed.flattening', seed: 8, provoke: flattenSome },
  { name: 'draining.winding', seed: 5, provoke: ({ run }) => run().windDown() },
];
/** When there is something to provoke. */
const PROVOKE_MS = 4_000;
const REACHED_WITHIN_MS = 12_000;
/** Longer than any time that a session may take, and than a signature is good for. */
const AWAY_MS = 60_000;
/** Of a market that closes half an hour after the world begins: its last time comes while nobody is there. */
const CLOSE_DANGER_MS = 1_800_000 - 40_000;

async function stage({ seed, provoke, livesOnMs }: State) {
  const crash = crashSettings(2);
  const settings =
    livesOnMs !== undefined ? { ...crash, session: { ...crash.session, closeDangerMs: CLOSE_DANGER_MS } } : crash;
  const meddler = createMeddler();
  const world = await createVirtualWorld({ seed, settings, interference: meddler.interference });
  const watch = new Watch(world, settings);
  let isHalted = false;
  let summary: Summary | null = null;
  let created = 0;
  const start = async (store: MemoryStore, number: number) => {
    const life: Life = { number, isAlive: true, states: ['boot'] };
    const places = new Places([], () => undefined);
    const witness = {
      left: (...[of, request]: Parameters<Watch['left']>) => {
        watch.left(of, request);
        if (request.method === 'POST') created++;
      },
      answered: () => undefined,
    };
    let run: VirtualRun | null = null;
    const disk = slowDisk(store, {
      clock: world.clock,
      random: createRandom(number),
      places,
      life,
      onSafe: (records) => watch.safe(records),
    });
    const bystander = () => besideOf(places, life, witness);
    world.start({ forMs: null, store: disk, haltFile: () => isHalted, bystander }).then((started) => {
      run = started;
    });
    // Its disk takes time.
    await world.advance(500, () => run !== null);
    if (run === null) throw new Error('it did not begin');
    const begun: VirtualRun = run;
    followStates(life, begun);
    watch.follow(life, begun);
    begun.finished.then((value) => {
      summary = value;
    });
    return { life, run: begun };
  };
  const first = await start(world.store, 1);
  const halt = (): void => {
    isHalted = true;
  };
  if (provoke !== undefined)
    world.clock.setTimeout(() => provoke({ world, meddler, run: () => first.run, halt }), PROVOKE_MS);
  return { world, meddler, watch, first, start, summary: () => summary, created: () => created };
}

describe('a process that died long ago', () => {
  it.each(
    STATES.map((state) => ({
      ...state,
      title: state.livesOnMs !== undefined ? `${state.name} before its close` : state.name,
    })),
  )('in $title sends no create before recovery is over and the door is open', async (given) => {
    const { name: state, livesOnMs }: State = given;
    const set = await stage(given);
    const { world, meddler, watch, first, start } = set;
    expect(await world.advance(REACHED_WITHIN_MS, () => first.life.states.includes(state))).toBe(true);
    await world.advance(livesOnMs ?? 0);
    first.life.isAlive = false;
    first.run.kill();
    const disk = world.store.crash();
    await world.advance(AWAY_MS);

    meddler.switches.refusing = true;
    const before = set.created();
    const second = await start(disk, 2);
    await world.advance(12_000);
    expect(second.run.isInControl()).toBe(true);
    expect(second.run.runtime.door.permission).not.toBe('open');
    expect(set.created() - before).toBe(0);

    meddler.switches.refusing = false;
    await world.advance(15_000);
    second.run.windDown();
    await world.advance(120_000, () => set.summary() !== null);
    expect(watch.violations).toEqual([]);
    expect(differences({ world, run: second.run })).toEqual([]);
    if (livesOnMs !== undefined) {
      const reasons: unknown[] = [];
      for await (const { kind, data } of second.run.journal.read())
        if (kind === 'session.closed' && (data as { session: string }).session === 's1')
          reasons.push((data as { reason: string }).reason);
      expect(reasons).toEqual(['closing']);
    }
    expect(set.summary()).toMatchObject({ exit: 0, money: { difference: '0.000000' }, orders: { leftResting: 0 } });
    world.stop();
  });
});
