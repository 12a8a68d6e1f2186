/**
 * The scanner's bodies: read the catalogue, keep the best as a shortlist, watch those, and say which of them may have a
 * session now. Why every other market is not quoted is kept by market.
 */
import type { Candidate, Discovery, Sweep } from '../../machines/scanner.ts';
import { filterMarkets } from '../discovery/filter.ts';
import { type Ranked, score } from '../discovery/rank.ts';
import type { Clocks } from '../domain/clock.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { Market } from '../domain/market.ts';
import type { UnixMs } from '../domain/units.ts';
import type { Catalogue } from '../exchange/port.ts';
import type { Settings } from '../settings/schema.ts';
import type { Accounts } from './accounts.ts';
import type { WatchedMarkets } from './watched-markets.ts';

export interface ScanCounts {
  seen: number;
  accepted: number;
  rejected: Record<string, number>;
}

export interface ScanOptions {
  readonly catalogue: Catalogue;
  readonly clocks: Clocks;
  readonly settings: Settings;
  readonly journal: Pick<Journal, 'append'>;
  readonly markets: WatchedMarkets;
  readonly accounts: Accounts;
  /** Markets with a session now, and what has to be watched whatever the shortlist says. */
  readonly inSession: () => ReadonlySet<Ticker>;
  /** Why no session may begin now, whatever the market; null when one may. */
  readonly refusal: () => string | null;
  /** The operator paused this market alone. */
  readonly isBarred: (market: Ticker) => boolean;
  readonly onListed: (market: Market) => void;
}

export class Scan {
  readonly counts: ScanCounts = { seen: 0, accepted: 0, rejected: {} };
  /** Why a scanned market is not a candidate: a stable reason code by ticker. */
  readonly reasons = new Map<Ticker, string>();
  readonly #options: ScanOptions;
  /** Of the shortlist, those that had no touch when the catalogue was read. */
  #untouched = new Set<Ticker>();
  #shortlist: readonly Ticker[] = [];
  readonly #listed = new Map<Ticker, Market>();

  constructor(options: ScanOptions) {
    this.#options = options;
  }

  get listed(): ReadonlyMap<Ticker, Market> {
    return this.#listed;
  }

