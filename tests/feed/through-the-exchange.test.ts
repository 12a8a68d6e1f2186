/**
 * The feed on the real client and the embedded exchange, in memory, on clocks that stand. Invariant of the last part:
 * whatever a line loses, repeats or garbles, once it stops doing so every book equals the exchange's, and no book was
 * ever called in sync while it differed from what the exchange had sent.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOTHING_RESTING, readBook } from '../../src/book/read-book.ts';
import type { Clocks } from '../../src/domain/clock.ts';
import type { Ticker } from '../../src/domain/ids.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Side } from '../../src/domain/side.ts';
import { unixMs } from '../../src/domain/units.ts';
import { fakeSignature } from '../../src/exchange/embedded/protocol/auth.ts';
import { createPortSockets } from '../../src/exchange/kalshi/sockets.ts';
import { createHandlerTransport } from '../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../src/exchange/kalshi/venue.ts';
import type { Level } from '../../src/exchange/port.ts';
import type { FeedFact } from '../../src/feed/facts.ts';
import { Feed } from '../../src/feed/feed.ts';
import { loadSettings } from '../../src/settings/load.ts';
import { createFixture, HAIL, order, RAIN, SNOW } from '../exchange/embedded/protocol-fixture.ts';
import { turn } from './hand-driven.ts';

const { settings } = loadSettings({ mode: 'sim' });

/** What a line does to one frame of a book: nothing, or harm. */
type Harm = 'none' | 'lose' | 'repeat' | 'cut' | 'blot';

function createWorld() {
  const fixture = createFixture();
  const clocks: Clocks = { wall: fixture.wall, market: fixture.market, monotonicMs: () => 0 };
  const line: { harm: () => Harm } = { harm: () => 'none' };
  const venue = createKalshiVenue({
    restUrl: 'http://venue/trade-api/v2',
    wsUrl: 'ws://venue/trade-api/ws/v2',
    keyId: 'key-alice',
    signer: { sign: fakeSignature },
    transport: createHandlerTransport((request) => fixture.server.fetch(request)),
    sockets: createPortSockets((headers, peer) =>
      fixture.server.connect(headers, {
        ...peer,
        send(text) {
          const harm = text.includes('"orderbook_') ? line.harm() : 'none';
          if (harm === 'lose') return;
          if (harm === 'cut') peer.send(text.slice(0, -9));
          else if (harm === 'blot') peer.send(text.replaceAll(/"0\.\d+"/g, '"0.??"'));
          else peer.send(text);
          if (harm === 'repeat') peer.send(text);
        },
      }),
    ),
    clocks,
    random: createRandom(5),
    settings: settings.exchange,
  });
  const feed = new Feed({ venue, clocks, settings });
  const facts: FeedFact[] = [];
  feed.facts$.subscribe((fact) => facts.push(fact));

  /** Wall and market time go on by this much, a second at a time. */
  async function pass(ms: number): Promise<void> {
    const endMs = fixture.wall.now() + ms;
    while (fixture.wall.now() < endMs) {
      const nextMs = unixMs(Math.min(endMs, fixture.wall.now() + 1000));
      fixture.market.advanceTo(nextMs);
      fixture.wall.advanceTo(nextMs);
      await turn();
    }
  }

  async function bookAtVenue(market: Ticker): Promise<{ bids: Level[]; asks: Level[] }> {
    const { bids, asks } = await venue.catalogue.book(market);
    return { bids: bids.toSorted(([a], [b]) => b - a), asks: asks.toSorted(([a], [b]) => a - b) };
  }

  function bookHere(market: Ticker): { bids: Level[]; asks: Level[] } {
    const book = feed.view(market)!.book;
    return { bids: book.levels('bid', 1e4), asks: book.levels('ask', 1e4) };
  }

  return { ...fixture, clocks, line, venue, feed, facts, pass, bookAtVenue, bookHere };
}

async function createLiveWorld(markets: readonly Ticker[]) {
  const world = createWorld();
  for (const market of markets) world.feed.watch(market);
  world.feed.prioritise(markets);
  const connection = world.feed.connection().subscribe();
  await turn();
  return { ...world, connection };
}

