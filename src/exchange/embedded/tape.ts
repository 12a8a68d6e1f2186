import type { Centicents, Centicontracts, Microdollars, UnixMs } from '../../domain/units.ts';
import type { EngineTrade, ListedMarket } from './model.ts';

const TRADES_KEPT = 1_000;
const DAY_MS = 86_400_000;
const BUCKET_MS = 900_000;
const BUCKETS = DAY_MS / BUCKET_MS;

/** What was traded on one market: the last trades, last price, volumes. */
export class Tape {
  lastPrice: Centicents | null = null;
  lastQuantity = 0 as Centicontracts;
  volume: Centicontracts;
  dollarVolume = 0 as Microdollars;
  private readonly volume24hBefore: Centicontracts;
  private readonly startMs: UnixMs;
  /** Oldest first; up to twice what is kept, so that dropping is rare. */
  private kept: EngineTrade[] = [];
  /** Quantity by quarter of an hour, a day's ring, and the last quarter that it has. */
  private buckets: Float64Array | null = null;
  private bucket = 0;
  /** What the ring adds up to. */
  private recent = 0;

  constructor(listed: ListedMarket, now: UnixMs) {
    this.volume = listed.volumeBefore;
    this.volume24hBefore = listed.volume24hBefore;
    this.startMs = now;
  }

  add(trade: EngineTrade): void {
    this.lastPrice = trade.price;
    this.lastQuantity = trade.quantity;
    this.volume = (this.volume + trade.quantity) as Centicontracts;
    this.dollarVolume = (this.dollarVolume + trade.price * trade.quantity) as Microdollars;
    this.kept.push(trade);
    if (this.kept.length >= 2 * TRADES_KEPT) this.kept = this.kept.slice(-TRADES_KEPT);
    const buckets = this.advance(trade.atMs);
    buckets[this.bucket % BUCKETS]! += trade.quantity;
    this.recent += trade.quantity;
  }

  /** Newest first. */
  trades(): EngineTrade[] {
    return this.kept.slice(-TRADES_KEPT).reverse();
  }

  /** Of the last 24 hours, to a quarter of an hour; what stood before fades out evenly over the first day. */
  volume24h(now: UnixMs): Centicontracts {
    const left = Math.max(0, 1 - Math.max(0, now - this.startMs) / DAY_MS);
    if (this.buckets !== null) this.advance(now);
    return (Math.round(this.volume24hBefore * left) + this.recent) as Centicontracts;
  }

  private advance(now: UnixMs): Float64Array {
    const bucket = Math.floor(now / BUCKET_MS);
    if (this.buckets === null) {
      this.buckets = new Float64Array(BUCKETS);
      this.bucket = bucket;
    }
    const first = Math.max(this.bucket + 1, bucket - BUCKETS + 1);
    for (let index = first; index <= bucket; index++) {
      this.recent -= this.buckets[index % BUCKETS]!;
      this.buckets[index % BUCKETS] = 0;
    }
    this.bucket = Math.max(this.bucket, bucket);
    return this.buckets;
  }
}
