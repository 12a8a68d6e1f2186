import { describe, expect, it } from 'vitest';
import { SequenceCheck } from '../../src/feed/sequence.ts';
import { A, B, C, createLiveHand, SETTINGS, turn } from './hand-driven.ts';

describe('the numbering of a subscription', () => {
  it('starts with 1, goes on by 1, and names gaps and repeats', () => {
    const check = new SequenceCheck();
    expect([1, 2, 2, 1, 3, 5, 6, 4].map((n) => check.check(n))).toEqual([
      'next',
      'next',
      'old',
      'old',
      'next',
      'gap',
      'next',
      'old',
    ]);
    expect(new SequenceCheck().check(2)).toBe('gap');
  });

  it('takes any later number after a frame whose number nobody could read, once', () => {
    const check = new SequenceCheck();
    check.check(1);
    check.drift();
    expect([1, 3, 5].map((n) => check.check(n))).toEqual(['old', 'next', 'gap']);
  });
});

describe('a gap', () => {
  it('voids every book of the subscription, and asks for the prioritised ones first', async () => {
    const hand = await createLiveHand([A, B, C]);
    hand.feed.prioritise([C, B]);
    hand.stream().delta(A, 'bid', 4000, -100, { skip: 1 });
    expect(hand.facts()).toEqual(['voided KXA: gap', 'voided KXB: gap', 'voided KXC: gap', 'gap in book']);
    for (const market of [A, B, C]) expect(hand.feed.view(market)?.isCurrent(hand.clocks.wallMs)).toBe(false);
    await turn();
    expect(hand.stream().commands).toEqual(['snapshots book KXB,KXC', 'snapshots book KXA']);
    expect(hand.announced()).toEqual([A, B, C]);
  });

  it('leaves each book void until its own snapshot came, then live is said again when the prioritised are there', async () => {
    const hand = await createLiveHand([A, B]);
    hand.feed.prioritise([A]);
    hand.stream().delta(A, 'bid', 4000, -100, { skip: 3 });
    hand.stream().delta(A, 'bid', 4000, 500);
    await turn();
    hand.facts();
    expect(hand.feed.view(A)?.book.levels('bid', 9)).toEqual([]);
    hand.stream().snapshot(A, [[4200, 700]]);
    hand.stream().delta(A, 'bid', 4200, -600);
    await turn();
    expect(hand.facts()).toEqual(['synced KXA', 'live']);
    expect(hand.feed.view(A)?.book.levels('bid', 9)).toEqual([[4200, 100]]);
    expect(hand.feed.view(B)).toMatchObject({ inSync: false });
    expect(hand.feed.counts).toMatchObject({ gaps: 1, voided: 2, resyncs: 1 });
  });

  it('shows on a snapshot too, which then counts for its own book', async () => {
    const hand = await createLiveHand([A, B]);
    hand.stream().number('book');
    hand.stream().snapshot(A, [[4300, 100]]);
    expect(hand.facts()).toEqual(['voided KXA: gap', 'voided KXB: gap', 'gap in book', 'synced KXA']);
    await turn();
    expect(hand.stream().commands).toEqual(['snapshots book KXB']);
  });

  it('shows on answers that take part in the numbering, and those fill no gap by themselves', async () => {
    const hand = await createLiveHand([A]);
    hand.stream().say({ type: 'sequenced', ...hand.stream().number('book') });
    hand.stream().delta(A, 'bid', 4000, -100);
    expect(hand.feed.counts.gaps).toBe(0);
    hand.stream().say({ type: 'sequenced', ...hand.stream().number('book', 1) });
    expect(hand.facts()).toEqual(['voided KXA: gap', 'gap in book']);
  });

  it('in trades or lifecycle is told and voids no book', async () => {
    const hand = await createLiveHand([A]);
    hand.stream().say({ type: 'sequenced', ...hand.stream().number('trade', 4) });
    expect(hand.facts()).toEqual(['gap in trade']);
    expect(hand.feed.view(A)).toMatchObject({ inSync: true });
  });

  it('while snapshots are on their way asks for nothing twice; one that does not come is asked for again, ever more rarely', async () => {
    const hand = await createLiveHand([A]);
    hand.stream().delta(A, 'bid', 4000, 1, { skip: 1 });
    await turn();
    hand.stream().delta(A, 'bid', 4000, 1, { skip: 1 });
    await turn();
    expect(hand.stream().commands).toEqual(['snapshots book KXA']);
    const asks: number[] = [];
    for (let second = 1; second <= 16; second++) {
      hand.stream().say({ type: 'alive' });
      await hand.clocks.pass(1000);
      if (
        hand
          .stream()
          .commands.splice(0)
          .some((command) => command.startsWith('snapshots'))
      )
        asks.push(second);
    }
    expect(asks.length).toBeGreaterThan(1);
    expect(asks.length).toBeLessThan(5);
    expect(asks[0]).toBeLessThanOrEqual((2 * SETTINGS.pingEveryMs) / 1000);
  });

  it('tells the venue anew to send a market whose snapshot never comes', async () => {
    const hand = await createLiveHand([A]);
    hand.stream().delta(A, 'bid', 4000, 1, { skip: 1 });
    for (let second = 0; second < 60; second++) {
      hand.stream().say({ type: 'alive' });
      await hand.clocks.pass(1000);
    }
    expect(hand.stream().commands).toContain('add book KXA');
  });
});

