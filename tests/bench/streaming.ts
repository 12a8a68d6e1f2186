/**
 * A hundred clients on real sockets, and how long after a match the last ones of them hear of it: 99th percentile over
 * all clients and both frames (the level that was taken from, the trade). Beside it, in the same rounds and to the same
 * hundred clients' code, a bare `ws` server that sends the very texts that the exchange sent, with nothing to match.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Ticker } from '../../src/domain/ids.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Centicents, Centicontracts } from '../../src/domain/units.ts';
import { createEmbedded } from '../../src/exchange/embedded/embedded.ts';
import { fakeSignature } from '../../src/exchange/embedded/protocol/auth.ts';
import { STREAM_PATH, serveLoopback } from '../../src/exchange/embedded/server.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { type BenchRow, compared, ROUNDS, ratioRow } from './row.ts';
import { type FromClients, KINDS, type StreamClientsOptions } from './stream-protocol.ts';

const CLIENTS = 100;
/** Of one round. */
const MATCHES = 200;
/** Between two matches; every tenth time there are five at once. */
const EVERY_MS = 8;
const BURST_EVERY = 10;
const BURST = 5;
const KEY = 'reader';
const PRICE = 5_000 as Centicents;
const ONE = 100 as Centicontracts;
/** When even the bare server's clients wait longer, they wait for the machine. */
const BARE_P99_US_MAX = 10_000;

/** Something that matches and tells a hundred clients. */
interface Teller {
  /** One match, told to all before it returns or as soon as the sockets take it. */
  match(number: number): void;
  readonly clients: Clients;
}

class Clients {
  readonly matchedNs = new BigInt64Array(new SharedArrayBuffer(MATCHES * 8));
  readonly #worker: Worker;
  readonly #messages: FromClients[] = [];
  #wake: () => void = () => undefined;

  constructor(url: string, market: string) {
    const workerData: StreamClientsOptions = {
      url,
      clients: CLIENTS,
      matches: MATCHES,
      market,
      keyId: KEY,
      matchedNs: this.matchedNs,
    };
    this.#worker = new Worker(new URL('./stream-clients.ts', import.meta.url), { workerData });
    const take = (message: FromClients): void => {
      this.#messages.push(message);
      this.#wake();
    };
    this.#worker.on('message', take);
    this.#worker.on('error', (error) => take({ type: 'failed', why: String(error) }));
  }

