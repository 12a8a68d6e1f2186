/** One run of a trader that dies at given places and is started again on what its disk kept, until it ends by itself. */
import { createVirtualWorld, type VirtualRun } from '../../src/backtest/virtual-world.ts';
import { BothsidesError, EXIT } from '../../src/domain/errors.ts';
import type { Random } from '../../src/domain/random.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { HttpRequest } from '../../src/exchange/kalshi/transport.ts';
import type { Summary } from '../../src/runtime/summary.ts';
import type { Settings } from '../../src/settings/schema.ts';
import type { MemoryStore } from '../../src/store/memory-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { besideOf, errandOf, type Life, type Place, Places, slowDisk } from './crash-places.ts';
import { followStates } from './crash-states.ts';
import { Watch } from './crash-watch.ts';
import { CALM, createMeddler, type Meddler } from './interference.ts';
import { differences, simSettings } from './world.ts';

/** What a run is, apart from its seed: how long it lives and how wild it is follow from the seed. */
export interface CrashRun {
  readonly seed: number;
  /** Numbers of the places where the process dies, ascending. */
  readonly deaths: readonly number[];
}

export interface Outcome {
  readonly violations: readonly string[];
  /** Where it died, in order. */
  readonly died: readonly Place[];
  /** Every place that was passed after the last death. */
  readonly places: readonly Place[];
  /** What happened, for a person. */
  readonly told: readonly string[];
}

/** Sessions of seconds, so that every state of every chart comes by within the minute. */
const SETS = [
  'sim.markets=12',
  'session.concurrentMax=6',
  'session.ttlMs=7000',
  'session.startDelayMs=300',
  'session.restMs=1000',
  'session.warmupTimeoutMs=6000',
  'exit.reversionWaitMs=1500',
  'exit.softExitMaxMs=2500',
  'exit.carryTtlMs=8000',
  'discovery.sweepEveryMs=2000',
  'quoting.positionContractsMax=4',
  'feed.pingEveryMs=500',
  'feed.aliveWithinMs=1500',
  'feed.stopAfterMs=3000',
  'adverse.fillsMin=1',
  'adverse.horizonMs=1000',
  'adverse.share=0.4',
  'adverse.triggerChecks=1',
  'adverse.recoverChecks=2',
  'risk.orderDollarsMax=3',
  'risk.marketDollarsMax=4',
  'risk.categoryDollarsMax=8',
  'risk.totalDollarsMax=9',
  'risk.errorsPerHourMax=1000',
  'gateway.evidenceAfterMs=12000',
  'gateway.verifyEveryMs=10000',
];

/** Misfortunes are over from here on. */
const CALM_MS = 32_000;
/** The order to end comes then, or so long after the last death. */
const END_MS = 36_000;
const END_AFTER_DEATH_MS = 9_000;
/** Within this every run ends: patience, unknown orders, and what a shutdown may take. */
const END_WITHIN_MS = 150_000;

/** Quotes that are renewed and expire within seconds in one half of the seeds, and outlive every doubt in the other; and so on. */
export function crashSettings(seed: number): Settings {
  const quotes =
    seed % 2 === 0 ? ['expirationMs=7000', 'renewBeforeMs=5000'] : ['expirationMs=60000', 'renewBeforeMs=10000'];
  return simSettings([
    ...SETS,
    ...quotes.map((set) => `quoting.${set}`),
    `exchange.requestTimeoutMs=${seed % 3 === 1 ? 5_000 : 1_500}`,
    // Most traders may start as often as they like; some are stopped by their own guard.
    ...(seed % 8 === 6 ? [] : ['recovery.crashLoopStartsMax=0']),
  ]);
}

