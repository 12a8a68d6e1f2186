/** `npm start`: make markets, against the embedded exchange unless told otherwise. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { LogLines } from '../console/log-lines.ts';
import { machinesPart } from '../console/machines-part.ts';
import { metricsPart } from '../console/metrics.ts';
import { PARTS } from '../console/parts.ts';
import { type Console, type ConsoleOptions, openConsole, STATELY_PATH } from '../console/server.ts';
import { BothsidesError, EXIT, exitCodeOf, messageOf } from '../domain/errors.ts';
import { createRandom } from '../domain/seeded-random.ts';
import { openRecording } from '../exchange/embedded/flow/recording.ts';
import { createSigner } from '../exchange/kalshi/sign.ts';
import { createWsSockets } from '../exchange/kalshi/sockets.ts';
import { tapSockets } from '../exchange/kalshi/tapped-sockets.ts';
import { createKyTransport } from '../exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../exchange/kalshi/venue.ts';
import type { Recorder } from '../feed/recorder.ts';
import { recordedVenue } from '../feed/recorder-venue.ts';
import { selfCheck } from '../quoting/self-check.ts';
import { followClock } from '../runtime/follow-clock.ts';
import { startTrader, type TraderRun } from '../runtime/run-trader.ts';
import { stateReport } from '../runtime/state-report.ts';
import { type Summary, summaryText } from '../runtime/summary.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { type Environment, withEnvFile } from '../settings/credentials.ts';
import { loadSettings, type Override } from '../settings/load.ts';
import { chooseMode } from '../settings/mode.ts';
import type { Mode, Settings } from '../settings/schema.ts';
import { openDataFolder } from '../store/data-folder.ts';
import { setStoreAside } from '../store/set-aside.ts';
import { openAlerting } from './alerting.ts';
import { ALL_CHARTS } from './all-charts.ts';
import { durationArgument, integerArgument, listArgument, portArgument, repeated, speedArgument } from './arguments.ts';
import { createLog } from './log.ts';
import { note, print, printError, printJson } from './output.ts';
import { reportProgress } from './progress.ts';
import { closeRecorder, openRecorder, recordingsIn } from './recorder.ts';
import { makeToken } from './secret.ts';
import { listenForSignals } from './signals.ts';
import { addressOverrides, atExchange, firstAnswer, openVenue, type Place } from './venue.ts';

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
  readonly record?: string | true;
  readonly inspect?: 'stately';
  readonly json?: true;
}

export function registerTrade(program: Command): void {
  program
    .command('trade', { isDefault: true })
    .description('make markets: against the embedded exchange unless told otherwise')
    .option('--mode <mode>', 'sim, replay, paper, demo or live')
    .option('--for <duration>', 'wind down after this much market time, like 60s or 2h', durationArgument)
    .option('--seed <n>', 'fixes the simulated market', integerArgument)
    .option('--speed <x>', 'market time against wall time', speedArgument)
    .option('--recording <path>', 'file or folder to replay')
    .option('--markets <list>', 'only these tickers, separated by commas', listArgument)
    .option('--data <folder>', 'where everything is remembered; .bothsides/<mode> by default')
    .option('--console <port>', 'port of the console on 127.0.0.1; 0 takes a free one, off is none', consoleArgument)
    .option('--confirm-live', 'yes, trade real money')
    .option('--config <file>', 'a file of overrides, or a shipped profile: conservative, aggressive, s2')
    .option('--set <key=value>', 'one override, may be repeated', repeated)
    .option('--exchange-rest <url>', 'an exchange that speaks Kalshi, for demo')
    .option('--exchange-ws <url>', 'its WebSocket; derived from the REST address when absent')
    .option('--record [folder]', 'write down what the exchange says; <data>/recordings by default')
    .addOption(
      new Option('--inspect <viewer>', 'serve another viewer, too, on this machine: stately').choices(['stately']),
    )
    .option('--json', 'the first line of stdout says where we are, the last what it came to')
    .action((flags: TradeFlags) => tradeCommand(flags));
}

function consoleArgument(text: string): number | 'off' {
  return text === 'off' ? 'off' : portArgument(text);
}

export async function tradeCommand(flags: TradeFlags, environment: Environment = process.env): Promise<void> {
  const wall = createSystemClock();
  // The process began before this module was loaded: what a person waited for counts.
  const startedMs = wall.monotonicMs() - process.uptime() * 1000;
  const beganMs = Math.round(wall.now() - process.uptime() * 1000);
  const env = withEnvFile(environment, process.cwd());
  const mode = chooseMode({ flag: flags.mode, env, confirmLive: flags.confirmLive });
  if (mode === 'paper' || mode === 'live') {
    throw new BothsidesError('NOT_BUILT', `The mode ${mode} is not built yet.`, {
      remedy: 'Built are sim, replay and demo.',
    });
  }
  const overrides = overridesOf(mode, flags);
  const { settings, warnings } = loadSettings({ mode, configPath: flags.config, sets: flags.set, overrides, env });
  checkFlags(mode, flags, settings);
  const log = new LogLines(createLog(flags.json === true, env.LOG_LEVEL), wall);
  for (const warning of warnings) log.warn({}, warning);
  for (const warning of selfCheck(settings)) log.warn(warning, warning.message);

  const alerting = openAlerting(env, { settings, wall, log, mode });
  const dataDir = resolve(flags.data ?? join('.bothsides', mode));
  const isOwnMarket = mode === 'sim' || mode === 'replay';
  const seed = settings.sim.seed;
  const recording = mode === 'replay' ? resolve(settings.sim.recording) : null;
  const identity = { mode, seed: isOwnMarket ? seed : null, recording };
  // No folder is bound to a recording that was mistyped or cannot be played.
  if (recording !== null) await openRecording(recording);
  let folder = await openDataFolder(dataDir, identity, wall.now());
  if (mode === 'replay' && !folder.isNew) {
    // The recording begins at the beginning, and with it an account without a history.
    await folder.close();
    const name = await setStoreAside(dataDir);
    note(`A replay begins afresh: what ${dataDir} remembers of the last one is now its ${name}.`);
    folder = await openDataFolder(dataDir, identity, wall.now());
  }
  const signals = listenForSignals(wall);
  const closers: (() => Promise<void> | void)[] = [
    () => folder.removeRun(),
    () => folder.close(),
    () => alerting.close(),
  ];
  try {
    const random = createRandom(seed);
    const place = await openVenue({ mode, env, settings, dataDir, wall, random, recording });
    closers.unshift(() => place.close());
    const clock = followClock(wall);
    closers.unshift(() => clock.stop());
    const clocks = { wall, market: clock.market, monotonicMs: () => wall.monotonicMs() };
    let recorder: Recorder | null = null;
    const venue = createKalshiVenue({
      restUrl: place.restUrl,
      wsUrl: place.wsUrl,
      keyId: place.keyId,
      signer: createSigner(place.privateKey),
      transport: createKyTransport(),
      sockets: tapSockets(createWsSockets(), () => recorder),
      clocks,
      random,
      settings: settings.exchange,
      log: (level, message, detail) => log[level](detail ?? {}, message),
    });
    closers.unshift(() => venue.close());
    await Promise.race([
      signals.first,
      firstAnswer(wall, clock.align(venue)).catch((cause) => {
        throw atExchange(place.restUrl, cause);
      }),
    ]);
    if (signals.count > 0) {
      note('Stopped before trading began: this run placed no order.');
      return;
    }

    if (flags.record !== undefined) {
      const opened = await openRecorder({
        folder: resolve(flags.record === true ? recordingsIn(dataDir) : flags.record),
        ...{ clocks, settings, mode, restUrl: place.restUrl },
        onFailure: (error) => log.warn({ error: error.message }, 'recording stopped; trading goes on'),
        onGap: (dropped) => log.warn({ dropped }, 'the disk did not keep up: lines of the recording were left out'),
      });
      recorder = opened;
      closers.unshift(() => closeRecorder(opened));
    }
    let trader: TraderRun | null = null;
    const token = makeToken();
    const web = await openWeb(flags, settings, {
      ...{ clocks, log, token, parts: [...PARTS, machinesPart(ALL_CHARTS), metricsPart(alerting.counts), log.part] },
      run: () => ({
        id: trader?.runtime.parts.run ?? null,
        ...{ mode, seed: isOwnMarket ? seed : null, pid: process.pid },
        startedWallMs: beganMs,
        readOnly: false,
      }),
      speed: () => clock.speed,
      stately: flags.inspect === 'stately',
      isHealthy: () => trader?.isInControl() ?? false,
      state: () => (trader === null ? { mode, seed } : stateReport(trader.runtime, { mode, seed, speed: clock.speed })),
    });
    if (web !== null) closers.unshift(() => web.close());
    const consoleUrl = web?.url ?? null;
    await folder.writeRun({
      pid: process.pid,
      mode,
      consoleUrl,
      token,
      restUrl: place.restUrl,
      wsUrl: place.wsUrl,
      keyId: place.keyId,
      privateKeyPath: place.privateKeyPath,
    });
    if (flags.inspect === 'stately' && consoleUrl !== null) note(statelyGreeting(consoleUrl));
    if (flags.json === true) printJson({ consoleUrl, dataDir, pid: process.pid });
    else note(greeting(mode, isOwnMarket ? seed : null, place, { consoleUrl, token }, dataDir));

    place.start();
    clock.follow(venue, log);
    trader = await startTrader({
      clocks,
      random,
      venue: recorder === null ? venue : recordedVenue(venue, recorder),
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
    const run = trader;
    web?.attach({ past: run.journal, live: run });
    alerting.watch(run);
    closers.unshift(catchFaults((error) => run.panic(error)));
    const progress = reportProgress({ runtime: run.runtime, log, wall, markets: settings.discovery.markets });
    closers.unshift(() => progress.unsubscribe());
    let broken: BothsidesError | null = null;
    place.whenOver((fault) => {
      if (fault !== null) broken = fault;
      run.marketOver();
    });
    signals.heed(() => {
      log.info({}, signals.count > 1 ? 'stopping without a proof' : 'stopping: all orders are taken back');
      run.stopNow();
    });

    const summary = withFault(
      await run.finished.catch((cause) => {
        throw atExchange(place.restUrl, cause);
      }),
      broken,
    );
    const reason = broken ?? run.fault();
    if (reason instanceof BothsidesError && reason.code !== 'FAULT') printError(reason);
    if (flags.json === true) printJson(summary);
    else print(summaryText(summary));
    process.exitCode = summary.exit;
  } catch (error) {
    alerting.couldNotStart(error);
    throw error;
  } finally {
    for (const close of closers) {
      try {
        await close();
      } catch (error) {
        log.error({ error: messageOf(error) }, 'something could not be closed');
      }
    }
    signals.release();
  }
}

/** The token stands behind the `#`, which a browser keeps to itself. */
function greeting(
  mode: Mode,
  seed: number | null,
  place: Place,
  web: { readonly consoleUrl: string | null; readonly token: string },
  dataDir: string,
): string {
  const market = seed === null ? `the exchange at ${place.restUrl}` : `its own exchange, seed ${seed}`;
  return [
    `Bothsides makes markets on ${market} (mode ${mode}). Ctrl-C takes every order back and ends.`,
    `Data in ${dataDir}; a file HALT there stops quoting.`,
    ...(web.consoleUrl === null ? [] : [`Watch and steer it at ${web.consoleUrl}/#token=${web.token}`]),
  ].join('\n');
}

