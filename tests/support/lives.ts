/** One data folder in a virtual world on which traders live one after the other, mostly without quoting. */
import {
  createVirtualWorld,
  type VirtualRun,
  type VirtualWorld,
  type VirtualWorldOptions,
} from '../../src/backtest/virtual-world.ts';
import { type ClientOrderId, named, type Ticker } from '../../src/domain/ids.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import type { Side } from '../../src/domain/side.ts';
import { type Centicents, centicontracts, fromDollars } from '../../src/domain/units.ts';
import type { Summary } from '../../src/runtime/summary.ts';
import type { MemoryStore } from '../../src/store/memory-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { simSettings } from './world.ts';

export const NO_SESSIONS = [
  'sim.markets=12',
  'discovery.volume24hContractsMin=1000000000',
  'discovery.sweepEveryMs=3600000',
  'discovery.rediscoverEveryMs=3600000',
];

/** How one of them ended, and what it wrote. */
export interface Life {
  readonly run: VirtualRun;
  readonly summary: Summary | null;
  readonly error: unknown;
  readonly entries: readonly JournalEntry[];
  /** The data of its entries of this kind. */
  all<T>(kind: string): T[];
}

export class Lives {
  readonly world: VirtualWorld;
  store: MemoryStore;
  #orders = 0;

  private constructor(world: VirtualWorld) {
    this.world = world;
    this.store = world.store;
  }

  static async begin(
    options: Partial<VirtualWorldOptions> & { readonly seed: number; readonly sets?: readonly string[] },
  ): Promise<Lives> {
    const { sets = NO_SESSIONS, ...rest } = options;
    return new Lives(await createVirtualWorld({ settings: simSettings(sets), ...rest }));
  }

  /** A start and what comes of it; it winds down after `forMs`, or dies then. */
  async live(
    options: {
      forMs?: number;
      haltFile?: () => boolean;
      dies?: true;
      during?: (run: VirtualRun) => Promise<void> | void;
    } = {},
  ): Promise<Life> {
    const { forMs = 2_000, haltFile = () => false } = options;
    const run = await this.world.start({ forMs: options.dies ? null : forMs, store: this.store, haltFile });
    const first = run.journal.lastSequence;
    const ended: { summary?: Summary; error?: unknown } = {};
    run.finished.then(
      (summary) => {
        ended.summary = summary;
      },
      (error: unknown) => {
        ended.error = error ?? new Error('nothing');
      },
    );
    const isOver = () => 'summary' in ended || 'error' in ended;
    if (options.during) {
      await this.world.advance(20_000, () => run.isInControl() || isOver());
      await options.during(run);
    }
    if (options.dies) {
      await this.world.advance(forMs, isOver);
      if (!isOver()) run.kill();
    } else if (!(await this.world.advance(180_000, isOver))) throw new Error('the trader did not stop');
    const entries: JournalEntry[] = [];
    this.store = this.store.crash();
    await readInto(entries, this.store, this.world, first);
    return {
      run,
      summary: ended.summary ?? null,
      error: ended.error ?? null,
      entries,
      all: (kind) => entries.filter((entry) => entry.kind === kind).map(({ data }) => data as never),
    };
  }

  /** A market with a touch of a few cents. */
  market(): Ticker {
    const { engine } = this.world.exchange;
    const found = engine.allMarkets().find(({ listed: { ticker }, status }) => {
      const bid = engine.bestBid(ticker)?.[0];
      const ask = engine.bestAsk(ticker)?.[0];
      return (
        status === 'active' && bid !== undefined && ask !== undefined && ask - bid <= 600 && bid > 1_500 && ask < 8_500
      );
    });
    if (found === undefined) throw new Error('no market of this seed has a narrow touch');
    return found.listed.ticker;
  }

  /** Somebody trades on the account by hand; returns the client order id. */
  order(
    market: Ticker,
    side: Side,
    contracts: number,
    options: { price?: number; id?: string; rests?: true } = {},
  ): ClientOrderId {
    const clientOrderId = named<ClientOrderId>(options.id ?? `by-hand-${this.#orders++}`);
    const answer = this.world.exchange.engine.create(this.world.user, {
      market,
      side,
      price: (options.price ?? (side === 'bid' ? 9_900 : 100)) as Centicents,
      quantity: centicontracts(contracts * 100),
      timeInForce: options.rests ? 'goodTillCanceled' : 'immediateOrCancel',
      selfTrade: 'taker_at_cross',
      clientOrderId,
      expiresAtMs: null,
      postOnly: false,
      reduceOnly: false,
      cancelOnPause: false,
      groupId: null,
    });
    if (!answer.ok) throw new Error(`the order was refused: ${JSON.stringify(answer)}`);
    return clientOrderId;
  }

  deposit(dollars: number): void {
    const answer = this.world.exchange.engine.deposit(this.world.user, 0, fromDollars(dollars));
    if (!answer.ok) throw new Error(`the transfer was refused: ${answer.code}`);
  }
}

async function readInto(entries: JournalEntry[], store: MemoryStore, world: VirtualWorld, from: number): Promise<void> {
  const journal = await StoreJournal.open(store, { wall: world.clock, market: world.clock });
  for await (const page of journal.readPages(from)) entries.push(...page);
}