export async function crashRun({ seed, deaths }: CrashRun): Promise<Outcome> {
  const settings = crashSettings(seed);
  const random = createRandom(seed).split('crash');
  const meddler = createMeddler();
  const told: string[] = [];
  let life: Life | null = null;
  let run: VirtualRun | null = null;
  let kill: () => void = () => undefined;
  let isHaltFileThere = false;
  const died: Place[] = [];
  const places = new Places(deaths, (place) => {
    died.push(place);
    kill();
  });
  let watch: Watch | null = null;
  const landed = new WeakSet<HttpRequest>();
  const arrive = (request: HttpRequest): void => {
    if (landed.has(request)) return;
    landed.add(request);
    watch?.arrived(request);
  };
  const world = await createVirtualWorld({
    seed,
    settings,
    ...(seed % 3 === 0 ? { readDelayMs: 300 } : {}),
    ...(seed % 5 === 0 ? { stream: { baseMs: 150, jitterMs: 250 } } : {}),
    interference: {
      sockets: meddler.interference.sockets!,
      transport: (inner, clock, chance) => {
        const meddled = meddler.interference.transport!(
          {
            async send(request) {
              arrive(request);
              const answer = await inner.send(request);
              places.pass(life, `${errandOf(request)}.done`);
              return answer;
            },
          },
          clock,
          chance,
        );
        return {
          async send(request) {
            const answer = await meddled.send(request);
            // Refused on the way: it never came.
            if (answer.status === 429) arrive(request);
            return answer;
          },
        };
      },
    },
  });
  watch = new Watch(world, settings);
  const { clock } = world;
  const beganMs = clock.now();
  const sinceMs = (): number => clock.now() - beganMs;
  const tell = (what: string): void => void told.push(`${(sinceMs() / 1000).toFixed(3)}s ${what}`);

  const misfortunes = random.split('misfortunes');
  for (let count = misfortunes.integer(1, 4); count > 0; count--) {
    const atMs = misfortunes.integer(3_000, CALM_MS - 4_000);
    clock.setTimeout(() => misfortune(misfortunes, meddler, clock, tell), atMs);
  }
  clock.setTimeout(() => Object.assign(meddler.switches, CALM), CALM_MS);
  const halt = (): void => {
    isHaltFileThere = true;
    tell('HALT');
  };
  if (seed % 7 === 3) {
    const haltMs = random.integer(8_000, CALM_MS);
    clock.setTimeout(halt, haltMs);
    // Somebody takes the file away; the halt stands.
    if (seed % 2 === 0) clock.setTimeout(() => (isHaltFileThere = false), haltMs + 3_000);
  }

  const disks = random.split('disks');
  let disk: MemoryStore = world.store;
  let refusals = 0;
  /** When the fate of an order was last unknown. */
  let doubtedMs = Number.NEGATIVE_INFINITY;
  let stoppedMs = Number.POSITIVE_INFINITY;
  /** A signal's stop does not wait for orders whose fate is unknown: the next process does. */
  let isPatient = seed % 4 !== 1;
  let summary: Summary | null = null;
  for (let number = 1; summary === null; number++) {
    const now: Life = { number, isAlive: true, states: ['boot'] };
    life = now;
    run = null;
    places.seen = [];
    const store = slowDisk(disk, {
      clock,
      random: disks.split(`life ${number}`),
      places,
      life: now,
      onSafe: (records) => watch.safe(records),
    });
    let failure: unknown = null;
    const bystander = (end: () => void) => {
      kill = end;
      return besideOf(places, now, watch);
    };
    world.start({ forMs: null, store, haltFile: () => isHaltFileThere, bystander }).then(
      (started) => {
        run = started;
        if (!now.isAlive) return;
        followStates(now, started);
        watch.follow(now, started);
        started.journal.entries$.subscribe(({ kind, data }) => {
          if (kind === 'order.moved' && (data as { state: string }).state === 'unknown') doubtedMs = sinceMs();
          places.pass(now, `append ${kind}`);
        });
        started.finished.then(
          (value) => {
            summary = value;
          },
          (error: unknown) => {
            failure = error;
          },
        );
      },
      (error: unknown) => {
        failure = error;
      },
    );
    const startedMs = sinceMs();
    // Deaths that come while it lives; then the order to end; deaths may come in the middle of that too.
    const isOver = (): boolean => !now.isAlive || summary !== null || failure !== null;
    const endMs = Math.max(END_MS, number > 1 ? startedMs + END_AFTER_DEATH_MS : 0);
    if (!(await world.advance(endMs - startedMs, isOver))) {
      tell(isPatient ? 'wind-down' : 'stop');
      stoppedMs = sinceMs();
      if (current(run).runtime.table.unknownCount > 0) doubtedMs = stoppedMs;
      if (isPatient) current(run).windDown();
      else current(run).stopNow();
      if (!(await world.advance(END_WITHIN_MS, isOver))) {
        watch.violations.push(`it did not end within ${END_WITHIN_MS} ms: ${now.states.join(' ')}`);
        break;
      }
    }
    if (!now.isAlive) {
      const survivors = disks.integer(0, disk.unsyncedBatches);
      tell(
        `death at ${died.at(-1)!.number} ${died.at(-1)!.kind} [${now.states.join(' ')}], ${survivors} of ${disk.unsyncedBatches} unsafe batches survive`,
      );
      disk = disk.crash(survivors);
      await world.advance(downtime(disks));
      if (sinceMs() < CALM_MS && disks.uniform() < 0.5) misfortune(disks, meddler, clock, tell);
    } else if (failure !== null) {
      tell(`refused: ${failure instanceof BothsidesError ? failure.message : String(failure)}`);
      // What the world kept from its listings it may refuse; whoever looks after it starts it again.
      const wasDisturbed = startedMs < CALM_MS;
      if (!(failure instanceof BothsidesError) || !wasDisturbed || ++refusals > 10) {
        watch.violations.push(
          `it did not start: ${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}`,
        );
        break;
      }
      now.isAlive = false;
      kill();
      disk = disk.crash(disk.unsyncedBatches);
      await world.advance(3_000);
    } else if (
      summary !== null &&
      !isPatient &&
      (summary as Summary).exit === EXIT.ordersLeft &&
      doubtedMs >= stoppedMs
    ) {
      // It does not wait for evidence, and says so; the next process does.
      tell('stopped, with orders left unknown');
      isPatient = true;
      summary = null;
      now.isAlive = false;
      kill();
      disk = disk.crash(disk.unsyncedBatches);
    }
  }
  const violations = [...watch.violations];
  if (summary !== null) violations.push(...(await judge(summary)));
  world.stop();
  return { violations, died, places: places.seen, told };

  async function judge({ exit, money, orders }: Summary): Promise<string[]> {
    const found: string[] = [];
    const resting = world.exchange.engine.orders(world.user).filter((order) => order.status === 'resting');
    if (exit !== 0) found.push(`it ended with exit ${exit}`);
    if (resting.length > 0) found.push(`${resting.length} orders rest in the end`);
    if (orders.unknown > 0 || orders.leftResting > 0)
      found.push(`in the end ${orders.unknown} orders are unknown and ${orders.leftResting} left`);
    if (money.difference !== '0.000000') found.push(`in the end cash differs by ${money.difference}`);
    found.push(...differences({ world, run: current(run) }));
    const journal = await StoreJournal.open(disk, { wall: clock, market: clock }, { checkAll: true });
    const intents = new Set<string>();
    for await (const { kind, data } of journal.read())
      if (kind === 'order.intended') intents.add((data as { clientOrderId: string }).clientOrderId);
    return [...found, ...watch!.missingIn(intents)];
  }
}

