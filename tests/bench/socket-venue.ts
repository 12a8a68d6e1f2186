/**
 * A venue for the socket benchmark, in a thread of its own: when told to it writes prepared frames as fast as the other
 * side takes them. They stand encoded in memory before anything is measured, so that the server is never what is waited
 * for.
 */
import type { Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { Random } from '../../src/domain/random.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Centicontracts } from '../../src/domain/units.ts';
import { serveFrames } from './frame-server.ts';
import { deltaFrame, encode, LEVEL_QUANTITY, levelPrice, tradeFrame } from './socket-frames.ts';
import { LAST_TRADE, type SocketVenueOptions } from './socket-protocol.ts';

const PIECE_BYTES = 64 * 1024;
const LEVELS = 30;
const { markets, frames } = workerData as SocketVenueOptions;

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
      const tradeId = isLast ? LAST_TRADE : 'd91b0000-0000-4000-8000-000000000000';
      made.push(tradeFrame(market, tradeId, ++tradeSequence, atMs));
      continue;
    }
    const side = random.uniform() < 0.5 ? 'bid' : 'ask';
    const price = levelPrice(side, Math.min(LEVELS - 1, Math.floor(random.exponential(4))));
    const key = `${market} ${price}`;
    const before = held.get(key) ?? LEVEL_QUANTITY;
    const change = (
      before > 0 && random.uniform() < 0.5
        ? -Math.min(before, random.integer(1, 900) * 100)
        : random.integer(1, 300) * 100
    ) as Centicontracts;
    held.set(key, before + change);
    made.push(deltaFrame({ market, side, price, change }, ++bookSequence, atMs));
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

const pieces = toPieces(changeFrames(createRandom(11)).map(encode));
const server = await serveFrames({ markets, levels: LEVELS });
parentPort!.on('message', () => {
  const socket = server.socket();
  if (socket !== null) pour(socket);
});
parentPort!.postMessage(server.port);
