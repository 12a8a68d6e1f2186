/** A recording made by hand, written as a recorder writes one: JSON lines of what the stream said and when. */
import { writeFile } from 'node:fs/promises';
import { zstdCompressSync } from 'node:zlib';
import type { Side } from '../../src/domain/side.ts';

export const TAPE_START_MS = Date.UTC(2026, 0, 5, 12, 2, 0);
export const TAPE_CLOSE_MS = Date.UTC(2026, 0, 5, 12, 15, 0);
export const TAPE_MARKET = 'KXBTC15M-26JAN050715-15';
/** Overrides for the quiet books of tapes: they are made for a quote that stands where these put it. */
export const SLOW_MARKET = ['quoting.horizonSeconds=300', 'signals.sigmaPriorCentsPerSqrtSecond=0.0833'] as const;

/** Cents and contracts. */
type Pairs = readonly (readonly [cents: number, contracts: number])[];

/** Times are milliseconds after the start; lines must be said in order of time. */
export class Tape {
  readonly #lines: string[] = [];
  #sequence = 0;
  readonly market: string;
  readonly closeMs: number;

  constructor(market = TAPE_MARKET, closeMs = TAPE_CLOSE_MS) {
    this.market = market;
    this.closeMs = closeMs;
  }

  watch(ms: number): this {
    const close = new Date(this.closeMs).toISOString();
    return this.#say(ms, {
      control: 'watch_market',
      data: { market_ticker: this.market, close_time: close, strike: 90_000, status: 'active' },
    });
  }

  snapshot(ms: number, bids: Pairs, asks: Pairs): this {
    const level = (side: Side) => (pair: readonly [number, number]) => [priceText(side, pair[0]), pair[1].toFixed(2)];
    return this.#frame(ms, 'orderbook_snapshot', {
      yes_dollars_fp: bids.map(level('bid')),
      no_dollars_fp: asks.map(level('ask')),
    });
  }

  delta(ms: number, side: Side, cents: number, contracts: number): this {
    return this.#frame(ms, 'orderbook_delta', {
      side: side === 'bid' ? 'yes' : 'no',
      price_dollars: priceText(side, cents),
      delta_fp: contracts.toFixed(2),
    });
  }

  /** A trade, and what it took from the level that it hit. */
  trade(ms: number, takerSide: Side, cents: number, contracts: number): this {
    const maker = takerSide === 'bid' ? 'ask' : 'bid';
    return this.#say(ms, {
      frame: {
        type: 'trade',
        sid: 3,
        seq: 1,
        msg: {
          market_ticker: this.market,
          yes_price_dollars: priceText('bid', cents),
          count_fp: contracts.toFixed(2),
          taker_side: takerSide === 'bid' ? 'yes' : 'no',
        },
      },
    }).delta(ms, maker, cents, -contracts);
  }

  /** What the stream would have said next is lost. */
  lose(frames = 1): this {
    this.#sequence += frames;
    return this;
  }

  /** Lines as they are, of another tape or of none. */
  take(lines: readonly string[]): this {
    this.#lines.push(...lines);
    return this;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  async write(path: string): Promise<string> {
    const text = `${this.#lines.join('\n')}\n`;
    await writeFile(path, path.endsWith('.zst') ? zstdCompressSync(text) : text);
    return path;
  }

  #frame(ms: number, type: string, msg: object): this {
    return this.#say(ms, {
      frame: { type, sid: 2, seq: ++this.#sequence, msg: { market_ticker: this.market, ...msg } },
    });
  }

  #say(ms: number, line: object): this {
    this.#lines.push(JSON.stringify({ recv_ns: (TAPE_START_MS + ms) * 1_000_000, ...line }));
    return this;
  }
}

/** On the scale of the outcome that the side buys. */
function priceText(side: Side, cents: number): string {
  return ((side === 'bid' ? cents : 100 - cents) / 100).toFixed(4);
}
