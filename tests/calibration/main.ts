/**
 * `npm run calibrate [-- FOLDER]`: figures of the synthetic world beside those of recordings of the venue, which lie under
 * FOLDER or BOTHSIDES_RECORDINGS; without any, the simulated ones alone. Ends with 1 when a figure is outside its band.
 */
import { alignColumns, note, print, printError } from '../../src/cli/output.ts';
import { CLASSES } from './classes.ts';
import { compare, tableOf, verdictOn, WORLDS } from './table.ts';

async function main([given]: readonly string[]): Promise<void> {
  const root = given ?? process.env.BOTHSIDES_RECORDINGS ?? null;
  const { seeds, markets, minutes } = WORLDS;
  note(`watching ${seeds.length} worlds of ${markets} markets for ${minutes} minutes of market time each …`);
  const rows = await compare(WORLDS, root);
  print(alignColumns(tableOf(rows)));
  if (root === null) note('Nothing was compared: name a folder of recordings, or set BOTHSIDES_RECORDINGS.');
  const judged = rows.filter(({ recorded }) => recorded !== null);
  for (const kind of CLASSES.filter((one) => root !== null && !judged.some((row) => row.kind === one)))
    note(`No recording of "${kind.name}" was found under ${root}.`);
  const outside = judged.filter((row) => verdictOn(row) === 'OUTSIDE').length;
  print(`${judged.length} figures compared, ${outside} outside.`);
  if (outside > 0) process.exitCode = 1;
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = printError(error);
});
