/**
 * A hundred clients of the streaming benchmark, in a thread of their own: each notes when it hears of the n-th match, by
 * each kind of frame that tells of it. They do not parse: the waiting is the server's, not theirs.
 */
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { WebSocket } from 'ws';
import { fakeSignature } from '../../src/exchange/embedded/protocol/auth.ts';
import { STREAM_PATH } from '../../src/exchange/embedded/server.ts';
import { type FromClients, KINDS, type StreamClientsOptions } from './stream-protocol.ts';

const { url, clients, matches, market, keyId, matchedNs } = workerData as StreamClientsOptions;
const say = (message: FromClients): void => parentPort!.postMessage(message);
/** `{"type":"` and then the kind. */
const KIND_AT = 9;

let waitedUs = new Float64Array(clients * matches * KINDS.length);
let heard = 0;

async function open(): Promise<void> {
  const timestamp = String(Date.now());
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    headers: {
      'KALSHI-ACCESS-KEY': keyId,
      'KALSHI-ACCESS-TIMESTAMP': timestamp,
      'KALSHI-ACCESS-SIGNATURE': fakeSignature(`${timestamp}GET${STREAM_PATH}`),
    },
  });
  await once(socket, 'open');
  const seen = [0, 0];
  let acknowledged = 0;
  const ready = new Promise<void>((resolve) => {
    socket.on('message', (data: Buffer) => {
      const now = process.hrtime.bigint();
      const text = data.toString('latin1', KIND_AT, KIND_AT + 16);
      const kind = text.startsWith('trade') ? 1 : text.startsWith('orderbook_delta') ? 0 : -1;
      if (kind === -1) {
        // Two acknowledgements and the book.
        if (++acknowledged === KINDS.length + 1) resolve();
        return;
      }
      const match = seen[kind]!;
      seen[kind] = (match + 1) % matches;
      waitedUs[heard++] = Number(now - matchedNs[match]!) / 1_000;
      if (heard === waitedUs.length) finish();
    });
  });
  socket.on('close', (code) => say({ type: 'failed', why: `a client's connection ended with ${code}` }));
  socket.send(JSON.stringify({ id: 1, cmd: 'subscribe', params: { channels: KINDS, market_tickers: [market] } }));
  await ready;
}

function finish(): void {
  waitedUs.sort();
  say({ type: 'heard', waitedUs });
  waitedUs = new Float64Array(waitedUs.length);
  heard = 0;
}

await Promise.all(Array.from({ length: clients }, open));
say({ type: 'ready' });
