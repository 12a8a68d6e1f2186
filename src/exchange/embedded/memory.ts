/**
 * What an embedded exchange remembers between lives. Its history depends on its origin and on the commands that came from
 * outside, each at its market time, and on nothing else; so these are kept, and the rest is lived through again.
 */
import { BothsidesError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import { formatMoney, type Microdollars, type UnixMs } from '../../domain/units.ts';
import type { Engine } from './model.ts';

/** What fixes a history before the first command. */
export interface Origin {
  /** Market time of the beginning. */
  readonly startMs: UnixMs;
  readonly flow: string;
  /** Of which making the flow is: another one makes another market of the same seed. Logs from before it was told: 1. */
  readonly world: number;
  readonly markets: number;
  /** On every shard, for each account. */
  readonly openingCash: Microdollars;
  /** A number drawn aside from the source of chance: tells two sources apart, as it says nothing of its seed. */
  readonly draw: number;
}

/** The engine's commands that concern an account. */
export const ACCOUNT_COMMANDS = [
  'create',
  'cancel',
  'cancelAll',
  'amend',
  'decreaseTo',
  'createGroup',
  'deleteGroup',
  'resetGroup',
  'triggerGroup',
  'limitGroup',
  'deposit',
  'transferBetweenShards',
  'grantUsageLevel',
] as const satisfies readonly (keyof Engine)[];

/**
 * The engine's commands that are remembered: everything with which accounts, operators and tests can change it. What the
 * flow does, and the catalogue, come again by themselves.
 */
export const COMMANDS = [
  ...ACCOUNT_COMMANDS,
  'moveClose',
  'pauseMarket',
  'resumeMarket',
  'determine',
  'dispute',
  'amendResult',
  'changeSeriesFees',
  'changeEventFees',
  'setTradingActive',
  'setExchangeActive',
  'crowdAdd',
  'crowdRemove',
  'crowdTake',
  'crowdExecute',
  'crowdPrint',
  'crowdReplace',
  'crowdLose',
] as const satisfies readonly (keyof Engine)[];
export type Command = (typeof COMMANDS)[number];

/** Something from outside, or the passing of time; in order of market time. */
export interface Entry {
  readonly atMs: UnixMs;
  /** `start`: the flow began. `time`: market time got here; with figures of the market, if any, that it must have again. */
  readonly act: Command | 'start' | 'time';
  readonly args: readonly Json[];
}

/** From where a life goes on: what is to be lived through again, once, before anything is appended. */
export interface Past {
  readonly startMs: UnixMs;
  readonly entries: Iterable<Entry>;
}

export interface Memory {
  /** For people: a file's path. */
  readonly name: string;
  /** An earlier life's past, or a new one's beginning at `origin.startMs`. Throws DATA_MISMATCH for another origin, DATA_VERSION for another world. */
  recall(origin: Origin): Past;
  /** Outlives this process when it returns. Throws DATA_UNWRITABLE: then it is not remembered, and must not happen. */
  append(entry: Entry): void;
  close(): void;
}

/** For worlds without a disk: what is appended outlives the exchange, not the process. */
export function createMemory(): Memory {
  let origin: Origin | null = null;
  const entries: Entry[] = [];
  return {
    name: 'memory',
    recall(wanted) {
      origin ??= wanted;
      checkOrigin(origin, wanted, 'memory');
      return { startMs: origin.startMs, entries: [...entries] };
    },
    append: (entry) => entries.push(entry),
    close: () => undefined,
  };
}

const KEPT: readonly (readonly [what: string, (origin: Origin) => string])[] = [
  ['flow', ({ flow }) => flow],
  ['markets', ({ markets }) => String(markets)],
  ['opening cash', ({ openingCash }) => `$${formatMoney(openingCash)}`],
];

/** Throws DATA_MISMATCH and DATA_VERSION, naming what differs; the beginning is the earlier life's. */
export function checkOrigin(found: Origin, wanted: Origin, name: string): void {
  for (const [what, textOf] of KEPT) checkSame(what, textOf(found), textOf(wanted), name);
  const { world = 1 } = found as Partial<Origin>;
  if (world !== wanted.world) {
    const text = `${name} remembers a market of world ${world}; this program makes world ${wanted.world} of the same seed.`;
    throw new BothsidesError('DATA_VERSION', text, {
      remedy:
        'Start the version of the program that wrote it, or choose another folder with --data. Nothing was changed.',
    });
  }
  if (found.draw !== wanted.draw) {
    throw new BothsidesError('DATA_MISMATCH', `${name} remembers an exchange that another command made.`, {
      remedy: 'Choose another folder with --data.',
    });
  }
}

export function checkSame(what: string, found: string, wanted: string, name: string): void {
  if (found === wanted) return;
  throw new BothsidesError('DATA_MISMATCH', `${name} remembers an exchange with ${what} ${found}, not ${wanted}.`, {
    remedy: `Start with ${what} ${found}, or choose another folder with --data.`,
  });
}
