/**
 * A person's word for a trader that is stopped: what halted or paused it is lifted, or a pause is put up, so that its next
 * start knows.
 */
import { createSystemClock } from '../runtime/system-clock.ts';
import { hasHaltFile, removeHaltFile } from './halt-file.ts';
import { createLog } from './log.ts';
import { print, printJson } from './output.ts';
import { openStoppedTrader, type StoppedTrader } from './stopped-trader.ts';

export interface StoppedWord {
  readonly folder: string;
  readonly by: string;
  readonly why: string | null;
  readonly market: string | null;
  readonly isDryRun: boolean;
  readonly isJson: boolean;
}

/** After a halt the next start only reduces; lifted once more it trades. */
export async function liftStopped(word: StoppedWord): Promise<void> {
  await withStopped(word, async (trader) => {
    const before = standing(trader);
    const isOurs = !word.isDryRun && word.market === null && removeHaltFile(trader.folder);
    const isLifted = word.market === null ? standing(trader, false).length > 0 : hasBarOn(trader, word.market);
    if (isLifted && !word.isDryRun) await write(trader, 'operator.resumed', word);
    const after = standing(trader);
    const isHaltFile = hasHaltFile(trader.folder);
    if (word.isJson) printJson({ before, after, hasHaltFile: isHaltFile });
    else
      print(liftedText({ before, after, isHaltFile, isOurs, isDryRun: word.isDryRun, ofAll: standing(trader, false) }));
  });
}

/** Pauses the next start; `flatten`: it works its positions off. */
export async function barStopped(word: StoppedWord & { readonly action: 'pause' | 'flatten' }): Promise<void> {
  await withStopped(word, async (trader) => {
    const before = standing(trader);
    const kind = word.action === 'pause' ? 'operator.paused' : 'operator.reduced';
    if (!word.isDryRun) await write(trader, kind, word);
    const after = standing(trader);
    if (word.isJson) return printJson({ before, after, hasHaltFile: hasHaltFile(trader.folder) });
    const of = word.market === null ? '' : ` for ${word.market}`;
    const how = word.action === 'pause' ? 'begins paused' : 'works its positions off and quotes nothing';
    print(
      `No trader runs in ${trader.folder}. Its next start ${word.isDryRun ? 'would be one that ' : ''}${how}${of}, until it is resumed.`,
    );
  });
}

async function withStopped(word: StoppedWord, work: (trader: StoppedTrader) => Promise<void>): Promise<void> {
  const wall = createSystemClock();
  const log = createLog(word.isJson, process.env.LOG_LEVEL ?? 'warn');
  const trader = await openStoppedTrader(word.folder, { wall, market: wall }, log);
  try {
    await work(trader);
  } finally {
    await trader.close();
  }
}

async function write({ journal }: StoppedTrader, kind: string, { by, why, market }: StoppedWord): Promise<void> {
  const data = { by, ...(why === null ? {} : { why }), ...(market === null ? {} : { market }) };
  await journal.synced(journal.append(kind, data));
}

function hasBarOn({ remembered: { days } }: StoppedTrader, market: string): boolean {
  return days.barOn(market) !== null;
}

/** What stands, a sentence each. */
export function standing({ remembered: { days } }: Pick<StoppedTrader, 'remembered'>, withMarkets = true): string[] {
  const found: string[] = [];
  if (days.bar !== null) found.push(`${days.bar.action}, said by ${days.bar.by}`);
  // Market time is the exchange's; what has an end may have ended since.
  for (const { action, reason } of days.standing(0 as never)) found.push(`${action}: ${reason}`);
  if (withMarkets)
    for (const [market, { action, by }] of days.marketBars) found.push(`${market} alone: ${action}, said by ${by}`);
  return found;
}

interface Lifted {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Of what stands after it, what is not of one market alone. */
  readonly ofAll: readonly string[];
  readonly isHaltFile: boolean;
  readonly isOurs: boolean;
  readonly isDryRun: boolean;
}

function liftedText({ before, after, ofAll, isHaltFile, isOurs, isDryRun }: Lifted): string {
  const lines: string[] = [];
  if (before.length === 0) lines.push('Nothing is halted or paused.');
  else {
    lines.push(...before.map((each) => `  ${each}`));
    if (isDryRun) lines.push('These stand; nothing was changed.');
    else if (ofAll.length > 0)
      lines.push('Lifted: the next start only reduces positions. Resume once more to let it trade.');
    else
      lines.push(
        after.length === 0 ? 'Lifted: the next start trades.' : 'Lifted but for single markets: resume those by name.',
      );
  }
  if (isOurs) lines.push('The file HALT that npm run halt had left was removed.');
  if (isHaltFile) lines.push('A file HALT lies in the folder and halts every start: remove it.');
  return lines.join('\n');
}
