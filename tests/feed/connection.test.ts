import { describe, expect, it } from 'vitest';
import type { ClientOrderId, OrderId, TradeId } from '../../src/domain/ids.ts';
import type { Centicents, Centicontracts, Microdollars, UnixMs } from '../../src/domain/units.ts';
import type { StreamEvent } from '../../src/exchange/port.ts';
import { A, B, C, createHand, createLiveHand, turn } from './hand-driven.ts';

const fill = (): StreamEvent => ({
  type: 'fill',
  fill: {
    tradeId: 'trade' as TradeId,
    orderId: 'order' as OrderId,
    clientOrderId: 'bs-1' as ClientOrderId,
    market: A,
    side: 'bid',
    price: 4000 as Centicents,
    quantity: 100 as Centicontracts,
    fee: 0 as Microdollars,
    isTaker: false,
    atMs: 1 as UnixMs,
    positionAfter: null,
  },
});

describe('a connection', () => {
  it('asks for the private channels first, then lifecycle, books, tickers and trades, and is live when all is there', async () => {
    const hand = createHand();
    hand.feed.watch(A);
    hand.feed.watch(B);
    hand.feed.prioritise([B]);
    hand.open();
    expect(hand.facts()).toEqual([]);
    hand.stream().say({ type: 'opened' });
    await turn();
    expect(hand.stream().commands).toEqual([
      'subscribe fill+order+position+orderGroup',
      'subscribe lifecycle',
      'subscribe book KXA,KXB',
      'subscribe ticker+trade KXA,KXB',
    ]);
    expect(hand.facts()).toEqual(['opened']);
    hand.stream().snapshot(A);
    await turn();
    expect(hand.facts()).toEqual(['synced KXA']);
    hand.stream().snapshot(B);
    await turn();
    expect(hand.facts()).toEqual(['synced KXB', 'live']);
  });

  it('is one at a time, and another may follow', async () => {
    const hand = createHand();
    const first = hand.open();
    hand.feed.connection().subscribe({
      error: (error: Error) => expect(error.message).toContain('one connection at a time'),
    });
    expect(hand.streams).toHaveLength(1);
    first.leave();
    expect(hand.stream().isClosed).toBe(true);
    hand.open();
    expect(hand.streams).toHaveLength(2);
  });

  it('tells its last fact and completes when the venue closes it; every book is void then', async () => {
    const hand = createHand();
    hand.feed.watch(A);
    hand.feed.prioritise([A]);
    const connection = hand.open();
    hand.stream().say({ type: 'opened' });
    await turn();
    hand.stream().snapshot(A);
    hand.stream().say({ type: 'closed', code: 1006, reason: 'gone' });
    expect(hand.facts()).toEqual([
      'opened',
      'synced KXA',
      'voided KXA: disconnected',
      'closed: closed with 1006: gone',
    ]);
    expect(connection.isComplete()).toBe(true);
    expect(hand.feed.view(A)).toMatchObject({ inSync: false, source: null });
    expect(hand.clocks.pending).toBe(0);
  });

  it.each([
    ['completes', (hand: ReturnType<typeof createHand>) => hand.stream().end(), 'closed: stream ended'],
    [
      'fails',
      (hand: ReturnType<typeof createHand>) => hand.stream().fail(new Error('broken')),
      'closed: stream failed: broken',
    ],
  ])('is over when the stream %s without a word', async (_, act, fact) => {
    const hand = createHand();
    const connection = hand.open();
    act(hand);
    expect(hand.facts()).toEqual([fact]);
    expect(connection.isComplete()).toBe(true);
  });

  it('voids and closes when its owner leaves, and says so on the lasting stream of facts', async () => {
    const hand = createHand();
    hand.feed.watch(A);
    const connection = hand.open();
    hand.stream().say({ type: 'opened' });
    await turn();
    hand.stream().snapshot(A);
    await turn();
    hand.facts();
    connection.leave();
    expect(hand.facts()).toEqual(['voided KXA: disconnected', 'closed: left']);
    expect(hand.stream().isClosed).toBe(true);
    expect(hand.clocks.pending).toBe(0);
  });

  it('begins anew on the next connection: numbers, subscriptions, books', async () => {
    const hand = await createLiveHand([A]);
    hand.feed.prioritise([A]);
    hand.stream().delta(A, 'bid', 4100, 100);
    hand.stream().say({ type: 'closed', code: 1001, reason: '' });
    hand.open();
    hand.stream().say({ type: 'opened' });
    await turn();
    expect(hand.stream().commands).toContain('subscribe book KXA');
    hand.stream().snapshot(A);
    await turn();
    expect(hand.feed.view(A)?.book.bestBid()).toBe(4000);
    expect(hand.feed.counts).toMatchObject({ gaps: 0, repeats: 0, resyncs: 1 });
    expect(hand.facts().at(-1)).toBe('live');
  });

  it('tells the venue once a turn which markets are watched from now on', async () => {
    const hand = await createLiveHand([A]);
    hand.feed.watch(B);
    hand.feed.watch(C);
    hand.feed.watch(C);
    hand.feed.unwatch(A);
    expect(hand.feed.view(A)).toBeNull();
    await turn();
    const told = ['book', 'ticker', 'trade'].flatMap((channel) => [`add ${channel} KXB,KXC`, `remove ${channel} KXA`]);
    expect(hand.stream().commands).toEqual(told);
    expect(hand.feed.view(B)).toMatchObject({ inSync: false });
    hand.stream().snapshot(B);
    expect(hand.feed.view(B)).toMatchObject({ inSync: true });
    hand.stream().delta(A, 'bid', 4000, 100);
    expect(hand.feed.counts.gaps).toBe(0);
  });

  it('subscribes to books when the first market is watched, if none was at the start', async () => {
    const hand = createHand();
    hand.open();
    hand.stream().say({ type: 'opened' });
    await turn();
    expect(hand.stream().commands).toEqual(['subscribe fill+order+position+orderGroup', 'subscribe lifecycle']);
    expect(hand.facts()).toEqual(['opened', 'live']);
    hand.feed.watch(A);
    await turn();
    expect(hand.stream().commands.slice(2)).toEqual(['subscribe book KXA', 'subscribe ticker+trade KXA']);
  });

  it('asks for a snapshot when a market is dropped and watched again within one turn', async () => {
    const hand = await createLiveHand([A, B]);
    hand.feed.unwatch(A);
    hand.feed.watch(A);
    await turn();
    expect(hand.stream().commands).toEqual(['snapshots book KXA']);
  });
});

