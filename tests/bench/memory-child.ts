/** The process in which memory is measured: one task, one answer. Time stands and is moved on by hand. */
import { NEVER } from 'rxjs';
import { createActor, fromEventObservable, fromPromise } from 'xstate';
import { deadlineOn } from '../../machines/deadline.ts';
import {
  marketSession,
  type OfSession,
  type SessionEvent,
  type SessionFact,
  type Withdrawn,
} from '../../machines/market-session.ts';
import type { Clocks } from '../../src/domain/clock.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { type Centicontracts, unixMs } from '../../src/domain/units.ts';
import type { Socket, SocketPort } from '../../src/exchange/kalshi/sockets.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { type BenchTrader, benchMarket, createBenchTrader } from './bench-trader.ts';
import type { MemoryAnswer, MemoryTask } from './memory-protocol.ts';
import { deltaFrame, levelPrice, SIDS, snapshotFrame, tradeFrame } from './socket-frames.ts';

const START_MS = 1_790_000_000_000;
const LEVELS = 30;
/** What the rings of a market hold: this long a past, and so many trades. */
const PAST_MS = 900_000;
const TRADES = 1_000;
const STEP_MS = 1_000;
const MEASUREMENTS = 5;

/** A venue in this process: its frames are handed over one by one. */
class HandVenue implements SocketPort {
  readonly #markets: number;
  #socket: Socket | null = null;
  #bookSequence = 0;
  #tradeSequence = 0;

  constructor(markets: number) {
    this.#markets = markets;
  }

  open(): Socket {
    const nothing = (): void => {};
    const socket: Socket = {
      onopen: nothing,
      onmessage: nothing,
      onpong: nothing,
      onerror: nothing,
      onclose: nothing,
      send: (text) => this.#command(JSON.parse(text)),
      ping: () => queueMicrotask(() => socket.onpong()),
      close: nothing,
    };
    this.#socket = socket;
    queueMicrotask(() => socket.onopen());
    return socket;
  }

  trade(market: number, atMs: number): void {
    this.#say(tradeFrame(market, `trade-${this.#tradeSequence}`, ++this.#tradeSequence, atMs));
  }

  /** A little more at a price, then as much less. */
  change(market: number, level: number, contracts: number, atMs: number): void {
    const change = (contracts * 100) as Centicontracts;
    const side = level % 2 === 0 ? 'bid' : 'ask';
    this.#say(deltaFrame({ market, side, price: levelPrice(side, level), change }, ++this.#bookSequence, atMs));
  }

  #say(text: string): void {
    this.#socket!.onmessage(text);
  }

  #command({ id, cmd, params }: { id: number; cmd: string; params: { channels: string[] } }): void {
    if (cmd !== 'subscribe') return;
    queueMicrotask(() => {
      for (const channel of params.channels) {
        this.#say(JSON.stringify({ type: 'subscribed', id, msg: { channel, sid: SIDS[channel] } }));
        if (channel !== 'orderbook_delta') continue;
        for (let market = 0; market < this.#markets; market++) {
          this.#say(snapshotFrame(market, ++this.#bookSequence, LEVELS));
        }
      }
    });
  }
}

/** Everything that promises of this turn woke has run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function heldBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await turn();
    globalThis.gc!();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

interface Stage {
  readonly clock: ManualClock;
  readonly venue: HandVenue;
  readonly trader: BenchTrader;
}

async function createStage(markets: number): Promise<Stage> {
  const clock = new ManualClock(unixMs(START_MS));
  const clocks: Clocks = { wall: clock, market: clock, monotonicMs: () => clock.now() };
  const venue = new HandVenue(markets);
  const trader = await createBenchTrader({ clocks, sockets: venue, wsUrl: 'ws://here', store: new MemoryStore() });
  return { clock, venue, trader };
}

/** Watches so many markets, and quotes them with everything full that can be; what it returns keeps them alive. */
async function fill({ clock, venue, trader }: Stage, markets: number, isQuoted: boolean): Promise<unknown> {
  const listed = Array.from({ length: markets }, (_, index) => benchMarket(index, clock.now()));
  for (const market of listed) trader.runtime.markets.watch(market);
  await trader.connect();
  if (!isQuoted) {
    await pass(clock, venue, 10, markets);
    return listed;
  }
  const sessions = listed.map((market, index) => {
    trader.quote(market);
    return startChart(clock, market.ticker, `s${index}`);
  });
  await pass(clock, venue, PAST_MS / STEP_MS, markets);
  for (let market = 0; market < markets; market++) {
    for (let count = 0; count < TRADES; count++) venue.trade(market, clock.now());
  }
  const { table } = trader.runtime;
  const resting = [...table.allOpen()].filter((row) => row.state === 'resting').length;
  const trades = trader.runtime.feed.view(listed[0]!.ticker)!.trades(TRADES).length;
  if (resting !== 2 * markets || trades !== TRADES)
    throw new Error(`${resting} orders rest, ${trades} trades are held`);
  return sessions;
}

