/**
 * A venue for the benchmark of the tick plane, in a thread of its own: from the moment it is told to it sends frames at
 * an even pace, for ever. Each market goes round and round: one side is taken away and quotes have to be withdrawn, a
 * level comes back and both sides can be quoted at once, then there is ordinary life near the touch. What came too late
 * to be sent in time (another process had the processor) is made up for in small steps, not in one burst.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Centicontracts } from '../../src/domain/units.ts';
import { serveFrames } from './frame-server.ts';
import { type Change, deltaFrame, encode, LEVEL_QUANTITY, levelPrice, tradeFrame } from './socket-frames.ts';
import { LAST_TRADE, type TickVenueOptions } from './socket-protocol.ts';

const { markets, framesPerSecond } = workerData as TickVenueOptions;
/** Few, so that a side can be taken away in as many frames. */
const LEVELS = 5;
/** Frames of one round of a market, and how many of them it is without asks: long enough for cancels to be answered. */
const ROUND = 60;
const AWAY = 20;
const TRADE_EVERY = 25;
/** At most so many frames are written together. */
const TOGETHER_MAX = 4;
const PAUSE_MS = 0.02;

const random = createRandom(13);
/** Where each market is in its round; apart from each other, so that not all come back at once. */
const places = Array.from({ length: markets }, (_, market) => Math.floor((market * ROUND) / markets) % ROUND);
const begun = new Array<boolean>(markets).fill(false);
/** What was added among the bids and is taken away again next. */
const added = new Array<Change | null>(markets).fill(null);
let bookSequence = markets;
let tradeSequence = 0;
let sent = 0;

/** A level of the asks more or less, or a little more and then as much less somewhere among the bids. */
function nextChange(market: number): Change {
  const place = places[market]!;
  places[market] = (place + 1) % ROUND;
  if (place === 0) begun[market] = true;
  const isIn = (from: number) => begun[market] && place >= from && place < from + LEVELS;
  if (isIn(0)) {
    const price = levelPrice('ask', LEVELS - 1 - place);
    return { market, side: 'ask', price, change: -LEVEL_QUANTITY as Centicontracts };
  }
  if (isIn(AWAY)) return { market, side: 'ask', price: levelPrice('ask', place - AWAY), change: LEVEL_QUANTITY };
  const last = added[market] ?? null;
  if (last !== null) {
    added[market] = null;
    return { ...last, change: -last.change as Centicontracts };
  }
  const price = levelPrice('bid', random.integer(0, LEVELS - 1));
  const change: Change = { market, side: 'bid', price, change: (random.integer(1, 900) * 100) as Centicontracts };
  added[market] = change;
  return change;
}

function nextFrame(): Buffer {
  const market = sent++ % markets;
  const atMs = Date.now();
  if (sent % TRADE_EVERY === 0) return encode(tradeFrame(market, LAST_TRADE, ++tradeSequence, atMs));
  return encode(deltaFrame(nextChange(market), ++bookSequence, atMs));
}

const server = await serveFrames({ markets, levels: LEVELS });
const sleeper = new Int32Array(new SharedArrayBuffer(4));

function pace(): void {
  const socket = server.socket()!;
  const startMs = performance.now();
  let written = 0;
  const step = (): void => {
    if (socket.destroyed) return;
    const due = Math.floor(((performance.now() - startMs) * framesPerSecond) / 1000) - written;
    const count = Math.min(due, TOGETHER_MAX);
    if (count > 0) socket.write(Buffer.concat(Array.from({ length: count }, nextFrame)));
    written += Math.max(0, count);
    // A timer's millisecond is ten frames long.
    Atomics.wait(sleeper, 0, 0, PAUSE_MS);
    setImmediate(step);
  };
  step();
}

parentPort!.on('message', pace);
parentPort!.postMessage(server.port);