  async discover(): Promise<Discovery> {
    const { catalogue, clocks, settings, journal, markets, onListed } = this.#options;
    const askedMs = clocks.market.now();
    const listing = await catalogue.markets({ status: 'open' }, { priority: 'scan' });
    const nowMs = clocks.market.now();
    // What is over is forgotten: a venue lists new markets every hour for years.
    if (listing.complete) this.#listed.clear();
    for (const market of listing.items) {
      this.#listed.set(market.ticker, market);
      onListed(market);
    }
    for (const { market } of markets.all()) {
      if (listing.complete && !this.#listed.has(market.ticker)) markets.missed(market.ticker, askedMs);
    }
    const { accepted, rejected, reasons } = filterMarkets(listing.items, nowMs, settings);
    const scored = score(accepted);
    const ranked = scored.map(({ market }) => market);
    const top = ranked.slice(0, settings.discovery.topMarkets);
    this.reasons.clear();
    for (const [ticker, reason] of reasons) this.reasons.set(ticker, reason);
    for (const market of ranked.slice(settings.discovery.topMarkets)) this.reasons.set(market.ticker, 'notInTop');
    this.counts.seen = listing.items.length;
    this.counts.accepted = accepted.length;
    this.counts.rejected = Object.fromEntries(rejected);
    journal.append('markets.discovered', {
      seen: this.counts.seen,
      accepted: this.counts.accepted,
      rejected: Object.fromEntries(rejected),
      complete: listing.complete,
      top: scored.slice(0, settings.discovery.topMarkets).map(discoveryOf),
    });
    // A market without a touch yet is watched where there is room: only its stream will tell when it has one.
    const untouched = listing.items.filter((market) => reasons.get(market.ticker) === 'noTouch');
    const watched = [...top, ...untouched.slice(0, Math.max(0, settings.discovery.topMarkets - top.length))];
    this.#shortlist = watched.map((market) => market.ticker);
    this.#untouched = new Set(watched.slice(top.length).map((market) => market.ticker));

    const keep = new Set<Ticker>([...this.#shortlist, ...this.#options.inSession()]);
    for (const { market } of [...markets.all()]) {
      if (!keep.has(market.ticker) && this.#options.accounts.position(market.ticker) === 0)
        markets.unwatch(market.ticker);
    }
    for (const market of watched) markets.watch(market, askedMs);
    await this.#watchHeld();
    return { seen: listing.items.length, accepted: watched.length, complete: listing.complete, atMs: nowMs };
  }

  /** Which of the shortlist may have a session now; and positions that nobody works on. */
  sweep(): Sweep {
    const { clocks, settings, markets, accounts } = this.#options;
    const nowMs = clocks.market.now();
    const inSession = this.#options.inSession();
    const refusal = this.#options.refusal();
    const candidates: Candidate[] = [];
    for (const [place, ticker] of this.#shortlist.entries()) {
      const watched = markets.get(ticker);
      if (watched === null || inSession.has(ticker)) continue;
      const isOver = watched.market.closeMs - settings.session.closeDangerMs <= nowMs;
      const reason =
        this.#whyNot(watched.market, nowMs) ??
        (watched.endedAtMs !== null
          ? 'ended'
          : isOver
            ? 'closesTooSoon'
            : this.#options.isBarred(ticker)
              ? 'operator'
              : refusal);
      if (reason !== null) {
        this.reasons.set(ticker, reason);
        continue;
      }
      this.reasons.delete(ticker);
      // It has a touch now: rejected for that at the discovery, accepted since.
      if (this.#untouched.delete(ticker)) {
        this.counts.accepted++;
        this.counts.rejected.noTouch = (this.counts.rejected.noTouch ?? 1) - 1;
      }
      candidates.push({ market: ticker, score: this.#shortlist.length - place, closeMs: watched.market.closeMs });
    }
    const orphans: Candidate[] = [];
    for (const watched of markets.all()) {
      const { ticker, closeMs } = watched.market;
      if (accounts.position(ticker) === 0 || inSession.has(ticker) || watched.endedAtMs !== null) continue;
      if (closeMs - settings.session.closeDangerMs > nowMs) orphans.push({ market: ticker, score: 0, closeMs });
    }
    return { candidates, orphans, atMs: nowMs };
  }

  /** The filters again, on what the streams say now. */
  #whyNot(market: Market, nowMs: UnixMs): string | null {
    const reading = this.#options.markets.get(market.ticker)?.reading ?? null;
    const current: Market =
      reading === null
        ? market
        : { ...market, bid: reading.bid, ask: reading.ask, bidSize: reading.bidSize, askSize: reading.askSize };
    const { reasons } = filterMarkets([current], nowMs, this.#options.settings);
    return reasons.get(market.ticker) ?? null;
  }

  /** A position is watched whether or not its market would be chosen. */
  async #watchHeld(): Promise<void> {
    const { accounts, markets, catalogue, clocks } = this.#options;
    for (const ticker of accounts.held()) {
      const askedMs = clocks.market.now();
      const known = this.#listed.get(ticker);
      if (known === undefined && markets.get(ticker) !== null) continue;
      const market = known ?? (await catalogue.market(ticker, { priority: 'read' }));
      if (market !== null && market.status === 'active') {
        this.#options.onListed(market);
        markets.watch(market, askedMs);
      }
    }
  }
}

/** A market of the shortlist with what put it there; prices in $0.0001, volume in contracts. */
function discoveryOf({ market, score, volume24hContracts, spreadCents }: Ranked) {
  const { ticker, event, category, title, bid, ask, closeMs } = market;
  return { market: ticker, event, category, title, score, volume24hContracts, spreadCents, bid, ask, closeMs };
}
