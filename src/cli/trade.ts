/** `npm start`: make markets, against the embedded exchange unless told otherwise. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type Console, openConsole } from '../console/server.ts';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { createRandom } from '../domain/seeded-random.ts';
import { createSigner, readKey } from '../exchange/kalshi/sign.ts';
import { createWsSockets } from '../exchange/kalshi/sockets.ts';
import { createKyTransport } from '../exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../exchange/kalshi/venue.ts';
import { selfCheck } from '../quoting/self-check.ts';
import { followClock } from '../runtime/follow-clock.ts';
import { startTrader } from '../runtime/run-trader.ts';
import { stateReport } from '../runtime/state-report.ts';
import { summaryText } from '../runtime/summary.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { withEnvFile } from '../settings/credentials.ts';
import { loadSettings, type Override } from '../settings/load.ts';
import { chooseMode } from '../settings/mode.ts';
import type { Mode, Settings } from '../settings/schema.ts';
import { openDataFolder } from '../store/data-folder.ts';
import { setStoreAside } from '../store/set-aside.ts';
import {
  durationArgument,
  integerArgument,
  listArgument,
  portArgument,
  positiveArgument,
  repeated,
} from './arguments.ts';
import { createLog } from './log.ts';
import { note, print, printJson } from './output.ts';
import { openVenue } from './venue.ts';

export interface TradeFlags {
  readonly mode?: string;
  readonly for?: number;
  readonly seed?: number;
  readonly speed?: number;
  readonly recording?: string;
  readonly markets?: readonly string[];
  readonly data?: string;
  readonly console?: number | 'off';
  readonly confirmLive?: true;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly exchangeRest?: string;
  readonly exchangeWs?: string;
  readonly json?: true;
}

export function registerTrade(program: Command): void {
  program
    .command('trade', { isDefault: true })
    .description('make markets: against the embedded exchange unless told otherwise')
    .option('--mode <mode>', 'sim, replay, paper, demo or live')
    .option('--for <duration>', 'wind down after this much market time, like 60s or 2h', durationArgument)
    .option('--seed <n>', 'fixes the simulated market', integerArgument)
    .option('--speed <x>', 'market time against wall time', positiveArgument)
    .option('--recording <path>', 'file or folder to replay')
    .option('--markets <list>', 'only these tickers, separated by commas', listArgument)
    .option('--data <folder>', 'where everything is remembered; .bothsides/<mode> by default')
    .option('--console <port>', 'port of the console on 127.0.0.1; 0 takes a free one, off is none', consoleArgument)
    .option('--confirm-live', 'yes, trade real money')
    .option('--config <file>', 'a file of overrides, or a shipped profile: conservative, aggressive, s2')
    .option('--set <key=value>', 'one override, may be repeated', repeated)
    .option('--exchange-rest <url>', 'an exchange that speaks Kalshi, for demo')
    .option('--exchange-ws <url>', 'its WebSocket; derived from the REST address when absent')
    .option('--json', 'the first line of stdout says where we are, the last what it came to')
    .action((flags: TradeFlags) => tradeCommand(flags));
}

function consoleArgument(text: string): number | 'off' {
  return text === 'off' ? 'off' : portArgument(text);
}

export async function tradeCommand(flags: TradeFlags): Promise<void> {
  const wall = createSystemClock();
  // The process began before this module was loaded: what a person waited for counts.
  const startedMs = wall.monotonicMs() - process.uptime() * 1000;
  const env = withEnvFile(process.env, process.cwd());
  const mode = chooseMode({ flag: flags.mode, env, confirmLive: flags.confirmLive });
  if (mode === 'paper' || mode === 'live') {
    throw new BothsidesError('NOT_BUILT', `The mode ${mode} is not built yet.`, {
      remedy: 'Built are sim, replay and demo.',
    });
  }
  const overrides = overridesOf(flags);
  const { settings, warnings } = loadSettings({ mode, configPath: flags.config, sets: flags.set, overrides, env });
  checkFlags(mode, flags, settings);
  const log = createLog(flags.json === true);
  for (const warning of warnings) log.warn({}, warning);
  for (const warning of selfCheck(settings)) log.warn(warning, warning.message);

  const dataDir = resolve(flags.data ?? join('.bothsides', mode));
  const isOwnMarket = mode === 'sim' || mode === 'replay';
  const seed = settings.sim.seed;
  const recording = mode === 'replay' ? resolve(settings.sim.recording) : null;
  const identity = { mode, seed: isOwnMarket ? seed : null, recording };
  let folder = await openDataFolder(dataDir, identity, wall.now());
  if (mode === 'replay' && !folder.isNew) {
    // The recording begins at the beginning, and with it an account without a history.
    await folder.close();
    const name = await setStoreAside(dataDir);
    note(`A replay begins afresh: what ${dataDir} remembers of the last one is now its ${name}.`);
    folder = await openDataFolder(dataDir, identity, wall.now());
  }
  const closers: (() => Promise<void> | void)[] = [() => folder.removeRun(), () => folder.close()];
  try {
    const random = createRandom(seed);
    const place = await openVenue({
      mode,
      env,
      flags,
      settings,
      dataDir,
      wall,
      random,
      recording,
      isNew: folder.isNew,
    });
    closers.unshift(() => place.close());
    const clock = followClock(wall);
    closers.unshift(() => clock.stop());
    const clocks = { wall, market: clock.market, monotonicMs: () => wall.monotonicMs() };
    const venue = createKalshiVenue({
      restUrl: place.restUrl,
      wsUrl: place.wsUrl,
      keyId: place.keyId,
      signer: createSigner(readKey(place.privateKey)),
      transport: createKyTransport(),
      sockets: createWsSockets(),
      clocks,
      random,
      settings: settings.exchange,
      log: (level, message, detail) => log[level](detail ?? {}, message),
    });
    closers.unshift(() => venue.close());
    await clock.align(venue).catch((cause) => {
      throw unreachable(place.restUrl, cause);
    });
    place.start();
    clock.follow(venue, log);

    const trader = await startTrader({
      clocks,
      random,
      venue,
      settings,
      store: folder.store,
      haltFile: () => existsSync(join(dataDir, 'HALT')),
      log,
      mode,
      seed,
      speed: () => clock.speed,
      timeScaled: clock.speed !== 1 && clock.speed !== 0 ? true : settings.sim.speed !== 1 && isOwnMarket,
      startedMs,
      forMs: flags.for ?? null,
    });
    place.whenOver(() => trader.windDown());
    listenForSignals(() => trader.stopNow());

    const web = await openWeb(flags, settings, () => ({
      healthy: trader.isInControl(),
      state: stateReport(trader.runtime, { mode, seed, speed: clock.speed }),
    }));
    if (web !== null) closers.unshift(() => web.close());
    const consoleUrl = web?.url ?? null;
    await folder.writeRun({
      pid: process.pid,
      consoleUrl,
      token: random.split(`token ${wall.now()}`).integer(1, Number.MAX_SAFE_INTEGER).toString(36),
      restUrl: place.restUrl,
      wsUrl: place.wsUrl,
      keyId: place.keyId,
      privateKeyPath: place.privateKeyPath,
    });
    if (flags.json === true) printJson({ consoleUrl, dataDir, pid: process.pid });
    else
      note(
        `Making markets in mode ${mode}, seed ${seed}. ${consoleUrl === null ? '' : `State at ${consoleUrl}/api/state. `}Ctrl-C winds down.`,
      );

    const summary = await trader.finished;
    if (flags.json === true) printJson(summary);
    else print(summaryText(summary));
    process.exitCode = summary.exit;
  } finally {
    for (const close of closers) {
      try {
        await close();
      } catch (error) {
        log.error({ error: messageOf(error) }, 'something could not be closed');
      }
    }
  }
}

function overridesOf(flags: TradeFlags): Override[] {
  const overrides: Override[] = [];
  if (flags.seed !== undefined) overrides.push({ key: 'sim.seed', value: flags.seed, source: '--seed' });
  if (flags.speed !== undefined) overrides.push({ key: 'sim.speed', value: flags.speed, source: '--speed' });
  if (flags.recording !== undefined)
    overrides.push({ key: 'sim.recording', value: flags.recording, source: '--recording' });
  if (flags.markets !== undefined)
    overrides.push({ key: 'discovery.markets', value: flags.markets, source: '--markets' });
  return overrides;
}

/** Flags that mean nothing in this mode are a misunderstanding, and said. */
function checkFlags(mode: Mode, flags: TradeFlags, settings: Settings): void {
  const isOwnMarket = mode === 'sim' || mode === 'replay';
  if (mode === 'replay' && settings.sim.recording === '') {
    throw new BothsidesError('USAGE', 'A replay needs a recording.', {
      remedy: 'Name it with --recording FILE or FOLDER.',
    });
  }
  if (mode !== 'replay' && flags.recording !== undefined) {
    throw new BothsidesError('USAGE', `--recording means nothing in mode ${mode}.`, { remedy: 'Add --mode replay.' });
  }
  if (!isOwnMarket && flags.speed !== undefined) {
    throw new BothsidesError('USAGE', `--speed means nothing in mode ${mode}: the exchange's clock is its own.`, {
      remedy: 'Leave it out.',
    });
  }
  if (isOwnMarket && (flags.exchangeRest !== undefined || flags.exchangeWs !== undefined)) {
    throw new BothsidesError('USAGE', `Mode ${mode} brings its own exchange.`, {
      remedy: 'Add --mode demo to trade on another one.',
    });
  }
}

async function openWeb(
  flags: TradeFlags,
  settings: Settings,
  look: () => { healthy: boolean; state: ReturnType<typeof stateReport> },
): Promise<Console | null> {
  if (flags.console === 'off') return null;
  return openConsole({
    host: settings.console.host,
    port: flags.console ?? settings.console.port,
    onTaken: flags.console === undefined ? 'next' : 'refuse',
    state: () => look().state,
    isHealthy: () => look().healthy,
  });
}

function listenForSignals(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
}

function unreachable(url: string, cause: unknown): BothsidesError {
  if (cause instanceof BothsidesError && cause.code !== 'EXCHANGE_UNREACHABLE') return cause;
  return new BothsidesError('EXCHANGE_UNREACHABLE', `The exchange at ${url} does not answer: ${messageOf(cause)}.`, {
    remedy: 'Check the address and whether it is up.',
    cause,
  });
}
