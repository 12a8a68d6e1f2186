/**
 * The files of a LevelDB database, looked at before LevelDB opens them: what it misses it makes anew or skips without a
 * word (without CURRENT it begins an empty database and removes the tables of the old one). Nothing is changed here.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readLog } from './level-log.ts';
import { alteredBlock } from './level-table.ts';

export interface FileDamage {
  /** Its name in the folder. */
  readonly file: string;
  /** Continues a sentence that begins with the file: "is missing". */
  readonly what: string;
}

/** At a start so much of the newest tables is read and checked, about 10 ms of it: some 50,000 entries. */
const NEWEST_BYTES = 8 << 20;
const OWN_COMPARATOR = 'leveldb.BytewiseComparator';

/**
 * The first damage in the files of a database; null when they are whole, or there is no database yet. Of the tables the
 * newest are read, or all. Throws what the system says.
 */
export function findFileDamage(folder: string, tables: 'newest' | 'all' = 'newest'): FileDamage | null {
  const names = namesIn(folder);
  const logs = names.filter((name) => name.endsWith('.log'));
  if (!names.includes('CURRENT')) {
    // A MANIFEST alone was made by a first start that went no further.
    const orphan = names.some((name) => name.endsWith('.ldb') || name.endsWith('.log'));
    return orphan ? { file: 'CURRENT', what: 'is missing' } : null;
  }
  const current = readFileSync(join(folder, 'CURRENT'), 'latin1');
  const manifest = /^(MANIFEST-\d+)\n$/.exec(current)?.[1];
  if (manifest === undefined) return { file: 'CURRENT', what: 'does not name a MANIFEST' };
  if (!names.includes(manifest)) return { file: manifest, what: 'is missing' };
  const bytesMax = tables === 'all' ? Number.POSITIVE_INFINITY : NEWEST_BYTES;
  return manifestDamage(folder, manifest, names, bytesMax) ?? logDamage(folder, logs);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function logDamage(folder: string, logs: readonly string[]): FileDamage | null {
  for (const file of logs) {
    const { alteredAt } = readLog(readFileSync(join(folder, file)));
    if (alteredAt !== null) return { file, what: `was altered at byte ${alteredAt}` };
  }
  return null;
}

/** What a MANIFEST says is there: tables with their sizes, and the log that holds what is in no table yet. */
interface Inventory {
  comparator: string | null;
  logNumber: number;
  readonly tables: Map<number, number>;
}

function manifestDamage(folder: string, file: string, names: readonly string[], bytesMax: number): FileDamage | null {
  const bytes = readFileSync(join(folder, file));
  const inventory: Inventory = { comparator: null, logNumber: 0, tables: new Map() };
  try {
    const { alteredAt } = readLog(bytes, (record) => takeEdit(record, inventory));
    if (alteredAt !== null) return { file, what: `was altered at byte ${alteredAt}` };
  } catch (error) {
    if (error instanceof RangeError) return { file, what: 'holds what no MANIFEST holds' };
    throw error;
  }
  if (inventory.comparator === null) return { file, what: 'has no beginning' };
  if (inventory.comparator !== OWN_COMPARATOR) return { file, what: `belongs to another program's database` };
  let left = bytesMax;
  for (const [number, size] of [...inventory.tables].sort(([one], [other]) => other - one)) {
    const table = [`${padded(number)}.ldb`, `${padded(number)}.sst`].find((name) => names.includes(name));
    if (table === undefined) return { file: `${padded(number)}.ldb`, what: 'is missing' };
    const found = statSync(join(folder, table)).size;
    if (found !== size) return { file: table, what: `has ${found} bytes where ${size} were written` };
    left -= size;
    const altered = left < 0 ? null : alteredBlock(readFileSync(join(folder, table)));
    if (altered !== null) return { file: table, what: `was altered in the block at byte ${altered}` };
  }
  const log = `${padded(inventory.logNumber)}.log`;
  return inventory.logNumber > 0 && !names.includes(log) ? { file: log, what: 'is missing' } : null;
}

function padded(number: number): string {
  return String(number).padStart(6, '0');
}

/** One change of the inventory, as LevelDB writes it: tag and fields, again and again. Throws RangeError on anything else. */
function takeEdit(record: Buffer, inventory: Inventory): void {
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = record.readUInt8(at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  const text = (): string => {
    const length = number();
    if (at + length > record.length) throw new RangeError('a text ends beyond its record');
    at += length;
    return record.toString('latin1', at - length, at);
  };
  while (at < record.length) {
    switch (number()) {
      case 1:
        inventory.comparator = text();
        break;
      case 2:
        inventory.logNumber = number();
        break;
      case 3:
      case 4:
      case 9:
        number();
        break;
      case 5:
        number();
        text();
        break;
      case 6:
        number();
        inventory.tables.delete(number());
        break;
      case 7: {
        number();
        const table = number();
        inventory.tables.set(table, number());
        text();
        text();
        break;
      }
      default:
        throw new RangeError('an unknown tag');
    }
  }
}
