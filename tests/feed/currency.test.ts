import { describe, expect, it } from 'vitest';
import type { Ticker } from '../../src/domain/ids.ts';
import type { RestBook } from '../../src/exchange/port.ts';
import { LagMeter } from '../../src/feed/lag-meter.ts';
import { A, B, createHand, createLiveHand, type Hand, restBook, turn } from './hand-driven.ts';

const isCurrent = (hand: Hand, market: Ticker = A): boolean => hand.feed.view(market)!.isCurrent(hand.clocks.wallMs);

/** Seconds in which nothing happens but pongs. */
async function quiet(hand: Hand, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    await hand.clocks.pass(1000);
    hand.stream().say({ type: 'alive' });
    await turn();
  }
}

describe('a quiet market', () => {
  it('is current for as long as pongs come, however long nothing happens on it', async () => {
    const hand = await createLiveHand([A]);
    await quiet(hand, 300);
    expect(isCurrent(hand)).toBe(true);
    expect(hand.stream().pings).toBe(150);
    expect(hand.facts()).toEqual([]);
  });

  it('is no longer current five seconds after the last sign of life, and is again with the next', async () => {
    const hand = await createLiveHand([A]);
    hand.clocks.wallMs += 5000;
    expect(isCurrent(hand)).toBe(true);
    hand.clocks.wallMs += 1;
    expect(isCurrent(hand)).toBe(false);
    hand.stream().say({ type: 'alive' });
    expect(isCurrent(hand)).toBe(true);
  });
});

describe('silence', () => {
  it('ends the connection, so that its owner opens another', async () => {
    const hand = await createLiveHand([A]);
    await hand.clocks.pass(8000);
    expect(hand.facts()).toEqual(['voided KXA: disconnected', 'closed: nothing heard for 6000 ms']);
    expect(hand.stream().isClosed).toBe(true);
  });

  it('before the handshake ends it as well', async () => {
    const hand = createHand();
    hand.open();
    await hand.clocks.pass(8000);
    expect(hand.facts()).toEqual(['closed: nothing heard for 6000 ms']);
  });

  it('is not the venue’s when the process slept: what waits in the socket decides', async () => {
    const hand = await createLiveHand([A]);
    hand.clocks.sleep(60_000);
    expect(isCurrent(hand)).toBe(false);
    await hand.clocks.pass(0);
    expect(hand.facts()).toEqual([]);
    hand.stream().say({ type: 'alive' });
    expect(isCurrent(hand)).toBe(true);
    await hand.clocks.pass(2000);
    expect(hand.facts()).toEqual([]);
  });
});

describe('lag', () => {
  async function late(hand: Hand, lagMs: number, frames: number): Promise<void> {
    for (let frame = 0; frame < frames; frame++) {
      hand.stream().delta(A, 'bid', 4000, 1, { atMs: hand.clocks.marketMs - lagMs });
    }
    await turn();
  }

  it('is told when the median of the last frames is over the limit, and live again when it is under', async () => {
    const hand = await createLiveHand([A]);
    await late(hand, 20, 50);
    await late(hand, 3000, 25);
    expect(hand.facts()).toEqual([]);
    await late(hand, 3000, 1);
    expect(hand.facts()).toEqual(['lagging 3000']);
    expect(isCurrent(hand)).toBe(false);
    await late(hand, 20, 25);
    expect(isCurrent(hand)).toBe(true);
    expect(hand.facts()).toEqual(['live']);
  });

  it('is not seen in a handful of frames', async () => {
    const hand = await createLiveHand([A]);
    await late(hand, 9000, 4);
    expect(isCurrent(hand)).toBe(true);
    await late(hand, 9000, 1);
    expect(isCurrent(hand)).toBe(false);
  });

  it('of frames long gone is forgotten on a line that is quiet and answers', async () => {
    const hand = await createLiveHand([A]);
    await late(hand, 3000, 50);
    expect(isCurrent(hand)).toBe(false);
    await quiet(hand, 8);
    expect(isCurrent(hand)).toBe(true);
    expect(hand.facts()).toEqual(['lagging 3000', 'live']);
  });

  it('is measured in wall time, however fast the market runs', async () => {
    const hand = await createLiveHand([A]);
    hand.clocks.speed = 60;
    await quiet(hand, 4);
    await late(hand, 30_000, 50);
    expect(isCurrent(hand)).toBe(true);
    await late(hand, 180_000, 50);
    expect(hand.facts()).toEqual(['lagging 3000']);
  });

  it('is measured from the earliest frame where our clock is behind the venue’s', () => {
    const meter = new LagMeter(5, 2000);
    for (const lag of [-4000, -3990, -3900, -3950, -3980]) meter.add(lag, 0);
    expect(meter.isLagging()).toBe(false);
    for (let n = 0; n < 3; n++) meter.add(-1500, 0);
    expect(meter.isLagging()).toBe(true);
    expect(meter.medianMs()).toBe(2480);
  });
});