/** A session's chart; what it does is done by the quoter beside it. */
function startChart(clock: ManualClock, market: string, session: string) {
  const actors = {
    deadline: deadlineOn(clock),
    facts: fromEventObservable<SessionFact, OfSession>(() => NEVER),
    quoter: fromEventObservable<SessionEvent, OfSession>(() => NEVER),
    exitWorker: fromEventObservable<SessionEvent, OfSession & { readonly patient: boolean }>(() => NEVER),
    withdraw: fromPromise<Withdrawn, OfSession>(() => new Promise(() => {})),
    flatten: fromPromise<Withdrawn, OfSession & { readonly isBenign: boolean }>(() => new Promise(() => {})),
  };
  const nothing = (): void => {};
  const chart = marketSession.provide({
    actors,
    actions: { widenQuotes: nothing, narrowQuotes: nothing, reportCarried: nothing },
  });
  const input = {
    session,
    market,
    kind: 'quote' as const,
    openedMs: clock.now(),
    warmupUntilMs: clock.now() + 2 * PAST_MS,
    startDelayMs: 5_000,
    ttlMs: 300_000,
    closingAtMs: clock.now() + 10 * PAST_MS,
    onClose: 'flat' as const,
    reversionWaitMs: 15_000,
    softExitMaxMs: 20_000,
    carryTtlMs: 600_000,
    smallQuantity: 200,
    resumed: null,
  };
  return createActor(chart, { clock, input }).start();
}

/** Steps of market time, something to hear in each. */
async function pass(clock: ManualClock, venue: HandVenue, steps: number, markets: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    for (const contracts of [5, -5]) venue.change(step % markets, step % LEVELS, contracts, clock.now());
    clock.advanceTo(clock.now() + STEP_MS);
    await turn();
  }
}

async function measureMarkets(markets: number, isQuoted: boolean): Promise<MemoryAnswer> {
  const kept: unknown[] = [];
  const answers: number[] = [];
  for (let round = 0; round <= MEASUREMENTS; round++) {
    const stage = await createStage(markets);
    const before = await heldBytes();
    kept.push(await fill(stage, markets, isQuoted), stage);
    const bytes = (await heldBytes()) - before;
    // The first time code and shapes are made too.
    if (round > 0) answers.push(bytes / markets);
  }
  if (kept.length === 0) throw new Error('nothing was kept');
  return answers;
}

async function measureSlope(events: number): Promise<MemoryAnswer> {
  const markets = 40;
  const together = 40;
  const stage = await createStage(markets);
  const { clock, venue, trader } = stage;
  const kept = await fill(stage, markets, false);
  const random = createRandom(17);
  let done = 0;
  const run = async (upTo: number): Promise<void> => {
    for (; done < upTo; done += together) {
      for (let pair = 0; pair < together / 2; pair++) {
        const market = random.integer(0, markets - 1);
        if (pair === 0) {
          for (let trade = 0; trade < 2; trade++) venue.trade(market, clock.now());
          continue;
        }
        const level = random.integer(0, LEVELS - 1);
        const contracts = random.integer(1, 500);
        for (const change of [contracts, -contracts]) venue.change(market, level, change, clock.now());
      }
      // Ten milliseconds an event: rings are full, and go round many times.
      clock.advanceTo(clock.now() + together * 10);
      await turn();
    }
  };
  const marks: { events: number; bytes: number }[] = [];
  for (let mark = 0; mark <= MEASUREMENTS; mark++) {
    await run(events / 2 + (events / 2) * (mark / MEASUREMENTS));
    marks.push({ events: done, bytes: await heldBytes() });
  }
  const { gaps, malformed, voided, messages } = trader.runtime.feed.counts;
  if (gaps + malformed + voided > 0 || messages < events) throw new Error(JSON.stringify(trader.runtime.feed.counts));
  if (kept === null) throw new Error('nothing was kept');
  return marks.slice(1).map(({ events: to, bytes }, index) => {
    const from = marks[index]!;
    return (bytes - from.bytes) / (to - from.events);
  });
}

process.once('message', (task: MemoryTask) => {
  const work = task.kind === 'market' ? measureMarkets(task.markets, task.isQuoted) : measureSlope(task.events);
  work.then((answer) => process.send!(answer));
});
