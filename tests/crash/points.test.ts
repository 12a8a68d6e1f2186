/**
 * A trader that dies at every place where it can: at each entry of its journal, at each batch before, while and after it is
 * safe, at each request before and after its bytes left, when the exchange had done it and when its answer was there, at
 * each private frame; in every state of its charts, in recovery too, up to three times in a run, among lost, late, refused
 * and broken requests. What was not synced is gone, or part of it is there: batches of the disk are atomic, so that what
 * survives of them is whole batches in their order. What the dead sent may come to the exchange after they are gone.
 *
 * Invariants, at every instant and over all lives:
 *
 * 1. Intent first: when the bytes of a create leave, its intent is safe on the disk, and the exchange never has an order
 *    of which a later life could not know.
 * 2. Nothing is doubled: one id stands for one order, the same body each time; at most one order rests on a side of a
 *    market; no create leaves while another one of that side is on its way, whoever sent it.
 * 3. No create leaves during recovery, through a door that is not open, or after a halt was accepted.
 * 4. No create leaves for a market with an order of unknown fate, or with one at the exchange that is not known.
 * 5. Nothing is forgotten: when recovery is over every order at the exchange and on the line has its row, and positions
 *    are the exchange's.
 * 6. What positions, resting orders and orders on the line can lose together never passes the limits of a market, a
 *    category, the account, counted from what the exchange has.
 * 7. Σ reducing orders, resting and on the line, never passes |position|.
 * 8. A session that closes leaves nothing on its market, and the position that it says.
 * 9. A recovery that finds what the one before it found learns nothing.
 * 10. It ends, within bounded time, with exit 0: nothing rests, nothing is unknown, positions, fills, fees and cash are the
 *     exchange's to the last $0.000001, and the journal is whole and has the intent of every order that ever was.
 *
 * A violation says seed, places and the command that repeats it: `BOTHSIDES_CRASH=<seed>:<place>,<place> npx vitest …`.
 */
import { describe, expect, it } from 'vitest';
import { Coverage } from '../support/crash-choice.ts';
import { crashRun } from '../support/crash-run.ts';
import { crashSeries } from '../support/crash-series.ts';

const LONG = process.env.BOTHSIDES_LONG === '1';
const AGAIN = process.env.BOTHSIDES_CRASH;
const SEEDS = LONG ? 200 : 4;
const POINTS_OF_SEED = LONG ? 10 : 5;

/** A death falls into each of these, however few the runs. */
const ALWAYS = ['boot.reconciling', 'quoting.live', 'softExit.working', 'draining.winding'];
/** And into each of these in the long form: everything that a trader can be in the middle of. */
const EVERYWHERE = [
  ...ALWAYS,
  'boot.opening',
  'boot.loading',
  'warmup.awaitingBook',
  'warmup.awaitingRegime',
  'warmup.delaying',
  'quoting.frozen',
  'softExit.cancelling',
  'softExit.awaitingReversion',
  'killed.cancelling',
  'killed.flattening',
  'draining.proving',
  'riskSupervisor.halted',
];
const KINDS = ['batch', 'snapshot', 'create', 'cancel', 'amend', 'group', 'read', 'frame', 'append'];

describe('a death at any place', () => {
  const coverage = new Coverage();
  const seeds = Array.from({ length: SEEDS }, (_, index) => index + 1);

  if (AGAIN !== undefined) {
    it(`again: ${AGAIN}`, async () => {
      const [seed, deaths = ''] = AGAIN.split(':');
      const numbers = deaths.split(',').filter((text) => text !== '');
      const outcome = await crashRun({ seed: Number(seed), deaths: numbers.map(Number) });
      expect(outcome.violations, outcome.told.join('\n')).toEqual([]);
    });
    return;
  }

  it.each(seeds)(
    `leaves nothing doubled and nothing forgotten, seed %i`,
    async (seed) => {
      const { violations, points } = await crashSeries(seed, POINTS_OF_SEED, coverage);
      expect(violations.join('\n')).toBe('');
      expect(points).toBe(POINTS_OF_SEED);
    },
    120_000,
  );

  it('fell into every state and every kind of place', () => {
    const states = LONG ? EVERYWHERE : ALWAYS;
    expect(states.filter((state) => (coverage.byState.get(state) ?? 0) < (LONG ? 10 : 1))).toEqual([]);
    const kinds = new Set([...coverage.byKind.keys()].map((kind) => kind.split(/[. ]/)[0]));
    if (LONG) expect(KINDS.filter((kind) => !kinds.has(kind))).toEqual([]);
  });
});
