/** The data folder of a trader that does not run, for what a person says between two runs. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clocks } from '../domain/clock.ts';
import { BothsidesError } from '../domain/errors.ts';
import { Checkpoints } from '../runtime/checkpoints.ts';
import type { Log } from '../runtime/log.ts';
import { Remembered } from '../runtime/remembered.ts';
import { openDataFolder, readRun } from '../store/data-folder.ts';
import { type DataIdentity, IDENTITY_KEY } from '../store/identity.ts';
import { openLevelStore } from '../store/level-store.ts';
import { getSealed } from '../store/sealed.ts';
import { Snapshots } from '../store/snapshots.ts';
import type { Store } from '../store/store.ts';
import { StoreJournal } from '../store/store-journal.ts';

export interface StoppedTrader {
  readonly folder: string;
  readonly identity: DataIdentity;
  readonly journal: StoreJournal;
  readonly remembered: Remembered;
  close(): Promise<void>;
}

/** Whose word it is. */
export function operatorName(): string {
  return userInfo().username;
}

/** Throws DATA_IN_USE while a trader runs on it, USAGE where there is no data folder, and what the store throws. */
export async function openStoppedTrader(
  path: string,
  clocks: Pick<Clocks, 'wall' | 'market'>,
  log: Log,
): Promise<StoppedTrader> {
  const folder = resolve(path);
  if (!existsSync(join(folder, 'store'))) {
    throw new BothsidesError('USAGE', `There is no data folder at ${folder}.`, {
      remedy: 'Name it with --data FOLDER.',
    });
  }
  try {
    return await open(folder, clocks, log);
  } catch (error) {
    if (!(error instanceof BothsidesError) || error.code !== 'DATA_IN_USE') throw error;
    throw new BothsidesError('DATA_IN_USE', error.message, {
      remedy: 'Stop the trader first: what is said here counts from its next start.',
      cause: error,
    });
  }
}

async function open(folder: string, clocks: Pick<Clocks, 'wall' | 'market'>, log: Log): Promise<StoppedTrader> {
  // Where one that died traded is still asked for: what it left there may have to be taken off.
  const died = await readRun(folder);
  const identity = await identityIn(folder);
  const data = await openDataFolder(folder, identity, clocks.wall.now());
  try {
    const { journal, remembered } = await recall(data.store, clocks, log);
    return {
      folder,
      identity,
      journal,
      remembered,
      async close() {
        try {
          await journal.close();
        } finally {
          await (died === null ? data.removeRun() : data.writeRun(died));
          await data.close();
        }
      },
    };
  } catch (error) {
    await (died === null ? data.removeRun() : data.writeRun(died));
    await data.close();
    throw error;
  }
}

async function recall(store: Store, clocks: Pick<Clocks, 'wall' | 'market'>, log: Log) {
  const journal = await StoreJournal.open(store, clocks);
  const remembered = new Remembered();
  await new Checkpoints({ journal, snapshots: new Snapshots(store, journal, 'trader'), log }, remembered).load();
  return { journal, remembered };
}

/** Whose data it is. Throws DATA_IN_USE while somebody holds it, USAGE where nothing has traded yet. */
export async function identityIn(folder: string): Promise<DataIdentity> {
  const store = await openLevelStore(join(folder, 'store'));
  try {
    const identity = await getSealed<DataIdentity>(store, IDENTITY_KEY);
    if (identity !== null) return identity;
  } finally {
    await store.close();
  }
  throw new BothsidesError('USAGE', `Nothing has traded in ${folder} yet.`, { remedy: 'Name it with --data FOLDER.' });
}