  async next(): Promise<FromClients> {
    while (this.#messages.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const message = this.#messages.shift()!;
    if (message.type === 'failed') throw new Error(message.why);
    return message;
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

interface Round {
  /** From match to frame, 99th percentile, µs. */
  readonly p99: number;
  /** Processor time of this thread, µs a frame. */
  readonly cpu: number;
}

/** One round of each, taking turns, so that a busy moment of the machine falls on both. */
async function roundOf(tellers: readonly Teller[]): Promise<Round[]> {
  const heard = tellers.map(({ clients }) => clients.next());
  const cpuUs = tellers.map(() => 0);
  for (let number = 0, turn = 0; number < MATCHES; turn++) {
    const times = Math.min(turn % BURST_EVERY === 0 ? BURST : 1, MATCHES - number);
    for (const [index, { match, clients }] of tellers.entries()) {
      const before = process.threadCpuUsage();
      for (let time = 0; time < times; time++) {
        clients.matchedNs[number + time] = process.hrtime.bigint();
        match(number + time);
      }
      await pause(EVERY_MS);
      const { user, system } = process.threadCpuUsage(before);
      cpuUs[index]! += user + system;
    }
    number += times;
  }
  const messages = await Promise.all(heard);
  return messages.map((message, index) => {
    if (message.type !== 'heard') throw new Error('the clients are not where the round is');
    const { waitedUs } = message;
    return { p99: waitedUs[Math.floor(waitedUs.length * 0.99)]!, cpu: cpuUs[index]! / waitedUs.length };
  });
}

async function openExchange(): Promise<Teller & { readonly texts: string[]; close(): Promise<void> }> {
  const wall = createSystemClock();
  const embedded = await createEmbedded({
    clocks: { wall },
    random: createRandom(3),
    flow: 'none',
    markets: 20,
    accounts: [KEY, 'taker'].map((user) => ({ keyId: user, publicKey: null, user })),
    onFault: (error) => {
      throw error;
    },
  });
  const loopback = await serveLoopback(embedded.server, { port: 0 });
  embedded.start();
  const { engine, server } = embedded;
  const open = engine.allMarkets().find(({ status }) => status === 'active');
  if (open === undefined) throw new Error('no market is open');
  const market: Ticker = open.listed.ticker;
  engine.crowdAdd(market, 'ask', PRICE, (ONE * 1_000_000) as Centicontracts);
  const clients = new Clients(loopback.wsUrl, market);
  await clients.next();
  // What one client is told, for the bare server to say again.
  const texts: string[] = [];
  const timestamp = String(Math.floor(wall.now()));
  const listener = server.connect(
    {
      'KALSHI-ACCESS-KEY': 'taker',
      'KALSHI-ACCESS-TIMESTAMP': timestamp,
      'KALSHI-ACCESS-SIGNATURE': fakeSignature(`${timestamp}GET${STREAM_PATH}`),
    },
    { send: (text) => texts.push(text), ping: () => undefined, close: () => undefined },
  );
  if (!listener.accepted) throw new Error('the listener was refused');
  listener.receive(JSON.stringify({ id: 1, cmd: 'subscribe', params: { channels: KINDS, market_tickers: [market] } }));
  return {
    clients,
    texts,
    match() {
      const answer = engine.create('taker', {
        market,
        side: 'bid',
        price: PRICE,
        quantity: ONE,
        timeInForce: 'immediateOrCancel',
        selfTrade: 'taker_at_cross',
        clientOrderId: null,
        expiresAtMs: null,
        postOnly: false,
        reduceOnly: false,
        cancelOnPause: false,
        groupId: null,
      });
      if (!answer.ok || answer.fills.length !== 1) throw new Error('there was no match');
    },
    async close() {
      await clients.close();
      embedded.stop();
      await loopback.close();
    },
  };
}

/** Sends what it is given, to everybody, and knows nothing. */
async function openBare(texts: readonly string[]): Promise<Teller & { close(): Promise<void> }> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: false });
  const sockets: WebSocket[] = [];
  const greeting = texts.slice(0, KINDS.length + 1);
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', () => {
      for (const text of greeting) socket.send(text);
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const clients = new Clients(`ws://127.0.0.1:${(http.address() as AddressInfo).port}`, 'ANY');
  await clients.next();
  return {
    clients,
    match(number) {
      for (let kind = 0; kind < KINDS.length; kind++) {
        const text = texts[greeting.length + number * KINDS.length + kind]!;
        for (const socket of sockets) socket.send(text);
      }
    },
    async close() {
      await clients.close();
      for (const socket of sockets) socket.terminate();
      server.close();
      http.close();
      await once(http, 'close');
    },
  };
}

export async function benchStreaming(): Promise<readonly BenchRow[]> {
  const exchange = await openExchange();
  // The first round warms up, and says what there is to say.
  await roundOf([exchange]);
  const bare = await openBare([...exchange.texts]);
  await roundOf([bare, exchange]);
  const rounds: Round[][] = [];
  while (rounds.length < ROUNDS) rounds.push(await roundOf([exchange, bare]));
  await bare.close();
  await exchange.close();
  const row = (name: string, of: (round: Round) => number, budget: number): BenchRow => {
    const [ours, theirs] = [0, 1].map((index) => rounds.map((round) => of(round[index]!))) as [number[], number[]];
    return ratioRow(name, 'µs', compared(ours, theirs), budget, 'atMost');
  };
  const p99 = row('100 clients, p99 match → frame ÷ bare ws of the same texts', (round) => round.p99, 1.25);
  const isBusy = (p99.baseline ?? 0) > BARE_P99_US_MAX;
  return [
    { ...p99, doubt: isBusy ? 'this machine was too busy: the clients of a bare server waited long, too' : null },
    row('100 clients, processor time a frame ÷ bare ws', (round) => round.cpu, 1.25),
  ];
}