describe('a crossed book', () => {
  it('is borne for a moment and voided when it lasts', async () => {
    const hand = await createLiveHand([A]);
    hand.stream().delta(A, 'bid', 6000, 100);
    await quiet(hand, 3);
    hand.stream().delta(A, 'bid', 6000, -100);
    await quiet(hand, 4);
    expect(hand.facts()).toEqual([]);
    hand.stream().delta(A, 'bid', 6100, 100);
    await quiet(hand, 5);
    expect(hand.facts()).toEqual(['voided KXA: crossed']);
    expect(hand.stream().commands).toContain('snapshots book KXA');
  });
});

describe('an audit', () => {
  const same = restBook(A, [[4000, 1000]], [[6000, 1000]]);
  const other = restBook(A, [[4000, 1000]], [[5700, 1000]]);

  async function audited(book: (market: Ticker) => Promise<RestBook>): Promise<Hand> {
    const hand = await createLiveHand([A, B]);
    hand.feed.prioritise([A]);
    hand.rest.book = book;
    return hand;
  }

  it('reads one REST book a minute for each prioritised market, and nothing else', async () => {
    const asked: Ticker[] = [];
    const hand = await audited((market) => {
      asked.push(market);
      return Promise.resolve(same);
    });
    await quiet(hand, 55);
    expect(asked).toEqual([]);
    await quiet(hand, 120);
    expect(asked).toEqual([A, A]);
    expect(hand.feed.counts).toMatchObject({ audits: 2, auditMismatches: 0 });
  });

  it('believes the stream after one difference, and voids the book after two in a row', async () => {
    const hand = await audited(() => Promise.resolve(other));
    await quiet(hand, 63);
    expect(hand.feed.counts.auditMismatches).toBe(1);
    expect(hand.facts()).toEqual([]);
    await quiet(hand, 2);
    expect(hand.facts()).toEqual(['voided KXA: audit']);
    await quiet(hand, 1);
    expect(hand.stream().commands).toContain('snapshots book KXA');
  });

  it('forgets a difference that does not last', async () => {
    const answers = [other, same];
    const hand = await audited(() => Promise.resolve(answers.shift() ?? other));
    await quiet(hand, 70);
    expect(hand.feed.counts).toMatchObject({ audits: 2, auditMismatches: 1 });
    await quiet(hand, 55);
    expect(hand.feed.counts).toMatchObject({ audits: 3, auditMismatches: 2 });
    expect(hand.facts()).toEqual([]);
  });

  it('voids a book that is a tick off after three in a row: it may have moved once, and not each time', async () => {
    const hand = await audited(() => Promise.resolve(restBook(A, [[4000, 1000]], [[5900, 1000]])));
    await quiet(hand, 65);
    expect(hand.feed.counts.auditMismatches).toBe(2);
    expect(hand.facts()).toEqual([]);
    await quiet(hand, 2);
    expect(hand.facts()).toEqual(['voided KXA: audit']);
  });

  it('takes what the book was when it asked for as good as what it is now, and other sizes for no difference', async () => {
    const hand = await audited((market) => {
      hand.stream().delta(market, 'ask', 6000, -1000);
      hand.stream().delta(market, 'ask', 7000, 1000);
      return Promise.resolve(restBook(A, [[4000, 5]], [[6000, 7]]));
    });
    await quiet(hand, 63);
    expect(hand.feed.counts).toMatchObject({ audits: 1, auditMismatches: 0 });
  });

  it('that gets no answer is told and changes nothing', async () => {
    const hand = await audited(() => Promise.reject(new Error('503')));
    await quiet(hand, 63);
    expect(hand.facts()).toEqual(['pollFailed audit of KXA: 503']);
    expect(isCurrent(hand)).toBe(true);
    expect(hand.feed.counts.auditFailures).toBe(1);
  });

  it('that is answered after the connection is over is not judged', async () => {
    let answer: (book: RestBook) => void = () => {};
    const hand = await audited(() => new Promise((resolve) => (answer = resolve)));
    await quiet(hand, 63);
    hand.stream().say({ type: 'closed', code: 1000, reason: '' });
    answer(other);
    await turn();
    expect(hand.feed.counts.audits).toBe(0);
  });
});

