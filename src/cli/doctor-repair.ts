/** What --repair does, and what it says of it. Nothing is deleted: what is damaged gets another name. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clocks } from '../domain/clock.ts';
import { cutCommandLog } from '../exchange/embedded/command-log-check.ts';
import { type Mended, mendStore } from '../store/mend-store.ts';
import { EXCHANGE_LOG } from './venue.ts';

export interface Damage {
  readonly store: { readonly isEndKnown: boolean } | null;
  /** Where the embedded exchange's log is cut; null: it is whole, or cannot be mended. */
  readonly cutLogAt: number | null;
}

/** Mends what can be; the sentences say what was done and what the next start will do. Throws DATA_IN_USE, DATA_UNWRITABLE. */
export async function repair(folder: string, clocks: Clocks, damage: Damage): Promise<string[]> {
  const done: string[] = [];
  if (damage.store !== null) done.push(...describe(await mendStore(folder, clocks, damage.store.isEndKnown)));
  if (damage.cutLogAt !== null) {
    const names = new Set(readdirSync(folder));
    let number = 1;
    while (names.has(`${EXCHANGE_LOG}.damaged.${number}`)) number++;
    const aside = `${EXCHANGE_LOG}.damaged.${number}`;
    cutCommandLog(join(folder, EXCHANGE_LOG), join(folder, aside), damage.cutLogAt);
    done.push(
      `The damaged end of ${EXCHANGE_LOG} was cut off; the log as it was is ${aside}.`,
      'The next start lives through what is left. Should the trader remember more than the exchange now does, it says so and refuses to trade.',
    );
  }
  return done.length > 0 ? done : ['Nothing had to be mended.'];
}

function describe({ aside, kept, lost, bookmarks }: Mended): string[] {
  const first = `The damaged store is now ${aside}, as it was; a new one stands in its place.`;
  if (kept === 0) {
    return [
      first,
      'Nothing could be kept. The next start takes orders, fills, positions and cash from the exchange, as a first start does.',
    ];
  }
  const after = lost === 0 ? '' : `; ${lost} after them stand in ${aside} at most`;
  const sessions =
    bookmarks === 0
      ? 'No bookmark of a session was kept.'
      : `${bookmarks} bookmarks (of sessions, signals, counters) were kept.`;
  return [
    first,
    `Kept are the journal's first ${kept} entries with their checksums${after}. ${sessions}`,
    'The next start reads complete listings of orders, fills, settlements, positions and cash from the exchange and applies what the journal lacks, each fill once.',
  ];
}