describe('a repeated or late frame', () => {
  it('is ignored and counted', async () => {
    const hand = await createLiveHand([A]);
    const again = {
      type: 'bookDelta',
      ...hand.stream().number('book'),
      market: A,
      side: 'bid',
      price: 4000,
      change: 50,
      atMs: hand.clocks.wallMs,
      clientOrderId: null,
    } as never;
    for (let times = 0; times < 3; times++) hand.stream().say(again);
    expect(hand.feed.view(A)?.book.levels('bid', 1)).toEqual([[4000, 1050]]);
    expect(hand.feed.counts).toMatchObject({ repeats: 2, gaps: 0 });
  });
});

describe('a frame that cannot be', () => {
  it('voids the book that it would make impossible, and only that one', async () => {
    const hand = await createLiveHand([A, B]);
    hand.stream().delta(A, 'bid', 4000, -1001);
    await turn();
    expect(hand.facts()).toEqual(['voided KXA: impossible']);
    expect(hand.stream().commands).toEqual(['snapshots book KXA']);
    expect(hand.feed.view(B)).toMatchObject({ inSync: true });
  });

  it('as a snapshot leaves the book void', async () => {
    const hand = await createLiveHand([A]);
    hand.stream().snapshot(A, [
      [4000, 1],
      [4000, 2],
    ]);
    await turn();
    expect(hand.facts()).toEqual(['voided KXA: nonsense']);
    expect(hand.stream().commands).toEqual(['snapshots book KXA']);
  });

  it('that could not be read voids the books of its subscription; the next number may then be any', async () => {
    const hand = await createLiveHand([A, B]);
    hand.stream().number('book');
    hand.stream().say({ type: 'malformed', subscription: hand.stream().id('book'), message: 'no price' });
    expect(hand.facts()).toEqual(['voided KXA: malformed', 'voided KXB: malformed', 'malformed no price']);
    hand.stream().snapshot(A);
    expect(hand.feed.view(A)).toMatchObject({ inSync: true });
    expect(hand.feed.counts).toMatchObject({ malformed: 1, gaps: 0 });
  });

  it('of nobody knows which subscription is told; a number that it took shows as a gap', async () => {
    const hand = await createLiveHand([A]);
    hand.stream().number('book');
    hand.stream().say({ type: 'malformed', subscription: null, message: 'not JSON' });
    expect(hand.facts()).toEqual(['malformed not JSON']);
    hand.stream().delta(A, 'bid', 4000, 1);
    expect(hand.facts()).toEqual(['voided KXA: gap', 'gap in book']);
  });

  it('of a subscription that is not ours moves nothing', async () => {
    const hand = await createLiveHand([A]);
    hand.stream().say({ type: 'sequenced', subscription: 99, sequence: 7 });
    expect(hand.facts()).toEqual([]);
  });

  it('as a refusal of a command is told and counted', async () => {
    const hand = await createLiveHand([A]);
    hand.stream().say({ type: 'commandFailed', code: 26, message: 'too many markets' });
    expect(hand.facts()).toEqual(['refused 26']);
    expect(hand.feed.counts.refused).toBe(1);
  });
});

describe('a subscription that the venue ended', () => {
  it('of books: voids them, asks anew at once, and starts counting from 1', async () => {
    const hand = await createLiveHand([A]);
    hand.feed.prioritise([A]);
    const lost = hand.stream().id('book');
    hand.stream().say({ type: 'subscriptionLost', subscription: lost, code: 25, message: 'buffer overflow' });
    await turn();
    expect(hand.facts()).toEqual(['voided KXA: subscriptionLost', 'gap in book']);
    expect(hand.stream().commands).toEqual(['subscribe book KXA']);
    expect(hand.stream().id('book')).not.toBe(lost);
    hand.stream().snapshot(A);
    await turn();
    expect(hand.facts()).toEqual(['synced KXA', 'live']);
    expect(hand.feed.counts.gaps).toBe(0);
  });

  it('of fills: is told, so that fills are read again, and asked for anew', async () => {
    const hand = await createLiveHand([A]);
    hand.stream().say({ type: 'subscriptionLost', subscription: hand.stream().id('fill'), code: 10, message: '' });
    await turn();
    expect(hand.stream().commands).toEqual(['subscribe fill']);
    expect(hand.facts()).toEqual(['gap in fill', 'live']);
  });

  it('again and again is asked for after growing pauses', async () => {
    const hand = await createLiveHand([A]);
    const asked: number[] = [];
    const start = hand.clocks.wallMs;
    for (let round = 0; round < 200; round++) {
      const id = hand.stream().ids.get('book');
      if (id !== undefined) {
        hand.stream().ids.delete('book');
        hand.stream().say({ type: 'subscriptionLost', subscription: id, code: 10, message: '' });
      }
      hand.stream().say({ type: 'alive' });
      await turn();
      if (hand.stream().commands.splice(0).includes('subscribe book KXA')) asked.push(hand.clocks.wallMs - start);
      await hand.clocks.pass(100);
    }
    expect(asked[0]).toBe(0);
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.length).toBeLessThan(10);
  });

  it('is asked for again when the question is not answered', async () => {
    const hand = await createLiveHand([]);
    hand.stream().answers = false;
    hand.feed.watch(A);
    for (let second = 0; second < 8; second++) {
      hand.stream().say({ type: 'alive' });
      await hand.clocks.pass(1000);
    }
    expect(hand.stream().commands.filter((command) => command.startsWith('subscribe book'))).toHaveLength(2);
  });
});
