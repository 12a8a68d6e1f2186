/**
 * Looks for a broken rule: crash runs of one seed after the other until one finds it, as a program of its own, so that it
 * can be run in a copy of the tree. `node tests/crash/find.ts FROM TO POINTS [PLACE,PLACE]`; one line of JSON.
 */
import { Coverage } from '../support/crash-choice.ts';
import { crashSeries } from '../support/crash-series.ts';

export interface Finding {
  /** Null: nothing was found. */
  readonly seed: number | null;
  readonly violation: string;
  readonly seeds: number;
  readonly runs: number;
}

const [from, to, points] = process.argv.slice(2).map(Number);
if (from === undefined || to === undefined || points === undefined) throw new Error('from, to and points are needed');
const coverage = new Coverage();
let finding: Finding = { seed: null, violation: '', seeds: 0, runs: 0 };
// A fault of a mutant that nobody waits for is a finding too.
process.on('unhandledRejection', (error) =>
  report({ ...finding, seed: from + finding.seeds, violation: `unhandled: ${error}` }),
);
for (let seed = from; seed <= to; seed++) {
  const { violations, runs } = await crashSeries(seed, points, coverage);
  finding = { ...finding, seeds: finding.seeds + 1, runs: finding.runs + runs };
  if (violations.length === 0) continue;
  finding = { ...finding, seed, violation: violations.join('\n') };
  break;
}
report(finding);

function report(found: Finding): never {
  process.stdout.write(`${JSON.stringify(found)}\n`);
  process.exit(0);
}
