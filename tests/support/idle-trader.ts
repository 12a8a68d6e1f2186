/** A trader in a virtual world that opens no session by itself, and a market in which a test may hold and want things. */
import type { VirtualWorldOptions } from '../../src/backtest/virtual-world.ts';
import { named } from '../../src/domain/ids.ts';
import type { Market } from '../../src/domain/market.ts';
import { type Centicents, centicontracts } from '../../src/domain/units.ts';
import type { TraderRuntime } from '../../src/runtime/trader-runtime.ts';
import type { WatchedMarket } from '../../src/runtime/watched-markets.ts';
import { isStreamLive, simSettings, startTrial, type Trial } from './world.ts';

export interface Idle {
  readonly trial: Trial;
  readonly runtime: TraderRuntime;
  readonly watched: WatchedMarket;
  readonly market: Market;
  /** Signed contracts, taken from the book by hand, as a fill that nobody of ours asked for. */
  hold(contracts: number): Promise<void>;
  /** Runs on until the promise is settled or this much time has passed; what it resolved with, or null. */
  within<T>(ms: number, promise: Promise<T>): Promise<T | null>;
}

const NO_SESSIONS = [
  'sim.markets=24',
  'discovery.volume24hContractsMin=1000000000',
  'discovery.sweepEveryMs=3600000',
  'discovery.rediscoverEveryMs=3600000',
];

/** Expects a book with a touch of at most four cents in one market, and watches that. */
export async function idleTrader(
  seed: number,
  sets: readonly string[] = [],
  options: Partial<VirtualWorldOptions> = {},
): Promise<Idle> {
  const settings = simSettings([...NO_SESSIONS, ...sets]);
  const trial = await startTrial({ seed, forMs: null, settings, ...options });
  const { runtime } = trial.run;
  const { engine } = trial.world.exchange;
  await trial.world.advance(30_000, () => isStreamLive(trial) && runtime.scan.listed.size > 0);
  const tradable = (market: Market): boolean => {
    const bid = engine.book(market.ticker).bids.at(-1)?.[0];
    const ask = engine.book(market.ticker).asks[0]?.[0];
    return bid !== undefined && ask !== undefined && ask - bid <= 400 && bid > 2_000 && ask < 8_000;
  };
  const market = [...runtime.scan.listed.values()].find(tradable);
  if (market === undefined) throw new Error('no market of this seed has a narrow touch');
  const watched = runtime.markets.watch(market);
  await trial.world.advance(10_000, () => watched.reading !== null && runtime.door.permission === 'open');
  let orders = 0;
  return {
    trial,
    runtime,
    watched,
    market,
    async hold(contracts) {
      const side = contracts > 0 ? 'bid' : 'ask';
      const before = runtime.accounts.position(market.ticker);
      const answer = engine.create(trial.world.user, {
        market: market.ticker,
        side,
        price: (side === 'bid' ? 9_900 : 100) as Centicents,
        quantity: centicontracts(Math.abs(contracts) * 100),
        timeInForce: 'immediateOrCancel',
        selfTrade: 'taker_at_cross',
        clientOrderId: named(`by-hand-${orders++}`),
        expiresAtMs: null,
        postOnly: false,
        reduceOnly: false,
        cancelOnPause: false,
        groupId: null,
      });
      if (!answer.ok) throw new Error(`the position could not be taken: ${JSON.stringify(answer)}`);
      const held = () => runtime.accounts.position(market.ticker) === before + contracts * 100;
      if (!(await trial.world.advance(10_000, held))) throw new Error('the position is not heard of');
    },
    async within<T>(ms: number, promise: Promise<T>) {
      const settled: { value?: T; error?: unknown } = {};
      promise.then(
        (value) => {
          settled.value = value;
        },
        (error: unknown) => {
          settled.error = error;
        },
      );
      await trial.world.advance(ms, () => 'value' in settled || 'error' in settled);
      if ('error' in settled) throw settled.error;
      return settled.value ?? null;
    },
  };
}
