/** The file that halts a trader whatever else it does: ours, as `npm run halt` writes it, or a person's own. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = 'HALT';
const MARK = 'Written by npm run halt';

/** Leaves one that lies there already as it is. */
export function writeHaltFile(folder: string, by: string): void {
  if (hasHaltFile(folder)) return;
  writeFileSync(
    join(folder, NAME),
    `${MARK} (${by}). While this file lies here nothing is quoted; npm run resume removes it.\n`,
  );
}

export function hasHaltFile(folder: string): boolean {
  return existsSync(join(folder, NAME));
}

/** Only one that the command wrote: what a person put there is a person's to remove. Returns whether it was there. */
export function removeHaltFile(folder: string): boolean {
  const file = join(folder, NAME);
  if (!existsSync(file) || !readFileSync(file, 'utf8').startsWith(MARK)) return false;
  rmSync(file, { force: true });
  return true;
}
