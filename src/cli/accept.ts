/** `npm run accept`: what does not add up between us and the exchange, and, with `--yes`, the operator's word for it. */
import type { Command } from 'commander';
import type { Clocks } from '../domain/clock.ts';
import { BothsidesError } from '../domain/errors.ts';
import { createRandom } from '../domain/seeded-random.ts';
import { createSigner } from '../exchange/kalshi/sign.ts';
import { createWsSockets } from '../exchange/kalshi/sockets.ts';
import { createKyTransport } from '../exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../exchange/kalshi/venue.ts';
import { acceptDifference, type Examination, examinationText, examineAccount } from '../runtime/accept.ts';
import { followClock } from '../runtime/follow-clock.ts';
import type { Log } from '../runtime/log.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { type Environment, withEnvFile } from '../settings/credentials.ts';
import { loadSettings, type Override } from '../settings/load.ts';
import { parseMode } from '../settings/mode.ts';
import { repeated } from './arguments.ts';
import { createLog } from './log.ts';
import { print, printJson } from './output.ts';
import { openStoppedTrader, operatorName, type StoppedTrader } from './stopped-trader.ts';
import { checkedAddress, openVenue } from './venue.ts';

export interface AcceptFlags {
  readonly data: string;
  readonly yes?: true;
  readonly by?: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly exchangeRest?: string;
  readonly json?: true;
}

export function registerAccept(program: Command): void {
  program
    .command('accept')
    .description('show what does not add up between a stopped trader and the exchange; --yes takes the exchange’s word')
    .requiredOption('--data <folder>', 'where the trader remembers')
    .option('--yes', 'write the acceptance down; without it nothing is changed')
    .option('--by <name>', 'whose word it is; your own name by default')
    .option('--config <file>', 'the file of overrides with which the trader ran')
    .option('--set <key=value>', 'an override with which the trader ran, may be repeated', repeated)
    .option('--exchange-rest <url>', 'the exchange of a trader in demo mode')
    .option('--json', 'for programs')
    .action((flags: AcceptFlags) => acceptCommand(flags));
}

export async function acceptCommand(flags: AcceptFlags, environment: Environment = process.env): Promise<void> {
  const wall = createSystemClock();
  const env = withEnvFile(environment, process.cwd());
  const log = createLog(flags.json === true, env.LOG_LEVEL ?? 'warn');
  const clock = followClock(wall);
  const clocks: Clocks = { wall, market: clock.market, monotonicMs: () => wall.monotonicMs() };
  const trader = await openStoppedTrader(flags.data, clocks, log);
  try {
    await examineAndAccept(trader, flags, { clocks, align: (venue) => clock.align(venue), env, log });
  } finally {
    clock.stop();
    await trader.close();
  }
}

interface Surroundings {
  readonly clocks: Clocks;
  readonly align: ReturnType<typeof followClock>['align'];
  readonly env: Environment;
  readonly log: Log;
}

async function examineAndAccept(trader: StoppedTrader, flags: AcceptFlags, around: Surroundings): Promise<void> {
  const { clocks, env } = around;
  const { identity, folder, journal, remembered } = trader;
  const mode = parseMode(identity.mode);
  if (mode !== 'sim' && mode !== 'demo') {
    throw new BothsidesError('USAGE', `Nothing is carried over from one run to the next in mode ${mode}.`, {
      remedy: 'There is nothing to accept.',
    });
  }
  if (!remembered.isOpened) {
    throw new BothsidesError('USAGE', `No run in ${folder} has known its account yet.`, {
      remedy: 'There is nothing to accept: start the trader.',
    });
  }
  const { settings } = loadSettings({
    mode,
    configPath: flags.config,
    sets: flags.set,
    overrides: overridesOf(flags, identity),
    env,
  });
  const random = createRandom(settings.sim.seed);
  const place = await openVenue({ mode, env, settings, dataDir: folder, wall: clocks.wall, random, recording: null });
  const venue = createKalshiVenue({
    restUrl: place.restUrl,
    wsUrl: place.wsUrl,
    keyId: place.keyId,
    signer: createSigner(place.privateKey),
    transport: createKyTransport(),
    sockets: createWsSockets(),
    clocks,
    random,
    settings: settings.exchange,
    log: (level, message, detail) => around.log[level](detail ?? {}, message),
  });
  try {
    await around.align(venue);
    const examination = await examineAccount({ remembered, journal, clocks, settings, account: venue.account });
    const isAccepted = flags.yes === true && examination.needsAcceptance;
    if (isAccepted) await acceptDifference({ journal, clocks }, examination, flags.by ?? operatorName());
    if (flags.json === true) printJson({ ...examination, isAccepted });
    else print(reportText(examination, isAccepted));
  } finally {
    await venue.close();
    await place.close();
  }
}

function overridesOf(flags: AcceptFlags, { seed }: { readonly seed: number | null }): Override[] {
  const overrides: Override[] = [];
  if (seed !== null) overrides.push({ key: 'sim.seed', value: seed, source: 'the data folder' });
  if (flags.exchangeRest !== undefined) {
    const value = checkedAddress(flags.exchangeRest, '--exchange-rest');
    overrides.push({ key: 'exchange.demoRestUrl', value, source: '--exchange-rest' });
  }
  return overrides;
}

function reportText(examination: Examination, isAccepted: boolean): string {
  const table = examinationText(examination);
  if (!examination.needsAcceptance) return `${table}\n\nEverything adds up: there is nothing to accept.`;
  if (isAccepted) return `${table}\n\nAccepted: the next start takes this as it is and trades.`;
  return `${table}\n\nNothing was changed. Add --yes to take the exchange’s word for what differs.`;
}
