/** `npm run record`: write down what an exchange says, for replays, backtests and other tools. It never orders. */
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { BothsidesError, EXIT, exitCodeOf, messageOf } from '../domain/errors.ts';
import { createRandom } from '../domain/seeded-random.ts';
import { createSigner } from '../exchange/kalshi/sign.ts';
import { createWsSockets } from '../exchange/kalshi/sockets.ts';
import { tapSockets } from '../exchange/kalshi/tapped-sockets.ts';
import { createKyTransport } from '../exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../exchange/kalshi/venue.ts';
import type { Recorder } from '../feed/recorder.ts';
import { recordedVenue } from '../feed/recorder-venue.ts';
import { followClock } from '../runtime/follow-clock.ts';
import { type Choice, RecordRun } from '../runtime/record-run.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { type Environment, withEnvFile } from '../settings/credentials.ts';
import { loadSettings } from '../settings/load.ts';
import { parseMode } from '../settings/mode.ts';
import { durationArgument, listArgument, repeated } from './arguments.ts';
import { createLog } from './log.ts';
import { note, print, printError, printJson } from './output.ts';
import { openRecorder, recordedSummary, recordedText, recordingsIn } from './recorder.ts';
import { listenForSignals } from './signals.ts';
import { addressOverrides, atExchange, firstAnswer, openOther } from './venue.ts';

export interface RecordFlags {
  readonly mode: string;
  readonly markets?: readonly string[];
  readonly series?: string;
  readonly top?: number;
  readonly for?: number;
  readonly out?: string;
  readonly config?: string;
  readonly set?: readonly string[];
  readonly exchangeRest?: string;
  readonly exchangeWs?: string;
  readonly json?: true;
}

const TOP = 20;
const STATUS_EVERY_MS = 60_000;

export function registerRecord(program: Command): void {
  program
    .command('record')
    .description('write down what an exchange says, to be replayed; never orders')
    .option('--mode <mode>', 'demo or live: whose exchange and keys', 'demo')
    .option('--markets <list>', 'these tickers, separated by commas', listArgument)
    .option('--series <name>', 'every open market of a series, as they come and go')
    .option(
      '--top <n>',
      `the n open markets with the most volume of 24 h; ${TOP} when nothing is chosen`,
      countArgument,
    )
    .option('--for <duration>', 'end after this much market time, like 10m; without it, on Ctrl-C', durationArgument)
    .option('--out <folder>', 'where to; .bothsides/<mode>/recordings by default')
    .option('--config <file>', 'a file of overrides')
    .option('--set <key=value>', 'one override, may be repeated', repeated)
    .option('--exchange-rest <url>', 'an exchange that speaks Kalshi, for demo')
    .option('--exchange-ws <url>', 'its WebSocket; derived from the REST address when absent')
    .option('--json', 'the first line of stdout says where to, the last what was written')
    .action((flags: RecordFlags) => recordCommand(flags));
}

function countArgument(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('Write a whole number above 0.');
  return Number(text);
}

