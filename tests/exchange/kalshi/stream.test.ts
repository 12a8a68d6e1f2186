import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { named, type Ticker } from '../../../src/domain/ids.ts';
import { createSigner } from '../../../src/exchange/kalshi/sign.ts';
import { createWsSockets } from '../../../src/exchange/kalshi/sockets.ts';
import { createKyTransport } from '../../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../../src/exchange/kalshi/venue.ts';
import type { StreamConnection, StreamEvent, Venue } from '../../../src/exchange/port.ts';
import {
  keyPair,
  openScriptedExchange,
  type ScriptedExchange,
  type ScriptedSocket,
} from './support/scripted-exchange.ts';
import { commonOptions, EXCHANGE_SETTINGS } from './support/venue.ts';

const { privatePem, publicKey } = keyPair('rsa');
const T = named<Ticker>('T');
let exchange: ScriptedExchange;
let venue: Venue;

beforeEach(async () => {
  exchange = await openScriptedExchange(publicKey);
  venue = venueWith(privatePem);
});
afterEach(async () => {
  await venue.close();
  await exchange.close();
});

function venueWith(pem: string): Venue {
  return createKalshiVenue({
    ...commonOptions(),
    // Nothing here is about a handshake that is late: a machine that is busy elsewhere has time for it.
    settings: { ...EXCHANGE_SETTINGS, requestTimeoutMs: 10_000 },
    restUrl: exchange.restUrl,
    wsUrl: exchange.wsUrl,
    signer: createSigner(pem),
    transport: createKyTransport(),
    sockets: createWsSockets(),
  });
}

/** Everything that a connection says, and a way to wait for it. */
function listen(stream: StreamConnection) {
  const heard: StreamEvent[] = [];
  let isComplete = false;
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const check of waiting) check();
  };
  stream.events.subscribe({
    next: (event) => {
      heard.push(event);
      wake();
    },
    complete: () => {
      isComplete = true;
      wake();
    },
  });
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!condition()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return {
    heard,
    get isComplete() {
      return isComplete;
    },
    until,
    first: async (type: StreamEvent['type']) => {
      await until(() => heard.some((event) => event.type === type));
      return heard.find((event) => event.type === type)!;
    },
  };
}

async function open(): Promise<{ stream: StreamConnection; ears: ReturnType<typeof listen>; socket: ScriptedSocket }> {
  const stream = venue.openStream();
  const ears = listen(stream);
  await ears.first('opened');
  return { stream, ears, socket: exchange.sockets[0]! };
}