describe('what arrives in one turn', () => {
  it('is applied at once; private news is passed on at once, each changed book once, after all of it', async () => {
    const hand = await createLiveHand([A, B]);
    const order: string[] = [];
    hand.feed.books$.subscribe((market) => order.push(market));
    hand.feed.fills$.subscribe(() => order.push('fill'));
    hand.feed.positions$.subscribe(() => order.push('position'));
    hand.stream().delta(A, 'bid', 4000, -100);
    expect(hand.feed.view(A)?.book.quantityAt('bid', 4000 as Centicents)).toBe(900);
    hand.stream().delta(B, 'ask', 6000, -100);
    hand.stream().delta(A, 'bid', 4000, -100);
    hand.stream().say(fill());
    hand.stream().say({ type: 'position', market: A, position: 100 as Centicontracts });
    expect(order).toEqual(['fill', 'position']);
    await Promise.resolve();
    expect(order).toEqual(['fill', 'position', A, B]);
    expect(hand.feed.counts.conflated).toBe(1);
  });

  it('gives way to reading when announcing takes too long, and goes on in a later turn with what changed meanwhile', async () => {
    const hand = await createLiveHand([A, B, C]);
    const order: string[] = [];
    hand.feed.books$.subscribe((market) => {
      order.push(market);
      hand.clocks.monotonic += 6;
    });
    hand.feed.fills$.subscribe(() => order.push('fill'));
    for (const market of [A, B, C]) hand.stream().delta(market, 'bid', 4000, -100);
    await turn();
    expect(order).toEqual([A]);
    hand.stream().say(fill());
    hand.stream().delta(C, 'bid', 4000, -100);
    await turn();
    expect(order).toEqual([A, 'fill', B]);
    await hand.clocks.pass(0);
    expect(order).toEqual([A, 'fill', B, C]);
    expect(hand.feed.counts).toMatchObject({ conflated: 1, yielded: 2 });
  });

  it('keeps ticker, last trade and a bounded ring of trades for each watched market', async () => {
    const hand = await createLiveHand([A]);
    const trade = (price: number): StreamEvent => ({
      type: 'trade',
      ...hand.stream().number('trade'),
      tradeId: `t${price}` as TradeId,
      market: A,
      price: price as Centicents,
      quantity: 250 as Centicontracts,
      takerSide: price % 2 === 0 ? 'bid' : 'ask',
      atMs: (1_800_000_000_000 + price) as UnixMs,
    });
    for (let price = 1; price <= 1200; price++) hand.stream().say(trade(price));
    const view = hand.feed.view(A)!;
    expect(view.lastTradeMs).toBe(1_800_000_001_200);
    expect(view.trades(2)).toEqual([
      { atMs: 1_800_000_001_200, price: 1200, quantity: 250, takerSide: 'bid' },
      { atMs: 1_800_000_001_199, price: 1199, quantity: 250, takerSide: 'ask' },
    ]);
    expect(view.trades(5000)).toHaveLength(1000);
    expect(view.trades(5000).at(-1)?.price).toBe(201);
    hand.stream().say({
      type: 'ticker',
      market: A,
      bid: 4000 as Centicents,
      ask: null,
      bidSize: 1 as Centicontracts,
      askSize: 0 as Centicontracts,
      lastPrice: null,
      volume: 5 as Centicontracts,
      openInterest: 3 as Centicontracts,
      atMs: 1 as UnixMs,
    });
    expect(view.ticker).toMatchObject({ bid: 4000, volume: 5 });
  });
});
