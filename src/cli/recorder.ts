/** How commands open a recorder, and what they say of what it wrote. */
import { join } from 'node:path';
import type { Clocks } from '../domain/clock.ts';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { Recorder } from '../feed/recorder.ts';
import type { Settings } from '../settings/schema.ts';
import { makeFolder } from '../store/make-folder.ts';
import { note } from './output.ts';

export interface OpenRecorderOptions {
  readonly folder: string;
  readonly clocks: Pick<Clocks, 'wall' | 'market'>;
  readonly settings: Settings;
  readonly mode: string;
  readonly restUrl: string;
  readonly onFailure: (error: BothsidesError) => void;
  readonly onGap?: (dropped: number) => void;
}

/** Where a data folder keeps recordings. */
export function recordingsIn(dataDir: string): string {
  return join(dataDir, 'recordings');
}

/** Makes the folder. Throws DATA_UNWRITABLE, USAGE where it holds something later. */
export async function openRecorder(options: OpenRecorderOptions): Promise<Recorder> {
  const { folder, clocks, settings, mode, restUrl, onFailure, onGap } = options;
  try {
    makeFolder(folder);
  } catch (cause) {
    throw new BothsidesError('DATA_UNWRITABLE', `Nothing can be recorded in ${folder}: ${messageOf(cause)}`, {
      remedy: 'Choose another folder.',
      cause,
    });
  }
  return Recorder.open({
    folder,
    clocks,
    settings: settings.recorder,
    run: `${Math.floor(clocks.wall.now())}-${process.pid}`,
    source: { mode, exchange: restUrl },
    onFailure,
    ...(onGap === undefined ? {} : { onGap }),
  });
}

/** Writes what waits, and says what there is. */
export async function closeRecorder(recorder: Recorder): Promise<void> {
  await recorder.close();
  note(recordedText(recorder));
}

/** What a program reads of it. */
export function recordedSummary(recorder: Recorder): object {
  const { folder, counts, files, failure } = recorder;
  return { folder, ...counts, files, failure: failure?.message ?? null };
}

/** One sentence. */
export function recordedText(recorder: Recorder): string {
  const { folder } = recorder;
  const { lines, frames, files, bytes, gaps, dropped } = recorder.counts;
  const number = (value: number): string => value.toLocaleString('en-US');
  const some = (count: number, what: string): string => `${number(count)} ${what}${count === 1 ? '' : 's'}`;
  const holes = gaps === 0 ? 'no gaps' : `${some(gaps, 'gap')} (${some(dropped, 'line')} left out)`;
  const size = bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
  return `Recorded ${some(lines, 'line')} (${some(frames, 'frame')}) in ${some(files, 'file')}, ${size}, ${holes}: ${folder}`;
}
