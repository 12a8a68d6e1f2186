/** How a run ends: patiently, on a signal, during boot, with a fault, on a full disk, with an exchange that says nothing. */
import { describe, expect, it, vi } from 'vitest';
import type { Interference } from '../../src/backtest/virtual-world.ts';
import { BothsidesError } from '../../src/domain/errors.ts';
import type { Summary } from '../../src/runtime/summary.ts';
import { differences, quotingNow, restingAtExchange, simSettings, startTrial, type Trial } from '../support/world.ts';

/** An exchange that answers nothing any more, from a moment on. */
function deadable(): { readonly interference: Interference; die(): void } {
  let isDead = false;
  return {
    die() {
      isDead = true;
    },
    interference: {
      transport: (inner) => ({
        send: (request) =>
          isDead
            ? new Promise((_, reject) => {
                request.signal.addEventListener('abort', () => reject(request.signal.reason), { once: true });
              })
            : inner.send(request),
      }),
    },
  };
}

const SETTINGS = simSettings(['sim.markets=24']);

async function quoting(seed: number, interference: Interference = {}): Promise<Trial> {
  const trial = await startTrial({ seed, forMs: null, settings: SETTINGS, interference });
  expect(await trial.world.advance(60_000, () => quotingNow(trial) >= 3 && restingAtExchange(trial) >= 3)).toBe(true);
  return trial;
}

/** Ends it, and says how long that took. */
async function ended(trial: Trial, withinMs: number): Promise<{ summary: Summary; tookMs: number }> {
  const beganMs = trial.world.clock.now();
  const summary = await trial.finish(withinMs);
  return { summary, tookMs: trial.world.clock.now() - beganMs };
}

/** Markets of the creates that are written from now on. */
function sentFrom(trial: Trial): string[] {
  const sent: string[] = [];
  trial.run.runtime.gateway.facts$.subscribe((fact) => void (fact.type === 'sent' && sent.push(fact.market)));
  return sent;
}

const kinds = async (trial: Trial): Promise<string[]> => {
  const all: string[] = [];
  for await (const entry of trial.run.journal.read()) all.push(entry.kind);
  return all;
};

describe('a wind-down', () => {
  it('takes no longer than 45 s of market time and leaves nothing', async () => {
    const trial = await quoting(71);
    await trial.world.advance(60_000);
    trial.run.windDown();
    const { summary } = await ended(trial, 45_000);
    expect(summary).toMatchObject({ exit: 0, orders: { leftResting: 0, unknown: 0 } });
    expect(restingAtExchange(trial)).toBe(0);
    expect(differences(trial)).toEqual([]);
  });

  it('on an exchange that answers nothing any more ends with 7 and what may be left', async () => {
    const { interference, die } = deadable();
    const trial = await quoting(72, interference);
    const resting = restingAtExchange(trial);
    die();
    trial.run.windDown();
    const { summary, tookMs } = await ended(trial, 150_000);
    expect(tookMs).toBeLessThan(140_000);
    expect(summary.exit).toBe(7);
    expect(summary.orders.leftResting).toBeGreaterThanOrEqual(resting);
  });
});

describe('a signal', () => {
  it('takes everything off within 8 s of wall time', async () => {
    const trial = await quoting(73);
    trial.run.stopNow();
    const { summary } = await ended(trial, 8_000);
    expect(summary).toMatchObject({ exit: 0, orders: { leftResting: 0 } });
    expect(restingAtExchange(trial)).toBe(0);
    // A recording that is closed ends for those who play it, too: that is no reason for the process to wait for anything.
    const waited = vi.spyOn(trial.world.clock, 'setTimeout');
    trial.run.marketOver();
    trial.run.windDown();
    trial.run.stopNow();
    expect(waited).not.toHaveBeenCalled();
  });

  it('ends within 8 s with 7 and the list when the exchange does not answer', async () => {
    const { interference, die } = deadable();
    const trial = await quoting(74, interference);
    const resting = restingAtExchange(trial);
    die();
    trial.run.stopNow();
    const { summary } = await ended(trial, 8_000);
    expect(summary.exit).toBe(7);
    expect(summary.orders.leftResting).toBeGreaterThanOrEqual(resting);
  });

  it('for the second time ends at once', async () => {
    const { interference, die } = deadable();
    const trial = await quoting(75, interference);
    die();
    trial.run.stopNow();
    await trial.world.advance(500);
    trial.run.stopNow();
    const { tookMs } = await ended(trial, 1_000);
    expect(tookMs).toBeLessThan(100);
  });

  it('during boot is heeded: nothing is ever placed', async () => {
    const trial = await startTrial({ seed: 76, forMs: null, settings: SETTINGS });
    trial.run.stopNow();
    const { summary } = await ended(trial, 8_000);
    expect(summary).toMatchObject({ exit: 0, orders: { created: 0 } });
  });

  it('during a boot that gets no answer ends within 8 s', async () => {
    const { interference, die } = deadable();
    die();
    const trial = await startTrial({ seed: 77, forMs: null, settings: SETTINGS, interference });
    await trial.world.advance(1_000);
    trial.run.stopNow();
    const { summary } = await ended(trial, 8_000);
    expect(summary).toMatchObject({ exit: 7, orders: { created: 0 } });
  });
});