describe('A connection', () => {
  it('is opened with a signed handshake', async () => {
    const { ears } = await open();
    expect(ears.heard).toEqual([{ type: 'opened' }]);
  });

  it('that is refused says so and is over', async () => {
    const stranger = venueWith(keyPair('rsa').privatePem);
    const ears = listen(stranger.openStream());
    expect(await ears.first('closed')).toMatchObject({ reason: 'handshake refused with 401: bad signature' });
    await ears.until(() => ears.isComplete);
    expect(ears.heard).toHaveLength(1);
    await stranger.close();
  });

  it('to nobody says so and is over', async () => {
    await exchange.close();
    const ears = listen(venue.openStream());
    expect(await ears.first('closed')).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') });
    await ears.until(() => ears.isComplete);
  });

  it('asks for channels in the venue’s words, and for the yes scale explicitly', async () => {
    const { stream, socket } = await open();
    stream.subscribe(['book', 'trade'], [T]);
    stream.subscribe(['fill', 'order', 'position', 'lifecycle'], null);
    expect(await socket.command(1)).toEqual({
      id: 1,
      cmd: 'subscribe',
      params: { channels: ['orderbook_delta', 'trade'], market_tickers: ['T'], use_yes_price: true },
    });
    expect(await socket.command(2)).toEqual({
      id: 2,
      cmd: 'subscribe',
      params: { channels: ['fill', 'user_orders', 'market_positions', 'market_lifecycle_v2'] },
    });
  });

  it('keeps commands that are given before the handshake is through', async () => {
    const stream = venue.openStream();
    stream.subscribe(['ticker'], [T]);
    await listen(stream).first('opened');
    expect(await exchange.sockets[0]!.command(1)).toMatchObject({ cmd: 'subscribe', params: { channels: ['ticker'] } });
  });

  it('changes subscriptions and asks for snapshots', async () => {
    const { stream, socket } = await open();
    stream.addMarkets(4, [T]);
    stream.removeMarkets(4, [T]);
    stream.requestSnapshots(4, [T]);
    stream.requestSnapshots(4, []);
    stream.unsubscribe(4);
    await socket.command(4);
    expect(socket.commands.map(({ cmd, params }) => [cmd, params])).toEqual([
      ['update_subscription', { sid: 4, market_tickers: ['T'], action: 'add_markets' }],
      ['update_subscription', { sid: 4, market_tickers: ['T'], action: 'delete_markets' }],
      ['update_subscription', { sid: 4, market_tickers: ['T'], action: 'get_snapshot' }],
      ['unsubscribe', { sids: [4] }],
    ]);
  });

  it('reports every number that was used, also by a refused command', async () => {
    const { ears, socket } = await open();
    socket.send({ type: 'subscribed', id: 1, msg: { channel: 'orderbook_delta', sid: 1 } });
    socket.send({
      type: 'orderbook_snapshot',
      sid: 1,
      seq: 1,
      msg: { market_ticker: 'T', yes_dollars_fp: [['0.4000', '1.00']] },
    });
    socket.send({ type: 'ok', id: 2, sid: 1, seq: 2, msg: { market_tickers: ['T'] } });
    socket.send({ type: 'error', id: 3, sid: 1, seq: 3, msg: { code: 11, msg: 'Invalid parameter' } });
    socket.send({ type: 'unsubscribed', id: 4, sid: 1, seq: 4 });
    await ears.first('unsubscribed');
    expect(ears.heard.slice(1)).toEqual([
      { type: 'subscribed', channel: 'book', subscription: 1 },
      { type: 'bookSnapshot', subscription: 1, sequence: 1, market: 'T', bids: [[4000, 100]], asks: [] },
      { type: 'sequenced', subscription: 1, sequence: 2 },
      { type: 'sequenced', subscription: 1, sequence: 3 },
      { type: 'commandFailed', code: 11, message: 'Invalid parameter' },
      { type: 'unsubscribed', subscription: 1, sequence: 4 },
    ]);
  });

  it('says that a subscription is lost while it stays open itself', async () => {
    const { ears, socket } = await open();
    socket.send({ type: 'error', sid: 1, seq: 9, msg: { code: 25, msg: 'Subscription buffer overflow' } });
    socket.sendText('not JSON');
    await ears.first('malformed');
    expect(ears.heard.slice(1)).toMatchObject([
      { type: 'subscriptionLost', subscription: 1, code: 25 },
      { type: 'malformed', subscription: null },
    ]);
    expect(ears.isComplete).toBe(false);
  });

  it('counts the number of an event’s fees once, whether or not its markets are known', async () => {
    const { ears, socket } = await open();
    const update = { event_ticker: 'E', fee_type_override: 'quadratic', fee_multiplier_override: 1 };
    socket.send({ type: 'event_fee_update', sid: 2, seq: 1, msg: update });
    await ears.first('sequenced');
    expect(ears.heard.slice(1)).toEqual([{ type: 'sequenced', subscription: 2, sequence: 1 }]);
  });

  it('is alive by the pong to its own ping and by the venue’s pings', async () => {
    const { stream, ears, socket } = await open();
    stream.ping();
    await ears.until(() => ears.heard.filter((event) => event.type === 'alive').length === 1);
    socket.ping();
    await ears.until(() => ears.heard.filter((event) => event.type === 'alive').length === 2);
  });

  it('ends with the venue’s reason, last and once', async () => {
    const { stream, ears, socket } = await open();
    socket.close(4001, 'maintenance');
    expect(await ears.first('closed')).toEqual({ type: 'closed', code: 4001, reason: 'maintenance' });
    await ears.until(() => ears.isComplete);
    stream.close();
    stream.subscribe(['ticker'], [T]);
    stream.ping();
    expect(ears.heard.filter((event) => event.type === 'closed')).toHaveLength(1);
  });

  it('ends at once when we close it', async () => {
    const { stream, ears } = await open();
    stream.close();
    expect(ears.heard.at(-1)).toEqual({ type: 'closed', code: 1000, reason: 'closed by us' });
    expect(ears.isComplete).toBe(true);
  });

  it('ends when its venue is closed', async () => {
    const { ears } = await open();
    await venue.close();
    expect(ears.isComplete).toBe(true);
  });
});
