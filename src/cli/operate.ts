/**
 * What a person says to a trader from the command line: pause, resume, flatten, cancel-all, halt. To one that runs it is said
 * through its console; of one that hangs or is gone the orders are taken off straight at the exchange, where that is another
 * process; to one that is stopped it is said for its next start.
 */
import type { Command } from 'commander';
import type { ControlAnswer } from '../console/wire.ts';
import { BothsidesError, EXIT } from '../domain/errors.ts';
import type { OperatorAction } from '../runtime/operator-plan.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { type AtExchange, cancelStraight, isElsewhere } from './at-exchange.ts';
import { askYes, isAtTerminal } from './confirm.ts';
import { planText } from './control-text.ts';
import { removeHaltFile, writeHaltFile } from './halt-file.ts';
import { note, print, printJson } from './output.ts';
import { barStopped, liftStopped } from './resume.ts';
import { bodyOf, chooseFolder, type Found, findTrader, unanswered, whileAsking } from './running-trader.ts';
import { identityIn, operatorName } from './stopped-trader.ts';

export interface OperateFlags {
  readonly data?: string;
  readonly market?: string;
  readonly why?: string;
  readonly by?: string;
  readonly dryRun?: true;
  readonly yes?: true;
  readonly all?: true;
  readonly exchangeRest?: string;
  readonly json?: true;
}

interface Spoken {
  readonly name: string;
  readonly action: OperatorAction;
  readonly description: string;
  /** It costs something that cannot be taken back: asked about once more. */
  readonly isAsked: boolean;
  readonly isForOneMarket: boolean;
}

const COMMANDS: readonly Spoken[] = [
  {
    name: 'pause',
    action: 'pause',
    description: 'no new quotes until it is resumed; positions are worked off as at the end of a session',
    isAsked: false,
    isForOneMarket: true,
  },
  {
    name: 'resume',
    action: 'resume',
    description: 'lift a pause or halt; after a halt it reduces only, until it is resumed again',
    isAsked: false,
    isForOneMarket: true,
  },
  {
    name: 'flatten',
    action: 'flatten',
    description: 'no new quotes, and positions are worked off within the slippage that is allowed',
    isAsked: true,
    isForOneMarket: true,
  },
  {
    name: 'cancel-all',
    action: 'cancelAll',
    description: 'take every order of ours off and stay paused; of a trader that hangs straight at the exchange',
    isAsked: true,
    isForOneMarket: false,
  },
  {
    name: 'halt',
    action: 'halt',
    description: 'nothing leaves any more but cancels, at once; works on a trader that hangs as well',
    isAsked: true,
    isForOneMarket: false,
  },
];

export function registerOperate(program: Command, name: string): void {
  const spoken = COMMANDS.find((each) => each.name === name)!;
  const command = program
    .command(name)
    .description(spoken.description)
    .option('--data <folder>', 'where the trader remembers; the one that runs here by default')
    .option('--why <text>', 'written down beside it')
    .option('--by <name>', 'whose word it is; your own name by default')
    .option('--dry-run', 'say what it would do, and change nothing')
    .option('--json', 'for programs');
  if (spoken.isForOneMarket) command.option('--market <ticker>', 'only this market');
  if (spoken.isAsked) command.option('--yes', 'do not ask');
  if (!spoken.isForOneMarket)
    command
      .option('--all', 'strangers’ orders on the account, too, when it is said straight to the exchange')
      .option('--exchange-rest <url>', 'the exchange of a trader that left no trace of where it traded');
  command.action((flags: OperateFlags) => operate(spoken, flags));
}

async function operate(spoken: Spoken, flags: OperateFlags): Promise<void> {
  const folder = chooseFolder(flags.data);
  const isDryRun = flags.dryRun === true;
  if (spoken.isAsked && !isDryRun && flags.yes !== true && !isAtTerminal())
    throw new BothsidesError(
      'USAGE',
      `${spoken.name} asks before it does anything, and there is no terminal to ask at.`,
      {
        remedy: 'Add --yes, or --dry-run to see what it would do.',
      },
    );
  const word: Word = { spoken, flags, folder, isDryRun };
  const found = await findTrader(folder, createSystemClock());
  if (found.kind === 'answers') return tellRunning(word, found);
  if (found.kind === 'gone') return tellStopped(word, found);
  return tellSilent(word, found);
}

interface Word {
  readonly spoken: Spoken;
  readonly flags: OperateFlags;
  readonly folder: string;
  readonly isDryRun: boolean;
}

async function tellRunning(word: Word, found: Extract<Found, { kind: 'answers' }>): Promise<void> {
  const { spoken, flags, folder, isDryRun } = word;
  const say = async (dryRun: boolean): Promise<ControlAnswer> => {
    const post = {
      action: spoken.action,
      market: flags.market ?? null,
      reason: flags.why ?? null,
      by: flags.by ?? operatorName(),
      dryRun,
    };
    return bodyOf<ControlAnswer>(await whileAsking(folder, found.run, found.ask('/api/control', post)));
  };
  if (isDryRun) return show(flags, await say(true));
  if (spoken.isAsked && flags.yes !== true) {
    note(planText(await say(true)));
    if (!(await askYes(`${spoken.name}: do it?`))) return print('Nothing was done.');
  }
  if (spoken.action !== 'halt') {
    const answer = await say(false);
    if (spoken.action === 'resume' && flags.market === undefined && removeHaltFile(folder))
      note('The file HALT that npm run halt had left was removed.');
    return show(flags, answer);
  }
  try {
    show(flags, await say(false));
  } catch (error) {
    // It began to hang, or died, in this very moment: the file halts it as soon as it goes on.
    writeHaltFile(folder, flags.by ?? operatorName());
    note(`A file HALT lies in ${folder} now: it halts as soon as it goes on.`);
    throw error;
  }
}