describe('polling', () => {
  it('reads every watched book, prioritised ones first, and each is current for ten seconds from its question', async () => {
    const hand = createHand();
    hand.feed.watch(A);
    hand.feed.watch(B);
    hand.feed.prioritise([B]);
    const asked: string[] = [];
    hand.rest.books = (markets) => {
      asked.push(markets.join());
      return Promise.resolve(markets.map((market) => restBook(market, [[4000, 1]], [[4100, 1]])));
    };
    const polling = hand.feed.polling().subscribe();
    await turn();
    expect(asked).toEqual(['KXB,KXA']);
    expect(hand.facts()).toEqual(['synced KXB', 'synced KXA']);
    expect(hand.announced()).toEqual([B, A]);
    expect(hand.feed.view(A)).toMatchObject({ source: 'poll', inSync: true });
    await hand.clocks.pass(4000);
    expect(asked).toHaveLength(3);
    polling.unsubscribe();
    await hand.clocks.pass(10_000);
    expect(asked).toHaveLength(3);
    expect(isCurrent(hand)).toBe(true);
    hand.clocks.wallMs += 1;
    expect(isCurrent(hand)).toBe(false);
    expect(hand.clocks.pending).toBe(0);
  });

  it('that fails is told; books that grew old meanwhile are void', async () => {
    const hand = createHand();
    hand.feed.watch(A);
    hand.rest.books = () => Promise.resolve([restBook(A, [[4000, 1]], [[4100, 1]])]);
    const polling = hand.feed.polling().subscribe();
    await turn();
    hand.facts();
    hand.rest.books = () => Promise.reject(new Error('502'));
    await hand.clocks.pass(14_000);
    expect(hand.facts().slice(-2)).toEqual(['voided KXA: stale', 'pollFailed 502']);
    expect(hand.feed.counts).toMatchObject({ polls: 1, pollFailures: 7, voided: 1 });
    polling.unsubscribe();
  });

  it('gives way to the stream, market by market, without a word', async () => {
    const hand = createHand();
    hand.feed.watch(A);
    hand.rest.books = (markets) => Promise.resolve(markets.map((market) => restBook(market, [[4000, 1]], [[4100, 1]])));
    const polling = hand.feed.polling().subscribe();
    await turn();
    hand.open();
    hand.stream().say({ type: 'opened' });
    await turn();
    hand.stream().snapshot(A, [[3000, 5]], [[3100, 5]]);
    await hand.clocks.pass(2500);
    expect(hand.feed.view(A)).toMatchObject({ source: 'stream' });
    expect(hand.feed.view(A)?.book.bestBid()).toBe(3000);
    polling.unsubscribe();
    expect(hand.facts()).toEqual(['synced KXA', 'opened', 'live']);
  });
});
