/** `npm run exchange`: the embedded exchange for any client, over HTTP and WebSocket on this machine. */
import { join, resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { createRandom } from '../domain/seeded-random.ts';
import { openCommandLog } from '../exchange/embedded/command-log.ts';
import { createEmbedded, FLOWS, type FlowName } from '../exchange/embedded/embedded.ts';
import type { FaultOptions } from '../exchange/embedded/faults/faulty-server.ts';
import { parseLatency } from '../exchange/embedded/faults/latency.ts';

import { TIERS, type Tier } from '../exchange/embedded/protocol/rate-limits.ts';
import { serveLoopback } from '../exchange/embedded/server.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { loadSettings } from '../settings/load.ts';
import { openLevelStore } from '../store/level-store.ts';
import { integerArgument, portArgument, repeated, speedArgument } from './arguments.ts';
import { noteFault, noteFaults, readFaults } from './exchange-faults.ts';
import { type ExchangeKey, KEY_TYPES, type KeyType, openKeys } from './exchange-keys.ts';
import { alignColumns, note, print, printJson } from './output.ts';
import { EXCHANGE_LOG, noteLongPast } from './venue.ts';

const ACCOUNTS_MAX = 100;
const MARKETS_MAX = 10_000;
const DATA = '.bothsides/exchange';

export interface ExchangeOptions {
  readonly port: number;
  readonly accounts: number;
  readonly flow: FlowName;
  readonly recording?: string;
  /** Overrides of what config/replay.yaml says of recordings: "sim.queueModel=power". */
  readonly set?: readonly string[];
  readonly seed: number;
  /** Synthetic ones, open at a time. */
  readonly markets?: number;
  readonly speed: number;
  readonly tier: Tier;
  readonly data: string;
  readonly keyType: KeyType;
  /** A file, or the list itself. */
  readonly faults?: string;
  readonly latency?: string;
  /** Milliseconds of wall time. */
  readonly readDelay?: number;
  readonly testEndpoints?: boolean;
  readonly json?: boolean;
  /** The exchange goes on where the last one on this data folder stopped, and is remembered itself. */
  readonly isRemembered?: boolean;
}

export function registerExchange(program: Command): void {
  program
    .command('exchange')
    .description('serve the embedded exchange over HTTP and WebSocket')
    .option('--port <port>', 'port on 127.0.0.1; 0 takes a free one', portArgument, 0)
    .option('--accounts <count>', 'accounts to open, each with its own key', accountsArgument, 2)
    .addOption(new Option('--flow <flow>', 'what moves the market').choices(FLOWS).default('synthetic'))
    .option('--recording <path>', 'file or folder to replay')
    .option('--set <key=value>', 'how it is replayed: sim.queueModel=power; may be repeated', repeated)
    .option('--seed <n>', 'fixes the market', integerArgument, 1)
    .option('--markets <count>', 'synthetic markets that are open at a time; 40 unless given', marketsArgument)
    .option('--speed <x>', 'market time against wall time', speedArgument, 1)
    .addOption(new Option('--tier <tier>', 'rate limits of the accounts').choices(TIERS).default('basic'))
    .option('--data <folder>', 'where the keys are kept; one that is named remembers the exchange as well', DATA)
    .addOption(new Option('--key-type <type>', 'kind of the keys').choices(KEY_TYPES).default('rsa'))
    .option('--faults <file|list>', 'what goes wrong: "[{fault: throttle, probability: 0.05}]"')
    .option('--latency <ms>', 'base+mean of each leg: 5+3, or request=5+3,response=2,stream=10+5')
    .option('--read-delay <ms>', 'how far portfolio reads lag behind writes', delayArgument)
    .option('--test-endpoints', 'serve /trade-api/v2/_faults, with which a test reads and replaces the faults')
    .option('--json', 'first line: addresses and accounts as JSON')
    .action((options: ExchangeOptions, command: Command) =>
      // A replay begins at the beginning each time.
      exchangeCommand({
        ...options,
        isRemembered: command.getOptionValueSource('data') === 'cli' && options.flow !== 'replay',
      }),
    );
}

function delayArgument(text: string): number {
  if (!/^\d{1,8}$/.test(text)) throw new InvalidArgumentError('Write a whole number of milliseconds.');
  return Number(text);
}

function upTo(most: number, text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > most) {
    throw new InvalidArgumentError(`Write a number from 1 to ${most}.`);
  }
  return count;
}
function accountsArgument(text: string): number {
  return upTo(ACCOUNTS_MAX, text);
}
function marketsArgument(text: string): number {
  return upTo(MARKETS_MAX, text);
}

