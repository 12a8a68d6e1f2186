/**
 * Bugs that must be found. Each patch beside this file breaks one thing, as a person might in a bad hour; the crash runs of
 * tests/crash in a copy of the tree with that patch must see a rule broken within 200 seeds, and for the right reason. The
 * tree as it is passes the same seeds: in the long form by tests/crash/points.test.ts, in the short one here.
 */
import { describe, expect, it } from 'vitest';
import { Coverage } from '../support/crash-choice.ts';
import { crashSeries } from '../support/crash-series.ts';
import { hunt, patched, readMutants } from '../support/mutant.ts';
import { applyPatch, parsePatch } from '../support/patch.ts';

const LONG = process.env.BOTHSIDES_LONG === '1';
const SEEDS = 200;
const POINTS = 10;
const MUTANTS = readMutants();
const QUICK = MUTANTS.filter(({ quickSeed }) => quickSeed !== null);

describe('A planted bug', () => {
  it('is one of at least ten, each of which fits the code as it stands', () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(10);
    for (const mutant of MUTANTS) expect(patched(mutant).size, mutant.name).toBeGreaterThan(0);
  });

  it.each(LONG ? [] : QUICK)(
    'is found at once: $breaks',
    async (mutant) => {
      const seed = mutant.quickSeed!;
      const finding = await hunt(mutant, { from: seed, to: seed, points: 1, withinMs: 60_000 });
      expect(finding.violation, mutant.name).toMatch(mutant.seenAs);
      const clean = await crashSeries(seed, 1, new Coverage());
      expect(clean.violations).toEqual([]);
    },
    90_000,
  );

  it.each(LONG ? MUTANTS : [])(
    'is found within the seeds it is given: $breaks',
    async (mutant) => {
      const finding = await hunt(mutant, { from: 1, to: SEEDS, points: POINTS, withinMs: 3_000_000 });
      expect(finding.seed, `${mutant.name} was not found in ${finding.runs} runs`).not.toBeNull();
      expect(finding.violation, mutant.name).toMatch(mutant.seenAs);
    },
    3_000_000,
  );
});

describe('A patch', () => {
  const text = 'What it breaks.\n\n--- a/x.ts\n+++ b/x.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n';
  const [patch] = parsePatch(text);

  it('goes where its old lines stand, wherever that is by now', () => {
    expect(applyPatch('zero\none\ntwo\nthree\nfour\n', patch!)).toBe('zero\none\n2\nthree\nfour\n');
  });

  it('is refused where they do not stand, or stand twice', () => {
    expect(() => applyPatch('one\nthree\n', patch!)).toThrow('hunk 1 of x.ts fits in 0 places');
    expect(() => applyPatch('one\ntwo\nthree\none\ntwo\nthree\n', patch!)).toThrow('fits in 2 places');
  });
});