describe('the feed on the exchange’s own protocol', () => {
  it('is live after one round of subscriptions, with the books that the exchange has', async () => {
    const world = createWorld();
    world.crowd(RAIN, 'bid', 40, 12);
    world.crowd(RAIN, 'ask', 45, 7);
    world.feed.watch(RAIN);
    world.feed.watch(HAIL);
    world.feed.prioritise([RAIN, HAIL]);
    const connection = world.feed.connection().subscribe();
    await turn();
    expect(world.facts.map((fact) => fact.type)).toEqual(['feed.opened', 'book.synced', 'book.synced', 'feed.live']);
    expect(world.bookHere(RAIN)).toEqual({ bids: [[4000, 1200]], asks: [[4500, 700]] });
    expect(world.feed.view(RAIN)!.isCurrent(world.wall.now())).toBe(true);
    connection.unsubscribe();
    expect(world.facts.at(-1)).toEqual({ type: 'feed.closed', reason: 'left' });
  });

  it('follows every change, and reads the others’ book while an order of ours rests in it', async () => {
    const world = await createLiveWorld([RAIN]);
    world.crowd(RAIN, 'bid', 40, 12);
    world.crowd(RAIN, 'ask', 45, 7);
    await turn();
    const view = world.feed.view(RAIN)!;
    const before = readBook(view.book, NOTHING_RESTING, 10);
    const created = await world.call(
      'alice',
      'POST',
      '/portfolio/events/orders',
      order({ price: '0.4100', count: '3.00' }),
    );
    expect(created.status).toBe(201);
    await turn();
    expect(view.book.bestBid()).toBe(4100);
    const own = { quantityAt: (side: Side, price: number) => (side === 'bid' && price === 4100 ? 300 : 0) as never };
    expect(readBook(view.book, own, 10)).toEqual(before);
    expect(world.bookHere(RAIN)).toEqual(await world.bookAtVenue(RAIN));
  });

  it('tells of a fill of ours before it announces the book that the fill changed', async () => {
    const world = await createLiveWorld([RAIN]);
    await world.call('alice', 'POST', '/portfolio/events/orders', order({ price: '0.4100', count: '3.00' }));
    await turn();
    const heard: string[] = [];
    world.feed.books$.subscribe((market) => heard.push(`book ${market}`));
    world.feed.fills$.subscribe((fill) => heard.push(`fill ${fill.price} ${fill.quantity}`));
    world.feed.positions$.subscribe(({ position }) => heard.push(`position ${position}`));
    world.crowd(RAIN, 'ask', 41, 2);
    await turn();
    expect(heard.toSorted((a, b) => Number(a.startsWith('book')) - Number(b.startsWith('book')))).toEqual(heard);
    expect(heard).toContain('fill 4100 200');
    expect(heard).toContain('position 200');
    expect(heard.at(-1)).toBe(`book ${RAIN}`);
  });

  it('watches and leaves markets while it is connected, without a gap', async () => {
    const world = await createLiveWorld([RAIN]);
    world.crowd(SNOW, 'bid', 20, 5);
    world.feed.watch(SNOW);
    await turn();
    expect(world.bookHere(SNOW)).toEqual({ bids: [[2000, 500]], asks: [] });
    world.feed.unwatch(RAIN);
    await turn();
    world.crowd(RAIN, 'bid', 20, 5);
    world.crowd(SNOW, 'bid', 21, 5);
    await turn();
    expect(world.feed.view(RAIN)).toBeNull();
    expect(world.bookHere(SNOW).bids).toEqual([
      [2100, 500],
      [2000, 500],
    ]);
    expect(world.feed.counts).toMatchObject({ gaps: 0, malformed: 0, refused: 0 });
  });

  it('is current on pongs alone for as long as nothing happens, and its audits agree', async () => {
    const world = await createLiveWorld([RAIN]);
    world.crowd(RAIN, 'bid', 40, 12);
    await world.pass(200_000);
    expect(world.feed.view(RAIN)!.isCurrent(world.wall.now())).toBe(true);
    expect(world.feed.counts).toMatchObject({ audits: 3, auditMismatches: 0, auditFailures: 0 });
    world.connection.unsubscribe();
  });

  it('reads the same books over REST when it polls', async () => {
    const world = createWorld();
    world.crowd(RAIN, 'bid', 40, 12);
    world.crowd(RAIN, 'ask', 45, 7);
    world.feed.watch(RAIN);
    world.feed.watch(SNOW);
    const polling = world.feed.polling().subscribe();
    await turn();
    expect(world.bookHere(RAIN)).toEqual(await world.bookAtVenue(RAIN));
    expect(world.feed.view(SNOW)).toMatchObject({ source: 'poll' });
    polling.unsubscribe();
  });

  it('hears that the exchange ended the stream, and gets everything back on the next', async () => {
    const world = await createLiveWorld([RAIN]);
    world.crowd(RAIN, 'bid', 40, 12);
    await turn();
    world.server.disconnect(1001, 'maintenance');
    await turn();
    expect(world.facts.at(-1)).toMatchObject({ type: 'feed.closed' });
    expect(world.feed.view(RAIN)).toMatchObject({ inSync: false });
    world.crowd(RAIN, 'bid', 41, 3);
    const next = world.feed.connection().subscribe();
    await turn();
    expect(world.facts.at(-1)).toEqual({ type: 'feed.live' });
    expect(world.bookHere(RAIN)).toEqual(await world.bookAtVenue(RAIN));
    next.unsubscribe();
  });
});

describe('the feed on a bad line', () => {
  it('has every book right once the line is good again, and none in sync and wrong before', async () => {
    const step = fc.record({
      market: fc.constantFrom(RAIN, SNOW),
      side: fc.constantFrom<Side>('bid', 'ask'),
      offset: fc.integer({ min: 1, max: 6 }),
      contracts: fc.integer({ min: 1, max: 9 }),
      harm: fc.oneof(
        { weight: 6, arbitrary: fc.constant<Harm>('none') },
        { weight: 1, arbitrary: fc.constantFrom<Harm>('lose', 'repeat', 'cut', 'blot') },
      ),
      settles: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const world = await createLiveWorld([RAIN, SNOW]);
        for (const one of steps) {
          world.line.harm = () => one.harm;
          world.crowd(one.market, one.side, one.side === 'bid' ? 50 - one.offset : 50 + one.offset, one.contracts);
          if (!one.settles) continue;
          await turn();
          // What was lost, or could not be read at all, shows with the next frame only.
          if (one.harm === 'lose' || one.harm === 'cut') continue;
          const view = world.feed.view(one.market)!;
          if (view.inSync) expect(world.bookHere(one.market)).toEqual(await world.bookAtVenue(one.market));
        }
        world.line.harm = () => 'none';
        for (const market of [RAIN, SNOW]) world.crowd(market, 'bid', 10, 1);
        await world.pass(20_000);
        for (const market of [RAIN, SNOW]) {
          expect(world.feed.view(market)).toMatchObject({ inSync: true });
          expect(world.bookHere(market)).toEqual(await world.bookAtVenue(market));
        }
        expect(world.facts.some((fact) => fact.type === 'feed.closed')).toBe(false);
        world.connection.unsubscribe();
      }),
      { numRuns: 40 },
    );
  });
});
