/**
 * A venue for the socket benchmark, in a thread of its own: it answers subscriptions like the real one, and when told to
 * it writes prepared frames as fast as the other side takes them. The frames stand encoded in memory before anything is
 * measured, so that the server is never what is waited for.
 */
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { WebSocketServer } from 'ws';
import type { Random } from '../../src/domain/random.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { type Centicents, type Centicontracts, formatPrice, formatQuantity } from '../../src/domain/units.ts';
import { LAST_TRADE, type SocketVenueOptions, tickerOf } from './socket-protocol.ts';

const PIECE_BYTES = 64 * 1024;
const { markets, frames } = workerData as SocketVenueOptions;
const SIDS: Readonly<Record<string, number>> = {
  fill: 1,
  user_orders: 2,
  market_positions: 3,
  market_lifecycle_v2: 4,
  orderbook_delta: 5,
  ticker: 6,
  trade: 7,
};

/** One text frame as a server sends it: final, not masked. */
function encode(text: string): Buffer {
  const payload = Buffer.from(text);
  const header = payload.length < 126 ? Buffer.alloc(2) : Buffer.alloc(4);
  header[0] = 0x81;
  if (payload.length < 126) header[1] = payload.length;
  else {
    header[1] = 126;
    header.writeUInt16BE(payload.length, 2);
  }
  return Buffer.concat([header, payload]);
}

const marketId = (market: number): string => `f5ed38e2-0000-4000-8000-${String(market).padStart(12, '0')}`;
/** The middle of every market here; bids below, asks above. */
const MID = 5000;
const LEVELS = 30;

function snapshotFrame(market: number): string {
  const side = (sign: 1 | -1) =>
    Array.from({ length: LEVELS }, (_, level) => [
      formatPrice((MID + sign * (level + 1) * 100) as Centicents),
      '1000.00',
    ]);
  const msg = {
    market_ticker: tickerOf(market),
    market_id: marketId(market),
    yes_dollars_fp: side(-1).reverse(),
    no_dollars_fp: side(1),
  };
  return `${JSON.stringify({ type: 'orderbook_snapshot', sid: SIDS.orderbook_delta, seq: market + 1, msg })}\n`;
}

/** Changes near the touch, and a trade in every twenty-five. */
function changeFrames(random: Random): string[] {
  const held = new Map<string, number>();
  const made: string[] = [];
  let bookSequence = markets;
  let tradeSequence = 0;
  for (let n = 0; n < frames; n++) {
    const market = random.integer(0, markets - 1);
    const isLast = n === frames - 1;
    const atMs = 1_790_000_000_000 + n;
    if (isLast || n % 25 === 0) {
      const msg = {
        trade_id: isLast ? LAST_TRADE : 'd91b0000-0000-4000-8000-000000000000',
        market_ticker: tickerOf(market),
        yes_price_dollars: '0.4900',
        no_price_dollars: '0.5100',
        count_fp: '12.00',
        taker_side: 'no',
        taker_outcome_side: 'no',
        taker_book_side: 'ask',
        is_block_trade: false,
        ts: Math.floor(atMs / 1000),
        ts_ms: atMs,
      };
      made.push(
        `${JSON.stringify({ type: 'trade', sid: SIDS.trade, seq: ++tradeSequence, msg, sending_ts_ms: atMs })}\n`,
      );
      continue;
    }
    const isBid = random.uniform() < 0.5;
    const level = Math.min(LEVELS - 1, Math.floor(random.exponential(4)));
    const price = isBid ? MID - (level + 1) * 100 : MID + (level + 1) * 100;
    const key = `${market} ${price}`;
    const before = held.get(key) ?? 100_000;
    const change =
      before > 0 && random.uniform() < 0.5
        ? -Math.min(before, random.integer(1, 900) * 100)
        : random.integer(1, 300) * 100;
    held.set(key, before + change);
    const msg = {
      market_ticker: tickerOf(market),
      market_id: marketId(market),
      price_dollars: formatPrice(price as Centicents),
      delta_fp: formatQuantity(change as Centicontracts),
      side: isBid ? 'yes' : 'no',
      ts: new Date(atMs).toISOString(),
      ts_ms: atMs,
    };
    made.push(
      `${JSON.stringify({ type: 'orderbook_delta', sid: SIDS.orderbook_delta, seq: ++bookSequence, msg, sending_ts_ms: atMs + 2 })}\n`,
    );
  }
  return made;
}

/** Whole frames in each: a pong of ours may go out between any two pieces. */
function toPieces(encoded: readonly Buffer[]): Buffer[] {
  const pieces: Buffer[] = [];
  let piece: Buffer[] = [];
  let bytes = 0;
  for (const frame of encoded) {
    piece.push(frame);
    bytes += frame.length;
    if (bytes < PIECE_BYTES) continue;
    pieces.push(Buffer.concat(piece));
    piece = [];
    bytes = 0;
  }
  return [...pieces, Buffer.concat(piece)];
}

const pieces = toPieces(changeFrames(createRandom(11)).map(encode));
const http = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
let current: Socket | null = null;

http.on('upgrade', (request, socket: Socket, head) => {
  sockets.handleUpgrade(request, socket, head, (ws) => {
    current = socket;
    socket.setNoDelay(true);
    ws.on('message', (data) => {
      const { id, cmd, params } = JSON.parse(String(data));
      if (cmd !== 'subscribe') return;
      for (const channel of params.channels as string[]) {
        ws.send(JSON.stringify({ type: 'subscribed', id, msg: { channel, sid: SIDS[channel] } }));
        if (channel !== 'orderbook_delta') continue;
        for (let market = 0; market < markets; market++) ws.send(snapshotFrame(market));
      }
    });
  });
});

/** Writes everything, a piece at a time, each when there is room for it. */
function pour(socket: Socket): void {
  let next = 0;
  const write = (): void => {
    while (next < pieces.length) {
      if (socket.write(pieces[next++]!)) continue;
      socket.once('drain', write);
      return;
    }
  };
  write();
}

parentPort!.on('message', () => {
  if (current !== null) pour(current);
});
http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  parentPort!.postMessage(typeof address === 'object' && address !== null ? address.port : 0);
});
