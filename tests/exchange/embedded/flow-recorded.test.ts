/** A whole recorded quarter of an hour, where BOTHSIDES_RECORDINGS names a folder of recordings. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Ticker } from '../../../src/domain/ids.ts';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import type { Side } from '../../../src/domain/side.ts';
import { type Centicents, type Centicontracts, fromDollars } from '../../../src/domain/units.ts';
import { createEngine } from '../../../src/exchange/embedded/engine.ts';
import { CAUTIOUS } from '../../../src/exchange/embedded/flow/queue-model.ts';
import type { RecordedLine } from '../../../src/exchange/embedded/flow/recorded-line.ts';
import { openRecording } from '../../../src/exchange/embedded/flow/recording.ts';
import { createReplayFlow } from '../../../src/exchange/embedded/flow/replay.ts';
import { SERIES } from '../../support/replay.ts';

const folder = process.env.BOTHSIDES_RECORDINGS;
const path = folder === undefined ? '' : join(folder, 'bitcoin-15min-stream/clean/20260513T1333Z.jsonl.zst');
const isThere = folder !== undefined && existsSync(path);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

if (!isThere) {
  const why = folder === undefined ? 'BOTHSIDES_RECORDINGS is not set' : `${path} is not there`;
  it(`A whole recording was not replayed: ${why}`, () => say(`A whole recording was not replayed: ${why}.`));
}

it.runIf(isThere)(
  'The crowd of a whole recording stands where its ticker says, with an account in line',
  async () => {
    const startedMs = performance.now();
    const recording = await openRecording(path);
    const clock = new ManualClock(recording.firstMs);
    const random = createRandom(1);
    const engine = createEngine({ market: clock, random: random.split('engine') });
    const heard: RecordedLine[] = [];
    /** How far the recording has been read: time must not pass what is still on the disk, however slow that is. */
    let readMs: number = recording.firstMs;
    async function* overheard(): AsyncGenerator<RecordedLine, void> {
      for await (const line of recording.lines) {
        heard.push(line);
        readMs = line.recvMs;
        yield line;
      }
      readMs = Number.POSITIVE_INFINITY;
    }
    const lines = { [Symbol.asyncIterator]: overheard };
    const flow = createReplayFlow({
      ...recording,
      lines,
      engine,
      market: clock,
      random,
      settings: { ...CAUTIOUS, series: SERIES },
    });
    engine.openAccount('maker', new Map([[2, fromDollars(100_000)]]));

    /** Where the crowd alone stands: levels that the account is alone at do not count. */
    const crowdTouch = (market: Ticker, side: Side): Centicents | null => {
      const { bids, asks } = engine.book(market);
      const best = side === 'bid' ? bids.toReversed() : asks;
      return best.find(([price]) => engine.crowdQuantity(market, side, price) > 0)?.[0] ?? null;
    };
    // The recording's book, applied here by the plainest means.
    let plain = { market: '', bid: new Map<number, number>(), ask: new Map<number, number>() };
    const plainTouch = (side: Side): number | null => {
      const prices = [...plain[side]].filter(([, quantity]) => quantity > 0).map(([price]) => price);
      if (prices.length === 0) return null;
      return side === 'bid' ? Math.max(...prices) : Math.min(...prices);
    };
    const counts = { looks: 0, near: 0, same: 0, plainNear: 0, quotes: 0 };
    const compare = ({ entry }: RecordedLine) => {
      if (entry.type === 'snapshot')
        plain = { market: entry.market, bid: new Map(entry.bids), ask: new Map(entry.asks) };
      if (entry.type === 'delta')
        plain[entry.side].set(entry.price, (plain[entry.side].get(entry.price) ?? 0) + entry.change);
      if (entry.type !== 'ticker' || engine.market(entry.market)?.status !== 'active') return;
      if (entry.bid === null || entry.ask === null || entry.market !== plain.market) return;
      const isNear = (touch: (side: Side) => number | null) =>
        (['bid', 'ask'] as const).every((side) => Math.abs((touch(side) ?? -1e6) - entry[side]!) <= 200);
      counts.looks++;
      if (isNear((side) => crowdTouch(entry.market, side))) counts.near++;
      if (isNear(plainTouch)) counts.plainNear++;
      if ((['bid', 'ask'] as const).every((side) => crowdTouch(entry.market, side) === plainTouch(side))) counts.same++;
    };
    /** Five contracts at the touch on both sides, anew each second. */
    const quote = () => {
      engine.cancelAll('maker');
      for (const { listed, status } of engine.allMarkets()) {
        const bid = crowdTouch(listed.ticker, 'bid');
        const ask = crowdTouch(listed.ticker, 'ask');
        if (status !== 'active' || bid === null || ask === null) continue;
        for (const [side, price] of [
          ['bid', bid],
          ['ask', ask],
        ] as const) {
          const answer = engine.create('maker', {
            market: listed.ticker,
            side,
            price,
            quantity: 5_00 as Centicontracts,
            timeInForce: 'goodTillCanceled',
            selfTrade: 'taker_at_cross',
            clientOrderId: null,
            expiresAtMs: null,
            postOnly: true,
            reduceOnly: false,
            cancelOnPause: false,
            groupId: null,
          });
          if (answer.ok) counts.quotes++;
        }
      }
    };

    let isOver = false;
    /** Of what was heard, so much is behind. */
    let played = 0;
    void flow.done.then(() => {
      isOver = true;
    });
    flow.start();
    for (let nextQuoteMs = recording.firstMs + 5_000; !isOver; ) {
      const next = clock.nextDueMs;
      if (next === null || next > readMs) {
        await turn();
        continue;
      }
      clock.advanceTo(next);
      const first = played;
      for (; played < heard.length && heard[played]!.recvMs <= clock.now(); played++) {
        // All of a millisecond is played at once: a ticker is compared when its millisecond is over.
        const line = heard[played]!;
        if (line.entry.type !== 'ticker') compare(line);
      }
      for (let at = first; at < played; at++) if (heard[at]!.entry.type === 'ticker') compare(heard[at]!);
      if (played > 10_000) {
        heard.splice(0, played);
        played = 0;
      }
      if (clock.now() >= nextQuoteMs) {
        nextQuoteMs = clock.now() + 1_000;
        quote();
      }
      // Reading goes on between two of these; a minute is read ahead.
      if (flow.stats.lines % 16 === 0) await turn();
    }
    const { stats } = flow;
    const fills = engine.fills('maker');
    const contracts = fills.reduce((sum, { quantity }) => sum + quantity, 0) / 100;
    say(
      `Replayed ${stats.lines} lines (${stats.deltas} deltas) in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s: ` +
        `crowd's touch the recorded book's ${counts.same} of ${counts.looks} times, within 2¢ of the ticker's ` +
        `${counts.near} times (the recorded book ${counts.plainNear}); ${counts.quotes} quotes, ` +
        `${fills.length} fills of ${contracts} contracts out of ${Math.round(stats.traded / 100)} traded; ` +
        `${stats.gaps} gaps, ${stats.impossible} impossible, ${stats.ignored} ignored.`,
    );
    expect(counts.looks).toBeGreaterThan(800);
    expect(counts.same / counts.looks).toBeGreaterThanOrEqual(0.999);
    // Ticker and book come on channels of their own: in this recording they disagree 15 times by themselves.
    expect(counts.near / counts.plainNear).toBeGreaterThanOrEqual(0.99);
    expect(counts.near / counts.looks).toBeGreaterThanOrEqual(0.98);
    expect(fills.length).toBeGreaterThan(20);
    expect(stats.filledAccounts).toBe(contracts * 100);
    expect(stats.filledAccounts).toBeLessThan(stats.traded);
    expect(stats.gaps).toBe(0);
    expect(stats.impossible).toBe(0);
    expect(engine.market(stats.markets[0]!)).toMatchObject({ status: 'finalized' });
  },
  60_000,
);
