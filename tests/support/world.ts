/** A virtual world with a trader in it, and what a test wants to know of both while time passes. */
import {
  type Bystander,
  createVirtualWorld,
  type VirtualRun,
  type VirtualWorld,
  type VirtualWorldOptions,
} from '../../src/backtest/virtual-world.ts';
import { isTerminal } from '../../src/domain/order.ts';
import type { Summary } from '../../src/runtime/summary.ts';
import { loadSettings } from '../../src/settings/load.ts';
import type { Settings } from '../../src/settings/schema.ts';
import type { MemoryStore } from '../../src/store/memory-store.ts';

/** The settings of `npm start`, with fewer sessions at a time: what a test looks at shows in eight as well. */
export function simSettings(sets: readonly string[] = []): Settings {
  return loadSettings({ mode: 'sim', sets: ['session.concurrentMax=8', 'sim.markets=12', ...sets], env: {} }).settings;
}

export interface Trial {
  readonly world: VirtualWorld;
  readonly run: VirtualRun;
  /** The disk of this process. */
  readonly store: MemoryStore;
  /** Client order ids of every create that was intended, in this process or one before it. */
  readonly intended: ReadonlySet<string>;
  /** Everything that must never happen and did, in the order in which it was seen. */
  readonly violations: readonly string[];
  /** Runs on until the trader has stopped; its summary. */
  finish(withinMs: number): Promise<Summary>;
}

/** Starts a trader and watches the rules that hold at every instant. */
export async function startTrial(
  options: Partial<VirtualWorldOptions> & {
    readonly seed: number;
    readonly forMs: number | null;
    readonly haltFile?: () => boolean;
    readonly bystander?: (kill: () => void) => Bystander;
  },
): Promise<Trial> {
  const { forMs, haltFile = () => false, bystander = () => ({}), ...rest } = options;
  const world = await createVirtualWorld({ settings: simSettings(), ...rest });
  return watch(world, await world.start({ forMs, haltFile, bystander }));
}

/** A process of the trader died; another starts on what its disk kept. */
export async function restart(
  trial: Trial,
  options: Pick<Parameters<VirtualWorld['start']>[0], 'forMs' | 'haltFile' | 'bystander'>,
): Promise<Trial> {
  trial.run.kill();
  const store = trial.store.crash();
  // What the dead process sent may still be on its way.
  return watch(trial.world, await trial.world.start({ ...options, store }), store, trial.intended);
}

function watch(
  world: VirtualWorld,
  run: VirtualRun,
  store = world.store,
  before: ReadonlySet<string> = new Set(),
): Trial {
  const violations: string[] = [];
  const { runtime } = run;
  // Nothing is quoted on a book that is void.
  runtime.gateway.facts$.subscribe((fact) => {
    if (fact.type === 'sent' && runtime.feed.view(fact.market)?.inSync !== true)
      violations.push(`an order left for ${fact.market} on a void book`);
  });
  // One order a side and market at the exchange, each of them intended once: nothing is doubled.
  const intended = new Set<string>(before);
  const earlier = new Set(world.exchange.engine.orders(world.user).map((order) => order.clientOrderId));
  run.journal.entries$.subscribe((entry) => {
    if (entry.kind !== 'order.intended') return;
    const { clientOrderId } = entry.data as { clientOrderId: string };
    if (intended.has(clientOrderId)) violations.push(`${clientOrderId} was intended twice`);
    intended.add(clientOrderId);
  });
  world.exchange.engine.events.subscribe((event) => {
    if (event.type !== 'order' || event.order.user !== world.user || event.order.status !== 'resting') return;
    const { market, side, clientOrderId } = event.order;
    if (clientOrderId === null || !(intended.has(clientOrderId) || earlier.has(clientOrderId)))
      violations.push(`order ${event.order.orderId} was never intended`);
    const alike = world.exchange.engine
      .orders(world.user)
      .filter((order) => order.status === 'resting' && order.market === market && order.side === side);
    if (alike.length > 1) violations.push(`${alike.length} orders rest on the ${side} side of ${market}`);
    // What is meant to reduce never makes a position of its own.
    const row = clientOrderId === null ? null : runtime.table.get(clientOrderId);
    if (row?.purpose === 'exit') {
      const held =
        world.exchange.engine.positions(world.user).find((position) => position.market === market)?.quantity ?? 0;
      const reducible = side === 'ask' ? Math.max(0, held) : Math.max(0, -held);
      if (event.order.remaining > reducible)
        violations.push(`an exit of ${event.order.remaining} rests on a position of ${held} in ${market}`);
    }
  });

  let summary: Summary | null = null;
  let failure: unknown = null;
  run.finished.then(
    (value) => {
      summary = value;
    },
    (error: unknown) => {
      failure = error;
    },
  );
  return {
    world,
    run,
    store,
    intended,
    violations,
    async finish(withinMs) {
      await world.advance(withinMs, () => summary !== null || failure !== null);
      if (failure !== null) throw failure;
      if (summary === null) throw new Error(`the trader did not stop within ${withinMs} ms of virtual time`);
      return summary;
    },
  };
}

/** Orders of the account that rest at the exchange now. */
export function restingAtExchange({ world }: Trial): number {
  return world.exchange.engine.orders(world.user).filter((order) => order.status === 'resting').length;
}

/** Sessions whose chart is in `quoting.flow.live` now. */
export function quotingNow({ run }: Trial): number {
  return run.runtime.register
    .entries()
    .filter(
      (entry) =>
        entry.machine === 'marketSession' && (entry.state as { quoting?: { flow?: string } }).quoting?.flow === 'live',
    ).length;
}

/** Sessions and their markets now. */
export function sessionsNow({ run }: Trial): ReadonlyMap<string, string> {
  return new Map([...run.runtime.sessions.entries()].map(([market, session]) => [session, market]));
}

/** Whether the stream is connected, in order and on time. */
export function isStreamLive({ run }: Trial): boolean {
  const feed = run.runtime.register.entries().find((entry) => entry.machine === 'marketFeed');
  return (feed?.state as { stream?: { connected?: string } } | undefined)?.stream?.connected === 'live';
}

/** Where ledger and exchange differ about positions, fills, fees or cash. */
export function differences({ world, run }: Pick<Trial, 'world' | 'run'>): string[] {
  const { engine } = world.exchange;
  const { ledger, table } = run.runtime;
  const found: string[] = [];
  for (const position of engine.positions(world.user)) {
    const ours = ledger.position(position.market);
    if (ours.quantity !== position.quantity)
      found.push(`${position.market}: ours ${ours.quantity}, the exchange's ${position.quantity}`);
    if (ours.fees !== position.fees)
      found.push(`${position.market}: fees ours ${ours.fees}, the exchange's ${position.fees}`);
  }
  if (engine.fills(world.user).length !== ledger.fillCount)
    found.push(`fills: ours ${ledger.fillCount}, the exchange's ${engine.fills(world.user).length}`);
  const live = [...table.allOpen()].filter((row) => !isTerminal(row.state));
  if (live.length === 0) {
    let cash = 0;
    for (const amount of engine.availableCash(world.user).values()) cash += amount;
    if (cash !== ledger.explainedCash()) found.push(`cash: ours ${ledger.explainedCash()}, the exchange's ${cash}`);
  }
  return found;
}