export async function recordCommand(flags: RecordFlags, environment: Environment = process.env): Promise<void> {
  const wall = createSystemClock();
  const env = withEnvFile(environment, process.cwd());
  const mode = parseMode(flags.mode);
  if (mode !== 'demo' && mode !== 'live') {
    throw new BothsidesError('USAGE', `Nothing is recorded in mode ${mode}.`, {
      remedy: 'Modes are demo and live; npm start -- --record records any run.',
    });
  }
  const choice = choiceOf(flags);
  const overrides = addressOverrides(flags, mode);
  const { settings, warnings } = loadSettings({ mode, configPath: flags.config, sets: flags.set, overrides, env });
  const log = createLog(flags.json === true, env.LOG_LEVEL);
  for (const warning of warnings) log.warn({}, warning);
  const folder = resolve(flags.out ?? recordingsIn(join('.bothsides', mode)));
  const place = openOther({ mode, env, settings });
  const signals = listenForSignals(wall);
  const ended = Promise.withResolvers<void>();
  const closers: (() => Promise<void> | void)[] = [() => signals.release()];
  try {
    const random = createRandom(settings.sim.seed);
    const clock = followClock(wall);
    closers.unshift(() => clock.stop());
    const clocks = { wall, market: clock.market, monotonicMs: () => wall.monotonicMs() };
    let recorder: Recorder | null = null;
    const venue = createKalshiVenue({
      ...place,
      signer: createSigner(place.privateKey),
      transport: createKyTransport(),
      sockets: tapSockets(createWsSockets(), () => recorder),
      clocks,
      random,
      settings: settings.exchange,
      log: (level, message, detail) => log[level](detail ?? {}, message),
    });
    closers.unshift(() => venue.close());
    // The market's time must be known before anything is dated by it.
    const answered = firstAnswer(wall, clock.align(venue)).catch((cause) => {
      throw atExchange(place.restUrl, cause);
    });
    await Promise.race([signals.first, answered]);
    if (signals.count > 0) {
      note('Stopped before anything was recorded.');
      return;
    }
    let run: RecordRun | null = null;
    const opened = await openRecorder({
      ...{ folder, clocks, settings, mode, restUrl: place.restUrl },
      onFailure: () => ended.resolve(),
      onGap: (dropped) => {
        log.warn({ dropped }, 'the disk did not keep up: lines were left out; books are asked for anew');
        wall.setTimeout(() => run?.begin(), 0);
      },
    });
    recorder = opened;
    clock.follow(venue, log);
    run = new RecordRun({ clocks, random, venue: recordedVenue(venue, opened), settings, choice, log });
    const running = run;
    try {
      const started = running.start().catch((cause) => {
        throw atExchange(place.restUrl, cause);
      });
      await Promise.race([signals.first, started]);
      if (signals.count === 0) announce(flags, place.restUrl, folder, running.markets.size);
      const forTimer = flags.for === undefined ? null : clocks.market.setTimeout(() => ended.resolve(), flags.for);
      const status = everyMinute(() => log.info({ ...opened.counts }, recordedText(opened)));
      await Promise.race([signals.first, ended.promise]);
      if (forTimer !== null) clocks.market.clearTimeout(forTimer);
      status();
    } finally {
      running.stop();
      await opened.close();
    }
    if (opened.failure !== null) process.exitCode = printError(opened.failure);
    const exit = opened.failure === null ? EXIT.done : exitCodeOf(opened.failure);
    if (flags.json === true) printJson({ ...recordedSummary(opened), markets: [...running.markets], exit });
    else print(recordedText(opened));
  } finally {
    for (const close of closers) {
      try {
        await close();
      } catch (error) {
        log.error({ error: messageOf(error) }, 'something could not be closed');
      }
    }
  }

  function everyMinute(say: () => void): () => void {
    let timer = wall.setTimeout(again, STATUS_EVERY_MS);
    function again(): void {
      say();
      timer = wall.setTimeout(again, STATUS_EVERY_MS);
    }
    return () => wall.clearTimeout(timer);
  }
}

function choiceOf({ markets, series, top }: RecordFlags): Choice {
  if ([markets, series, top].filter((choice) => choice !== undefined).length > 1) {
    throw new BothsidesError('USAGE', '--markets, --series and --top choose in different ways.', {
      remedy: 'Give one of them.',
    });
  }
  if (markets !== undefined) return { kind: 'markets', markets };
  if (series !== undefined) return { kind: 'series', series };
  return { kind: 'top', count: top ?? TOP };
}

function announce(flags: RecordFlags, restUrl: string, folder: string, markets: number): void {
  if (flags.json === true) printJson({ folder, pid: process.pid, markets });
  else note(`Recording ${markets} markets of ${restUrl} into ${folder}. Ctrl-C ends it.`);
}
