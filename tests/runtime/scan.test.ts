/** Which markets are looked at, which of them may have a session, why not the others, and what is held without one. */
import { describe, expect, it } from 'vitest';
import type { Market } from '../../src/domain/market.ts';
import type { Catalogue } from '../../src/exchange/port.ts';
import { Scan } from '../../src/runtime/scan.ts';
import type { TraderRuntime } from '../../src/runtime/trader-runtime.ts';
import { type Idle, idleTrader } from '../support/idle-trader.ts';
import { simSettings } from '../support/world.ts';

/** A scanner of its own on the rooms of a trader, with other settings and what a test says of sessions. */
function scanOf(
  { runtime }: Pick<Idle, 'runtime'>,
  options: { sets?: readonly string[]; inSession?: Set<never>; refusal?: string | null; catalogue?: Catalogue } = {},
): Scan {
  const { markets, accounts, parts } = runtime;
  return new Scan({
    catalogue: options.catalogue ?? parts.venue.catalogue,
    clocks: parts.clocks,
    settings: simSettings(options.sets ?? []),
    journal: parts.journal,
    markets,
    accounts,
    inSession: () => options.inSession ?? new Set(),
    refusal: () => options.refusal ?? null,
    isBarred: () => false,
    onListed: () => undefined,
  });
}

/** The catalogue as it is, with some markets told otherwise. */
function tellingOf(runtime: TraderRuntime, tell: (market: Market) => Market | null): Catalogue {
  const { catalogue } = runtime.parts.venue;
  return {
    ...catalogue,
    market: async () => null,
    markets: async (query, read) => {
      const listing = await catalogue.markets(query, read);
      return { ...listing, items: listing.items.flatMap((market) => tell(market) ?? []) };
    },
  };
}

describe('a discovery', () => {
  it('watches the best, and has a reason for every market that is not a candidate', async () => {
    const idle = await idleTrader(93);
    const scan = scanOf(idle, { sets: ['discovery.topMarkets=3'] });
    await idle.within(10_000, scan.discover());
    const { candidates } = scan.sweep();
    expect(candidates.length).toBeLessThanOrEqual(3);
    expect(candidates.length).toBeGreaterThan(0);
    for (const ticker of scan.listed.keys()) {
      const isCandidate = candidates.some(({ market }) => market === ticker);
      expect(scan.reasons.has(ticker), `${ticker} is both or neither`).toBe(!isCandidate);
    }
    expect([...scan.reasons.values()]).toContain('notInTop');
    const counted = Object.values(scan.counts.rejected).reduce((sum, count) => sum + count, 0);
    expect(counted + scan.counts.accepted).toBe(scan.counts.seen);
  });

  it('watches a market without a touch where there is room: only its stream will tell', async () => {
    const idle = await idleTrader(93);
    let blank: Market | null = null;
    const catalogue = tellingOf(idle.runtime, (market) => {
      const endsSoon = market.closeMs - idle.runtime.parts.clocks.market.now() < 2 * 86_400_000;
      const isGood = endsSoon && (market.volume24h as number) > 1_000_000;
      if (!isGood || (blank !== null && blank.ticker !== market.ticker)) return market;
      blank = { ...market, bid: null, ask: null };
      return blank;
    });
    const scan = scanOf(idle, { catalogue, sets: ['discovery.topMarkets=100'] });
    await idle.within(10_000, scan.discover());
    expect(scan.reasons.get(blank!.ticker)).toBe('noTouch');
    expect(idle.runtime.markets.get(blank!.ticker)).not.toBeNull();
  });

  it('leaves what is held and what has a session watched, and lets the others go', async () => {
    const idle = await idleTrader(93);
    await idle.hold(2);
    const scan = scanOf(idle, { sets: ['discovery.volume24hContractsMin=1000000000'] });
    await idle.within(10_000, scan.discover());
    expect([...idle.runtime.markets.all()].map(({ market }) => market.ticker)).toEqual([idle.market.ticker]);
    await idle.hold(-2);
    await idle.within(10_000, scan.discover());
    expect([...idle.runtime.markets.all()]).toEqual([]);
  });

  it('forgets what is no longer listed', async () => {
    const idle = await idleTrader(93);
    let isGone = false;
    const catalogue = tellingOf(idle.runtime, (market) =>
      isGone && market.ticker !== idle.market.ticker ? null : market,
    );
    const scan = scanOf(idle, { catalogue });
    await idle.within(10_000, scan.discover());
    expect(scan.listed.size).toBeGreaterThan(10);
    isGone = true;
    await idle.within(10_000, scan.discover());
    expect([...scan.listed.keys()]).toEqual([idle.market.ticker]);
  });
});

describe('a sweep', () => {
  it('offers nothing while no session may begin, and says why of each', async () => {
    const idle = await idleTrader(93);
    const scan = scanOf(idle, { refusal: 'balance' });
    await idle.within(10_000, scan.discover());
    expect(scan.sweep().candidates).toEqual([]);
    expect([...scan.reasons.values()]).toContain('balance');
  });

  it('does not offer a market that has a session', async () => {
    const idle = await idleTrader(93);
    const inSession = new Set<never>();
    const scan = scanOf(idle, { inSession });
    await idle.within(10_000, scan.discover());
    const [best] = scan.sweep().candidates;
    inSession.add(best!.market as never);
    expect(scan.sweep().candidates.map(({ market }) => market)).not.toContain(best!.market);
  });

  it('tells of a position that no session works on', async () => {
    const idle = await idleTrader(93);
    const inSession = new Set<never>();
    const scan = scanOf(idle, { inSession });
    expect(scan.sweep().orphans).toEqual([]);
    await idle.hold(-2);
    expect(scan.sweep().orphans).toMatchObject([{ market: idle.market.ticker, closeMs: idle.market.closeMs }]);
    inSession.add(idle.market.ticker as never);
    expect(scan.sweep().orphans).toEqual([]);
  });

  it('does not tell of one whose market is over, or about to be', async () => {
    const idle = await idleTrader(93);
    await idle.hold(2);
    const scan = scanOf(idle);
    const { watched, runtime } = idle;
    const { closeDangerMs } = runtime.parts.settings.session;
    watched.endedAtMs = idle.trial.world.clock.now();
    expect(scan.sweep().orphans).toEqual([]);
    watched.endedAtMs = null;
    const nowMs = idle.trial.world.clock.now();
    watched.market = { ...watched.market, closeMs: (nowMs + closeDangerMs) as typeof watched.market.closeMs };
    expect(scan.sweep().orphans).toEqual([]);
  });

  it('does not tell of one whose market ended while nobody listened, until it opens again', async () => {
    const idle = await idleTrader(93);
    await idle.hold(2);
    let isOpen = false;
    const catalogue = tellingOf(idle.runtime, (market) =>
      market.ticker === idle.market.ticker && !isOpen ? null : market,
    );
    const scan = scanOf(idle, { catalogue });
    await idle.within(10_000, scan.discover());
    expect(idle.watched.endedAtMs).not.toBeNull();
    expect(scan.sweep().orphans).toEqual([]);
    isOpen = true;
    await idle.trial.world.advance(1_000);
    await idle.within(10_000, scan.discover());
    expect(idle.watched.endedAtMs).toBeNull();
    expect(scan.sweep().orphans).toHaveLength(1);
  });
});