function current(run: VirtualRun | null): VirtualRun {
  if (run === null) throw new Error('nobody runs');
  return run;
}

/** Mostly at once, so that what the dead sent is still on its way; sometimes long enough for everything to have changed. */
function downtime(random: Random): number {
  const draw = random.uniform();
  return draw < 0.5 ? random.integer(0, 20) : draw < 0.9 ? random.integer(20, 2_000) : random.integer(2_000, 15_000);
}

const LISTINGS = ['orders', 'fills', 'positions', 'settlements', 'all'] as const;

/** Something begins that should not, and ends by itself. */
function misfortune(
  random: Random,
  { switches, drop }: Meddler,
  clock: { setTimeout(callback: () => void, delayMs: number): unknown },
  tell: (what: string) => void,
): void {
  const during = (name: 'throttling' | 'deaf' | 'refusing' | 'silent', maxMs: number): void => {
    const forMs = random.integer(200, maxMs);
    switches[name] = true;
    tell(`${name} for ${forMs} ms`);
    clock.setTimeout(() => {
      switches[name] = false;
    }, forMs);
  };
  const cut = (listing: (typeof LISTINGS)[number], maxMs: number): void => {
    const forMs = random.integer(200, maxMs);
    switches.cutListings = listing;
    tell(`no whole listing of ${listing} for ${forMs} ms`);
    clock.setTimeout(() => {
      switches.cutListings = null;
    }, forMs);
  };
  const next = (
    name: 'lostAnswers' | 'lostCreates' | 'lostCancels' | 'lostDeltas' | 'lateCreates' | 'lateCancels',
  ): void => {
    switches[name] += random.integer(1, 3);
    tell(name);
  };
  const begin: readonly (() => void)[] = [
    () => during('throttling', 2_000),
    () => during('deaf', 8_000),
    () => {
      drop();
      during('refusing', 4_000);
    },
    () => during('silent', 7_000),
    () => cut(LISTINGS[random.integer(0, LISTINGS.length - 1)]!, 6_000),
    () => next('lostAnswers'),
    () => next('lostCreates'),
    () => next('lostCancels'),
    () => next('lostDeltas'),
    () => next('lateCreates'),
    () => next('lateCancels'),
    // Nothing says what became of the next orders: no answer, no frame, no listing.
    () => {
      during('deaf', 20_000);
      cut('orders', 20_000);
      next('lostAnswers');
    },
  ];
  begin[random.integer(0, begin.length - 1)]!();
}
