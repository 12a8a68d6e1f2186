/**
 * What holds whatever a recording says, whatever accounts do and whichever queue model it is:
 * 1. accounts are filled for no more than the recording's own trades;
 * 2. the crowd never has more at a level than the recording, and has the same wherever accounts took nothing;
 * 3. the volume of the market is the recording's plus what accounts took;
 * 4. how fast the recording is read changes nothing;
 * 5. who stands in line only ever moves forward, from where it began to nobody ahead.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderId } from '../../../src/domain/ids.ts';
import { opposite, type Side } from '../../../src/domain/side.ts';
import type { Centicents } from '../../../src/domain/units.ts';
import { QUEUE_MODELS } from '../../../src/exchange/embedded/flow/queue-model.ts';
import { RecordedBook } from '../../../src/exchange/embedded/flow/recorded-book.ts';
import { createReplay, delta, MARKET, opening, type Timed, ticker, turn } from '../../support/replay.ts';

describe('Any recording, any accounts', () => {
  const entries = fc.array(
    fc.record({
      ms: fc.integer({ min: 0, max: 900 }),
      kind: fc.constantFrom('delta', 'delta', 'delta', 'print', 'order', 'order', 'take'),
      side: fc.constantFrom<Side>('bid', 'ask'),
      offset: fc.integer({ min: 0, max: 4 }),
      contracts: fc.integer({ min: -60, max: 60 }),
    }),
    { minLength: 5, maxLength: 60 },
  );

  function story(steps: { ms: number; kind: string; side: Side; offset: number; contracts: number }[]) {
    const timed: Timed[] = [...opening()];
    const acts: { ms: number; kind: string; side: Side; cents: number; contracts: number }[] = [];
    const book = new RecordedBook();
    for (const [side, cents, contracts] of [
      ['bid', 49, 40],
      ['bid', 50, 100],
      ['ask', 52, 100],
      ['ask', 53, 30],
    ] as const)
      book.change(side, (cents * 100) as Centicents, contracts);
    let ms = 300;
    let volume = 1_000;
    for (const step of steps) {
      ms += step.ms;
      const cents = step.side === 'bid' ? 50 - step.offset : 52 + step.offset;
      const size = Math.max(1, Math.abs(step.contracts));
      if (step.kind === 'delta') {
        const has = book.quantityAt(step.side, (cents * 100) as Centicents);
        const change = Math.max(-has, step.contracts);
        book.change(step.side, (cents * 100) as Centicents, change);
        timed.push(delta(ms, step.side, cents, change));
      } else if (step.kind === 'print') {
        volume += size;
        timed.push(ticker(ms, cents, volume));
      } else acts.push({ ms, kind: step.kind, side: step.side, cents, contracts: size });
    }
    timed.push([ms + 20_000, { type: 'other' }]);
    return { timed, acts, book, printed: volume - 1_000, endMs: ms + 1 };
  }

  const queues = fc.record({
    queueModel: fc.constantFrom(...QUEUE_MODELS),
    queueExponent: fc.constantFrom(0.5, 1, 2, 3),
  });

  it('keep to what was recorded', async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.integer({ min: 1, max: 3 }), queues, async (steps, pace, queue) => {
        const { timed, acts, book, printed, endMs } = story(steps);
        const run = async (everyLine: () => Promise<void>) => {
          const replay = createReplay(timed, { everyLine, queue });
          const { engine, playTo } = replay;
          // However many turns it takes, reading is ahead of playing.
          for (let wait = 0; wait < timed.length + 5; wait++) await turn();
          let maker = 0;
          let taker = 0;
          const taken = new Set<string>();
          engine.events.subscribe((event) => {
            if (event.type !== 'fill') return;
            if (!event.fill.isTaker) maker += event.fill.quantity;
            else {
              taker += event.fill.quantity;
              taken.add(`${opposite(event.fill.side)} ${event.fill.price}`);
            }
          });
          const ahead = new Map<OrderId, number>();
          const look = () => {
            for (const [id, before] of ahead) {
              const now = engine.queueAhead(id);
              if (now === null) ahead.delete(id);
              else {
                expect(now).toBeGreaterThanOrEqual(0);
                expect(now).toBeLessThanOrEqual(before);
                ahead.set(id, now);
              }
            }
          };
          for (const [index, act] of acts.entries()) {
            await playTo(act.ms);
            look();
            const user = index % 2 === 0 ? 'one' : 'two';
            const crossing = act.kind === 'take' ? { timeInForce: 'immediateOrCancel' as const } : {};
            const id = replay.order(
              user,
              act.kind === 'take' ? opposite(act.side) : act.side,
              act.cents,
              act.contracts,
              crossing,
            );
            ahead.set(id, Number.POSITIVE_INFINITY);
            look();
          }
          await playTo(endMs);
          look();
          return { replay, maker, taker, taken };
        };
        const { replay, maker, taker, taken } = await run(() => Promise.resolve());
        // Fills against another account's taker are theirs, not the recording's.
        expect(maker - taker).toBeLessThanOrEqual(printed * 100);
        expect(replay.flow.stats.filledAccounts).toBeLessThanOrEqual(printed * 100);
        expect(replay.flow.stats.traded).toBe(printed * 100);
        expect(replay.engine.market(MARKET)!.volume).toBe((1_000 + printed) * 100 + taker);
        for (const side of ['bid', 'ask'] as const)
          for (let cents = 40; cents < 60; cents++) {
            const price = (cents * 100) as Centicents;
            const recorded: number = book.quantityAt(side, price);
            const has = replay.crowd(side, cents);
            expect(has).toBeLessThanOrEqual(recorded);
            if (!taken.has(`${side} ${price}`)) expect(has).toBe(recorded);
          }
        let count = 0;
        const slow = await run(async () => {
          if (count++ % pace === 0) await turn();
        });
        expect(slow.maker).toBe(maker);
        expect(slow.replay.engine.fills('one')).toEqual(replay.engine.fills('one'));
      }),
      { numRuns: 60 },
    );
  });
});