/** Serves until SIGINT or SIGTERM. */
export async function exchangeCommand(options: ExchangeOptions): Promise<void> {
  if (options.recording !== undefined && options.flow !== 'replay') {
    throw new BothsidesError('USAGE', `--recording means nothing with --flow ${options.flow}.`, {
      remedy: 'Add --flow replay.',
    });
  }
  if (options.set !== undefined && options.flow !== 'replay') {
    throw new BothsidesError('USAGE', `--set means nothing with --flow ${options.flow}.`, { remedy: 'Leave it out.' });
  }
  if (options.markets !== undefined && options.flow === 'replay') {
    throw new BothsidesError('USAGE', '--markets means nothing with --flow replay.', { remedy: 'Leave it out.' });
  }
  const replay =
    options.flow === 'replay'
      ? loadSettings({ mode: 'replay', sets: options.set, env: process.env }).settings.sim
      : null;
  const faults = faultOptions(options);
  // Whoever starts this as a child may end it as soon as it can be heard of.
  const ended = nextSignal();
  const folder = resolve(options.data);
  const keys = openKeys(folder, options.accounts, options.keyType);
  // A data folder is held by its store's lock, whoever works in it.
  const lock = options.isRemembered === true ? await openLevelStore(join(folder, 'store')) : null;
  const embedded = await createEmbedded({
    clocks: { wall: createSystemClock() },
    random: createRandom(options.seed),
    flow: options.flow,
    ...(options.recording === undefined ? {} : { recording: options.recording }),
    ...(replay === null ? {} : { replay }),
    speed: options.speed,
    ...(options.markets === undefined ? {} : { markets: options.markets }),
    accounts: keys.map(({ keyId, publicKey, user }) => ({ keyId, publicKey, user })),
    tier: options.tier,
    onRecordingWarning: note,
    ...(options.readDelay === undefined ? {} : { readDelayMs: options.readDelay }),
    ...(faults === null ? {} : { faults }),
    ...(lock === null
      ? {}
      : { memory: openCommandLog(join(folder, EXCHANGE_LOG), options.seed), onLongPast: noteLongPast }),
    onFault: (error) => note(`bothsides: a request failed: ${error instanceof Error ? error.stack : messageOf(error)}`),
  });
  const loopback = await serveLoopback(embedded.server, { port: options.port });
  embedded.start();
  embedded.recordingEnded?.then(
    () => note('The recording is over; the exchange stays open.'),
    (error: unknown) => note(`bothsides: The recording broke off: ${messageOf(error)}`),
  );
  announce(options, loopback, keys);
  await ended;
  try {
    embedded.stop();
    if (embedded.faults !== null) noteFaults(embedded.faults.book);
  } finally {
    await loopback.close();
    await lock?.close();
  }
}

/** null: nothing stands between the exchange and its clients. */
function faultOptions({ faults, latency, testEndpoints = false }: ExchangeOptions): FaultOptions | null {
  if (faults === undefined && latency === undefined && !testEndpoints) return null;
  return {
    rules: faults === undefined ? [] : readFaults(faults, '--faults'),
    ...(latency === undefined ? {} : { latency: parseLatency(latency) }),
    endpoint: testEndpoints,
    onFault: noteFault,
  };
}

function announce(
  options: ExchangeOptions,
  at: { restUrl: string; wsUrl: string },
  keys: readonly ExchangeKey[],
): void {
  if (options.json === true) {
    const accounts = keys.map(({ keyId, privateKeyPath }) => ({ keyId, privateKeyPath }));
    printJson({ restUrl: at.restUrl, wsUrl: at.wsUrl, accounts });
    return;
  }
  const market =
    options.flow === 'replay' ? `replay of ${options.recording}` : `flow ${options.flow}, seed ${options.seed}`;
  print(`The exchange is open: ${market}, speed ${options.speed}, tier ${options.tier}. Ctrl-C closes it.\n`);
  print(
    alignColumns([
      ['REST', at.restUrl],
      ['WebSocket', at.wsUrl],
      ...keys.flatMap(({ user, keyId, privateKeyPath }) => [
        [user, `key id       ${keyId}`],
        ['', `private key  ${privateKeyPath}`],
      ]),
    ]),
  );
}

function nextSignal(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
}