function show(flags: OperateFlags, answer: ControlAnswer): void {
  if (flags.json === true) printJson(answer);
  else print(planText(answer));
}

/** Alive, and nobody answers. */
async function tellSilent(word: Word, found: Extract<Found, { kind: 'silent' | 'mute' }>): Promise<void> {
  const { spoken, folder, isDryRun } = word;
  const { run, kind } = found;
  if (spoken.action !== 'halt' && spoken.action !== 'cancelAll') throw unanswered(folder, found);
  const isStuck = kind === 'silent';
  const state = isStuck ? 'does not answer' : 'has no console';
  const lines = [`The trader in ${folder} (process ${run.pid}) ${state}.`];
  if (spoken.action === 'halt') {
    if (!isDryRun) writeHaltFile(folder, word.flags.by ?? operatorName());
    const when = isStuck ? 'as soon as it goes on' : 'within a second';
    lines.push(
      `A file HALT ${isDryRun ? 'would lie' : 'lies'} in its folder now: it halts ${when}, and stays halted until npm run resume.`,
    );
  }
  if (run.mode !== null && isElsewhere(run.mode)) return straight(word, run.mode, found, lines);
  if (run.mode === null)
    lines.push('It has not said yet where it trades: its orders, if it has any, were not looked for.');
  else if (isStuck)
    lines.push('Its exchange is in that process and stands still with it: nothing can execute while it hangs.');
  else if (spoken.action === 'cancelAll') throw unanswered(folder, found);
  // What stands still may go on.
  if (spoken.action === 'cancelAll' && !isDryRun) {
    lines.push('Its orders are there again when it goes on: npm run halt takes them off then, or end the process.');
    process.exitCode = EXIT.ordersLeft;
  }
  say(word, lines, null);
}

async function tellStopped(word: Word, { run }: Extract<Found, { kind: 'gone' }>): Promise<void> {
  const { spoken, flags, folder, isDryRun } = word;
  if (spoken.action !== 'halt' && spoken.action !== 'cancelAll') {
    const options = { folder, by: flags.by ?? operatorName(), why: flags.why ?? null, market: flags.market ?? null };
    const isJson = flags.json === true;
    if (spoken.action === 'resume') return liftStopped({ ...options, isDryRun, isJson });
    return barStopped({ ...options, isDryRun, isJson, action: spoken.action });
  }
  const mode = run?.mode ?? (await identityIn(folder)).mode;
  const lines = [`No trader runs in ${folder}.`];
  if (spoken.action === 'halt') {
    if (!isDryRun) writeHaltFile(folder, flags.by ?? operatorName());
    lines.push(
      `A file HALT ${isDryRun ? 'would lie' : 'lies'} there now: the next start is halted until npm run resume.`,
    );
  }
  if (isElsewhere(mode)) return straight(word, mode, { kind: 'gone', run }, lines);
  lines.push(
    'Its exchange was in its own process and stands still with it: nothing can execute, and the next start takes old quotes back first.',
  );
  say(word, lines, null);
}

/** To the exchange itself, proven by its own listing. */
async function straight(
  word: Word,
  mode: string,
  found: Exclude<Found, { kind: 'answers' }>,
  lines: string[],
): Promise<void> {
  const { spoken, flags, isDryRun } = word;
  const options = {
    mode,
    run: found.run?.restUrl == null ? null : found.run,
    exchangeRest: flags.exchangeRest,
    all: flags.all === true,
    market: null,
    triggersGroups: spoken.action === 'halt',
  };
  if (spoken.isAsked && !isDryRun && flags.yes !== true) {
    const look = await cancelStraight({ ...options, isDryRun: true });
    note([...lines, atExchangeText(look, true, options.all)].join('\n'));
    if (!(await askYes('Take them off straight at the exchange?'))) return print('No order was taken off.');
  }
  const done = await cancelStraight({ ...options, isDryRun });
  lines.push(atExchangeText(done, isDryRun, options.all));
  if (!isDryRun && found.kind !== 'gone' && spoken.action === 'cancelAll')
    lines.push('It quotes again when it goes on: npm run halt keeps it from that.');
  if (!isDryRun && !done.proven) process.exitCode = EXIT.ordersLeft;
  say(word, lines, done);
}

function atExchangeText({ restUrl, found, left, proven }: AtExchange, isDryRun: boolean, all: boolean): string {
  const whose = all ? 'orders on the account' : 'orders of ours';
  const list = left.map(({ market, what, orderId }) => `  ${market} ${what} (${orderId})`);
  if (isDryRun)
    return [`At ${restUrl} rest ${found} ${whose}${found > 0 ? ', which would be taken off:' : '.'}`, ...list].join(
      '\n',
    );
  if (proven) return `At ${restUrl} ${found} ${whose} rested; two complete listings show none any more.`;
  return [`At ${restUrl} it could not be proven that none of the ${whose} is left:`, ...list].join('\n');
}

function say({ flags, spoken, isDryRun }: Word, lines: readonly string[], atExchange: AtExchange | null): void {
  if (flags.json === true) printJson({ done: !isDryRun, action: spoken.action, notes: lines, atExchange });
  else print(lines.join('\n'));
}
