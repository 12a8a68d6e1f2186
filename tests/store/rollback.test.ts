/**
 * A store that is older than what happened: a copy of the folder put back, or an end that is gone without a trace. The
 * store cannot know; the exchange does. After the next start positions, fills and cash are the exchange's all the same.
 */
import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { differences, restart, restingAtExchange, simSettings, startTrial, type Trial } from '../support/world.ts';
import { contentOf } from './stage.ts';

const MINUTE = 60_000;
const COPIES: readonly (readonly [when: string, afterMs: number])[] = [
  ['from the middle of quoting', MINUTE],
  ...(process.env.BOTHSIDES_LONG === '1' ? [['from before the first order', 200] as const] : []),
];
const FEW = simSettings(['sim.markets=12']);

/** What stands on the disk now, as a copy of the folder would. */
async function copyOf(store: MemoryStore): Promise<MemoryStore> {
  const copy = new MemoryStore();
  const operations = (await contentOf(store)).map(([key, value]) => ({ type: 'put', key, value }) as const);
  await copy.batch(operations, { sync: true });
  return copy;
}

/** The process dies; the next one finds this store. */
function restartOn(trial: Trial, store: MemoryStore): Promise<Trial> {
  return restart({ ...trial, store }, { forMs: MINUTE / 2 });
}

function fillsAt({ world }: Trial): number {
  return world.exchange.engine.fills(world.user).length;
}

describe('An older copy of the store, put back', () => {
  it.each(COPIES)('%s, is brought to what the exchange knows, each fill once', async (_, copiedAfterMs) => {
    const first = await startTrial({ seed: 5, settings: FEW, forMs: null });
    await first.world.advance(copiedAfterMs);
    const old = await copyOf(first.store);
    const fillsThen = fillsAt(first);
    await first.world.advance(2 * MINUTE - copiedAfterMs);
    expect(fillsAt(first)).toBeGreaterThan(fillsThen);

    const second = await restartOn(first, old);
    const summary = await second.finish(10 * MINUTE);
    expect(summary.exit).toBe(0);
    expect(differences(second)).toEqual([]);
    expect(second.run.runtime.ledger.fillCount).toBe(fillsAt(second));
    expect(restingAtExchange(second)).toBe(0);
    second.world.stop();
  });

  it('that is empty is as a first start on this account', async () => {
    const first = await startTrial({ seed: 6, settings: FEW, forMs: null });
    await first.world.advance(MINUTE);
    const second = await restartOn(first, new MemoryStore());
    const summary = await second.finish(10 * MINUTE);
    expect([summary.exit, summary.restored]).toEqual([0, false]);
    expect(differences(second)).toEqual([]);
    second.world.stop();
  });
});
