/** `npm run why -- TICKER`: why a market is quoted as it is, or why it is not, asked of the trader that runs. */
import type { Command } from 'commander';
import type { WhyAnswer } from '../console/wire.ts';
import { BothsidesError } from '../domain/errors.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { print, printJson } from './output.ts';
import { bodyOf, chooseFolder, findTrader, unanswered, whileAsking } from './running-trader.ts';

export interface WhyFlags {
  readonly data?: string;
  readonly json?: true;
}

export function registerWhy(program: Command): void {
  program
    .command('why')
    .description('why a market is quoted as it is, or why it is not, in words and numbers')
    .argument('<ticker>', 'as the exchange writes it')
    .option('--data <folder>', 'where the trader remembers; the one that runs here by default')
    .option('--json', 'for programs')
    .action((ticker: string, flags: WhyFlags) => why(ticker, flags));
}

async function why(ticker: string, flags: WhyFlags): Promise<void> {
  const folder = chooseFolder(flags.data);
  const found = await findTrader(folder, createSystemClock());
  if (found.kind === 'gone')
    throw new BothsidesError('USAGE', `No trader runs in ${folder}, and only one that runs can say why.`, {
      remedy: 'Start it; what it decided in the past is in its journal.',
    });
  if (found.kind !== 'answers') throw unanswered(folder, found);
  const path = `/api/why/${encodeURIComponent(ticker)}`;
  const answer = bodyOf<WhyAnswer>(await whileAsking(folder, found.run, found.ask(path)));
  if (flags.json === true) printJson(answer);
  else print(whyText(answer));
}

function whyText({ market, title, sentence, session, whyNot, how }: WhyAnswer): string {
  const lines = [`${market}${title === null ? '' : `  ${title}`}`, sentence];
  if (session !== null) lines.push(`Session ${session.id}: ${session.states.filter(isDeepest).join(', ')}`);
  if (whyNot.length > 0) lines.push('', 'What stands against it:', ...whyNot.map(line));
  if (how.length > 0) lines.push('', 'How its quote comes about:', ...how.map(line));
  return lines.join('\n');
}

function isDeepest(state: string, _index: number, states: readonly string[]): boolean {
  return !states.some((other) => other.startsWith(`${state}.`));
}

function line({ sentence, code }: WhyAnswer['how'][number]): string {
  return `  ${sentence} [${code}]`;
}
