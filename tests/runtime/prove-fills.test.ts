/** What a complete listing of fills proves, and how often a long run asks for it. */
import { describe, expect, it } from 'vitest';
import type { Fill } from '../../src/domain/fill.ts';
import type { Json } from '../../src/domain/json.ts';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { unixMs } from '../../src/domain/units.ts';
import type { FillsQuery } from '../../src/exchange/port.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { keepProving, noteProven, unprovenFills } from '../../src/runtime/prove-fills.ts';
import { fill } from '../ledger/fixtures.ts';
import { NOON_MS } from '../support/markets.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function stage() {
  const market = new ManualClock(NOON_MS);
  const ledger = new Ledger();
  const written: { kind: string; data: Json }[] = [];
  const venue = { fills: [] as Fill[], complete: true, isDown: false };
  const asked: FillsQuery[] = [];
  const warned: string[] = [];
  const runtime = {
    ledger,
    accounts: {
      settledMs: null,
      takeFills: (fills: readonly Fill[]) => {
        for (const each of fills) ledger.apply(each);
      },
    },
    parts: {
      journal: { append: (kind: string, data: Json) => written.push({ kind, data }) },
      log: { warn: (_: object, message: string) => void warned.push(message) },
      clocks: { market },
      venue: {
        account: {
          fills: async (query: FillsQuery) => {
            asked.push(query);
            if (venue.isDown) throw new Error('no answer');
            return { items: venue.fills, complete: venue.complete };
          },
        },
      },
    },
  };
  const advance = async (ms: number): Promise<void> => {
    for (let past = 0; past < ms; past += HOUR_MS) {
      market.advanceTo(market.now() + Math.min(HOUR_MS, ms - past));
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  };
  return { market, ledger, written, venue, asked, warned, runtime, advance };
}

describe('A complete listing of fills', () => {
  it('proves all that happened a day before it and more, and says so when that has moved by an hour', () => {
    const { runtime, ledger, written } = stage();
    expect(unprovenFills(ledger)).toEqual({});
    noteProven(runtime, NOON_MS);
    noteProven(runtime, NOON_MS + HOUR_MS - 1);
    noteProven(runtime, NOON_MS + HOUR_MS);
    expect(written.map(({ data }) => (data as { fillsBeforeMs: number }).fillsBeforeMs)).toEqual([
      NOON_MS - DAY_MS,
      NOON_MS + HOUR_MS - DAY_MS,
    ]);
    expect(unprovenFills(ledger)).toEqual({ sinceMs: NOON_MS + HOUR_MS - DAY_MS });
  });
});

describe('A long run', () => {
  it('finds what the stream lost, and keeps the names of no more than the fills of late', async () => {
    const { runtime, ledger, venue, asked, advance, market, written } = stage();
    const end = keepProving(runtime);
    const lost = fill('bid', 1, 40, { atMs: unixMs(NOON_MS + 1) });
    venue.fills = [lost];
    await advance(6 * HOUR_MS);
    expect(ledger.fillCount).toBe(1);
    await advance(42 * HOUR_MS);
    expect((ledger.toJson() as { fills: unknown[] }).fills).toEqual([]);
    expect(ledger.apply(lost)).toBe('duplicate');
    expect(asked).toHaveLength(8);
    expect(asked.at(-1)).toEqual({ sinceMs: market.now() - DAY_MS - 6 * HOUR_MS });
    expect(new Set(written.map(({ kind }) => kind))).toEqual(new Set(['account.proven']));
    end();
    expect(market.nextDueMs).toBeNull();
  });

  it('proves nothing by half a listing or none, and asks again', async () => {
    const { runtime, ledger, venue, advance, warned } = stage();
    const end = keepProving(runtime);
    venue.complete = false;
    await advance(6 * HOUR_MS);
    venue.isDown = true;
    await advance(6 * HOUR_MS);
    expect(ledger.provenMs).toBeNull();
    expect(warned).toEqual(['the fills of late could not be read']);
    Object.assign(venue, { complete: true, isDown: false });
    await advance(6 * HOUR_MS);
    expect(ledger.provenMs).not.toBeNull();
    end();
  });
});
