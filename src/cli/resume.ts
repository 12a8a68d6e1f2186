/** `npm run resume`: the operator lifts what halted or paused a trader, so that its next start trades again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { createSystemClock } from '../runtime/system-clock.ts';
import { createLog } from './log.ts';
import { print, printJson } from './output.ts';
import { openStoppedTrader, operatorName, type StoppedTrader } from './stopped-trader.ts';

export interface ResumeFlags {
  readonly data: string;
  readonly by?: string;
  readonly json?: true;
}

export function registerResume(program: Command): void {
  program
    .command('resume')
    .description('lift the halt or pause of a stopped trader; after a halt it reduces only, until it is resumed again')
    .requiredOption('--data <folder>', 'where the trader remembers')
    .option('--by <name>', 'whose word it is; your own name by default')
    .option('--json', 'for programs')
    .action((flags: ResumeFlags) => resumeCommand(flags));
}

export async function resumeCommand(flags: ResumeFlags): Promise<void> {
  const wall = createSystemClock();
  const log = createLog(flags.json === true, process.env.LOG_LEVEL ?? 'warn');
  const trader = await openStoppedTrader(flags.data, { wall, market: wall }, log);
  try {
    const before = standing(trader);
    if (before.length > 0) {
      const { journal } = trader;
      await journal.synced(journal.append('operator.resumed', { by: flags.by ?? operatorName() }));
    }
    const after = standing(trader);
    const hasHaltFile = existsSync(join(trader.folder, 'HALT'));
    if (flags.json === true) printJson({ before, after, hasHaltFile });
    else print(reportText(before, after, hasHaltFile));
  } finally {
    await trader.close();
  }
}

/** What stands, a sentence each. */
function standing({ remembered: { days } }: StoppedTrader): string[] {
  const found: string[] = [];
  if (days.bar !== null) found.push(`${days.bar.action}, said by ${days.bar.by}`);
  // Market time is the exchange's; what has an end may have ended since.
  for (const { action, reason } of days.standing(0 as never)) found.push(`${action}: ${reason}`);
  return found;
}

function reportText(before: readonly string[], after: readonly string[], hasHaltFile: boolean): string {
  const lines: string[] = [];
  if (before.length === 0) lines.push('Nothing is halted or paused.');
  else {
    lines.push(...before.map((each) => `  ${each}`));
    lines.push(
      after.length === 0
        ? 'Lifted: the next start trades.'
        : 'Lifted: the next start only reduces positions. Resume once more to let it trade.',
    );
  }
  if (hasHaltFile) lines.push('A file HALT lies in the folder and halts every start: remove it.');
  return lines.join('\n');
}
