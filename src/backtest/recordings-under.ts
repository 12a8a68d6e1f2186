/**
 * Which recordings there are: a file by itself, or all of a folder and the folders in it, in order of their paths. A folder
 * of nothing but parts as our recorder names them is one recording; elsewhere each file is one.
 */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { isPartName, isRecordingName } from '../exchange/embedded/flow/recording.ts';

/** Throws RECORDING_UNREADABLE where there is none. */
export async function recordingsUnder(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path, { recursive: true });
    const found = names.filter(isRecordingName).sort();
    if (found.length > 0) return foldedIn(found).map((name) => join(path, name));
  } catch (cause) {
    throw unreadable(path, messageOf(cause), cause);
  }
  throw unreadable(path, 'no folder under it holds a .jsonl or .jsonl.zst file');
}

/** Folders of parts in the place of their files. */
function foldedIn(files: readonly string[]): readonly string[] {
  const mixed = new Set(files.filter((file) => !isPartName(basename(file))).map((file) => dirname(file)));
  return [...new Set(files.map((file) => (mixed.has(dirname(file)) ? file : dirname(file))))];
}

function unreadable(path: string, what: string, cause?: unknown): BothsidesError {
  return new BothsidesError('RECORDING_UNREADABLE', `The recording ${path} cannot be read: ${what}`, {
    remedy: 'Name a .jsonl or .jsonl.zst file, or a folder of them.',
    cause,
  });
}
