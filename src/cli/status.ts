/** `npm run status`: whether a trader runs, what it does, and what keeps it from trading. */
import type { Command } from 'commander';
import type { Json } from '../domain/json.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { isElsewhere } from './at-exchange.ts';
import { hasHaltFile } from './halt-file.ts';
import { createLog } from './log.ts';
import { alignColumns, print, printJson } from './output.ts';
import { standing } from './resume.ts';
import {
  bodyOf,
  chooseFolder,
  type Found,
  findTrader,
  type RunFile,
  unanswered,
  whileAsking,
} from './running-trader.ts';
import { openStoppedTrader } from './stopped-trader.ts';

export interface StatusFlags {
  readonly data?: string;
  readonly market?: string;
  readonly json?: true;
}

export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('whether a trader runs, what it does, and what keeps it from trading')
    .option('--data <folder>', 'where the trader remembers; the one that runs here by default')
    .option('--market <ticker>', 'only this market')
    .option('--json', 'for programs')
    .action((flags: StatusFlags) => status(flags));
}

async function status(flags: StatusFlags): Promise<void> {
  const folder = chooseFolder(flags.data);
  const found = await findTrader(folder, createSystemClock());
  if (found.kind === 'gone') return stopped(folder, found.run, flags);
  if (found.kind !== 'answers') throw unanswered(folder, found);
  return running(folder, found, flags);
}

/** The part of `GET /api/state` that is looked at here. */
interface State {
  readonly mode: string;
  readonly clock?: { readonly speed: number };
  readonly risk?: { readonly mode: string; readonly permission: string };
  readonly bars?: readonly string[];
  readonly inControlMs?: number | null;
  readonly actors?: readonly { readonly id: string; readonly machine: string; readonly state: Json }[];
  readonly positions?: readonly { readonly market: string; readonly quantity: string; readonly cost: string }[];
  readonly orders?: readonly {
    readonly market: string;
    readonly side: string;
    readonly price: string;
    readonly open: string;
    readonly state: string;
    readonly purpose: string;
  }[];
  readonly fills?: { readonly count: number };
  readonly money?: { readonly realizedPnl: string; readonly fees: string };
  readonly equity?: string;
  readonly reasons?: Readonly<Record<string, string>>;
}

async function running(folder: string, found: Extract<Found, { kind: 'answers' }>, flags: StatusFlags): Promise<void> {
  const { run } = found;
  const state = bodyOf<State>(await whileAsking(folder, run, found.ask('/api/state')));
  const isOf = ({ market }: { readonly market: string }) => flags.market === undefined || market === flags.market;
  const orders = (state.orders ?? []).filter(isOf);
  const positions = (state.positions ?? []).filter(isOf);
  const hasFile = hasHaltFile(folder);
  if (flags.json === true)
    return printJson({
      running: true,
      folder,
      pid: run.pid,
      consoleUrl: run.consoleUrl,
      hasHaltFile: hasFile,
      state: { ...state, orders, positions },
    });
  const { risk } = state;
  const lines = [
    `The trader in ${folder} runs (process ${run.pid}, mode ${state.mode}); its console is at ${run.consoleUrl}`,
  ];
  if (risk === undefined || state.inControlMs == null) lines.push('It is starting, and not in control yet.');
  else {
    const sessions = (state.actors ?? []).filter(({ machine }) => machine === 'marketSession').length;
    lines.push(
      `risk ${risk.mode}, gateway ${risk.permission}, ${sessions} sessions, ${orders.length} orders, ${positions.length} positions, ${state.fills?.count ?? 0} fills`,
      `equity $${state.equity}, realized $${state.money?.realizedPnl}, fees $${state.money?.fees}`,
    );
    for (const bar of state.bars ?? []) lines.push(`What stands: ${bar}`);
  }
  if (hasFile) lines.push('A file HALT lies in the folder: nothing is quoted while it does.');
  if (flags.market !== undefined)
    lines.push(`${flags.market}: ${state.reasons?.[flags.market] ?? 'not in the catalogue'}; npm run why says more.`);
  const rows = [
    ...positions.map((each) => ['', each.market, 'holds', `${each.quantity} (cost $${each.cost})`]),
    ...orders.map((each) => [
      '',
      each.market,
      `${each.purpose} ${each.side}`,
      `${each.open} at $${each.price}, ${each.state}`,
    ]),
  ];
  if (rows.length > 0) lines.push(alignColumns(rows.sort((a, b) => a[1]!.localeCompare(b[1]!))));
  print(lines.join('\n'));
}

/** What its next start will find. */
async function stopped(folder: string, run: RunFile | null, flags: StatusFlags): Promise<void> {
  const wall = createSystemClock();
  const log = createLog(flags.json === true, process.env.LOG_LEVEL ?? 'warn');
  const trader = await openStoppedTrader(folder, { wall, market: wall }, log);
  try {
    const { remembered, identity } = trader;
    const bars = standing(trader);
    const orders = [...remembered.orders.rows()].length;
    const positions = remembered.ledger.positions().filter(({ quantity }) => quantity !== 0).length;
    const died = run !== null;
    const hasFile = hasHaltFile(folder);
    if (flags.json === true)
      return printJson({
        running: false,
        folder,
        mode: identity.mode,
        died,
        bars,
        orders,
        positions,
        hasHaltFile: hasFile,
      });
    const lines = [
      `No trader runs in ${folder} (mode ${identity.mode})${died ? `; the last one, process ${run.pid}, died` : ''}.`,
    ];
    lines.push(`It remembers ${positions} positions and ${orders} orders that may be open.`);
    if (orders > 0)
      lines.push(
        isElsewhere(identity.mode)
          ? 'They may rest at the exchange until they expire: npm run cancel-all takes them off.'
          : 'They stand still with its exchange; the next start takes them back first.',
      );
    for (const bar of bars) lines.push(`What stands: ${bar}; npm run resume lifts it.`);
    if (hasFile) lines.push('A file HALT lies in the folder: the next start is halted.');
    print(lines.join('\n'));
  } finally {
    await trader.close();
  }
}