describe('a fault', () => {
  it('that nobody expected takes everything off, is journaled, and ends with 70', async () => {
    const trial = await quoting(78);
    trial.run.panic(new Error('something broke'));
    const sent = sentFrom(trial);
    trial.run.runtime.openDoor();
    expect(trial.run.runtime.door.permission).toBe('cancelOnly');
    const { summary } = await ended(trial, 8_000);
    expect(summary).toMatchObject({ exit: 70, orders: { leftResting: 0 } });
    expect(sent).toEqual([]);
    expect(restingAtExchange(trial)).toBe(0);
    expect(await kinds(trial)).toContain('run.faulted');
  });

  it('in the charts leaves nobody in charge, and still everything comes off', async () => {
    const trial = await quoting(79);
    // The root hears of a child that broke and that nothing handles.
    const scan = trial.run.runtime.scan as { sweep: () => unknown; discover: () => unknown };
    scan.sweep = scan.discover = () => {
      throw new Error('kept for the scanner, which handles it');
    };
    const { entries } = trial.run.runtime.register;
    expect(entries.call(trial.run.runtime.register).length).toBeGreaterThan(3);
    trial.run.runtime.applyMode = () => {
      throw new Error('the supervisor broke');
    };
    trial.run.runtime.halt('test');
    const { summary } = await ended(trial, 10_000);
    expect(summary).toMatchObject({ exit: 70, orders: { leftResting: 0 } });
    expect(restingAtExchange(trial)).toBe(0);
  });

  it('of the disk takes everything off and ends with 5', async () => {
    const trial = await quoting(80);
    trial.store.failWrites(true);
    const sent = sentFrom(trial);
    const { summary } = await ended(trial, 60_000);
    expect(summary.exit).toBe(5);
    expect(trial.run.fault()).toMatchObject({ code: 'DATA_UNWRITABLE' });
    expect(summary.orders.leftResting).toBe(0);
    expect(restingAtExchange(trial)).toBe(0);
    // An intent that is not on the disk never leaves.
    expect(sent).toEqual([]);
  });

  it('of the disk that only stalls is one too', async () => {
    const trial = await quoting(81);
    trial.store.holdWrites(true);
    const beganMs = trial.world.clock.now();
    const finished = trial.finish(60_000);
    const summary = await finished;
    expect(summary.exit).toBe(5);
    expect(restingAtExchange(trial)).toBe(0);
    expect(trial.world.clock.now() - beganMs).toBeLessThan(45_000);
  });
});

describe('a quote', () => {
  it('has its reason in the journal in front of it, once a decision', async () => {
    const trial = await quoting(82);
    await trial.world.advance(30_000);
    const decided = new Set<string>();
    let count = 0;
    let quotes = 0;
    for await (const entry of trial.run.journal.read()) {
      const data = entry.data as { market: string; purpose?: string; explain?: { modelSpreadCents: number } };
      if (entry.kind === 'quote.decided') {
        decided.add(data.market);
        count++;
        expect(data.explain?.modelSpreadCents).toBeGreaterThan(0);
      }
      if (entry.kind === 'order.intended' && data.purpose === 'quote') {
        quotes++;
        expect(decided.has(data.market)).toBe(true);
      }
    }
    expect(quotes).toBeGreaterThan(5);
    expect(count).toBeLessThanOrEqual(quotes);
    trial.run.stopNow();
    await trial.finish(8_000);
  });
});

describe('a boot that is refused', () => {
  it('rejects with a code and leaves the journal closed', async () => {
    const { interference, die } = deadable();
    die();
    const trial = await startTrial({ seed: 83, forMs: null, settings: SETTINGS, interference });
    const failure = await trial.finish(120_000).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BothsidesError);
    expect(failure).toMatchObject({ code: 'EXCHANGE_UNREACHABLE' });
    expect(() => trial.run.journal.append('late', {})).toThrow();
  });
});
