import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it, one by one: Node's own recursive form never returns in places that refuse new
 * folders with ENOENT, as /proc does. Throws what the system says.
 */
export function makeFolder(folder: string, mode?: number): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder), mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Two processes may begin on one folder in the same moment; which of them may stay is the lock's to say.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