function statelyGreeting(consoleUrl: string): string {
  const address = `${consoleUrl.replace(/^http/, 'ws')}${STATELY_PATH}`;
  return `Stately's inspector, on this machine, can listen at ${address} (createWebSocketReceiver).`;
}

/** A fault that nobody caught takes our orders off before the process ends. Returns how to give faults back. */
function catchFaults(panic: (error: unknown) => void): () => void {
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', panic);
  return () => {
    process.off('uncaughtException', panic);
    for (const listener of before) process.on('uncaughtException', listener);
  };
}

/** A recording that broke off was traded to where it broke off; that it did is how the run ends. */
function withFault(summary: Summary, fault: BothsidesError | null): Summary {
  return fault === null || summary.exit !== EXIT.done ? summary : { ...summary, exit: exitCodeOf(fault) };
}

function overridesOf(mode: Mode, flags: TradeFlags): Override[] {
  const overrides: Override[] = [];
  if (flags.seed !== undefined) overrides.push({ key: 'sim.seed', value: flags.seed, source: '--seed' });
  if (flags.speed !== undefined) overrides.push({ key: 'sim.speed', value: flags.speed, source: '--speed' });
  if (flags.recording !== undefined)
    overrides.push({ key: 'sim.recording', value: flags.recording, source: '--recording' });
  if (flags.markets !== undefined)
    overrides.push({ key: 'discovery.markets', value: flags.markets, source: '--markets' });
  if (mode === 'demo') overrides.push(...addressOverrides(flags, mode));
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
  if (flags.inspect !== undefined && flags.console === 'off') {
    throw new BothsidesError('USAGE', `--inspect ${flags.inspect} is served by the console, which is off.`, {
      remedy: 'Leave out --console off.',
    });
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
  look: Omit<ConsoleOptions, 'host' | 'port' | 'onTaken'>,
): Promise<Console | null> {
  if (flags.console === 'off') return null;
  return openConsole({
    host: settings.console.host,
    port: flags.console ?? settings.console.port,
    onTaken: flags.console === undefined ? 'next' : 'refuse',
    ...look,
  });
}
