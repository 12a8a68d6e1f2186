/** The exchange that a mode trades on: brought along, or somebody else's. */
import { join, resolve } from 'node:path';
import type { Clock } from '../domain/clock.ts';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import type { Random } from '../domain/random.ts';
import { fromDollars } from '../domain/units.ts';
import { openCommandLog } from '../exchange/embedded/command-log.ts';
import { createEmbedded } from '../exchange/embedded/embedded.ts';
import { serveLoopback } from '../exchange/embedded/server.ts';
import { type Environment, readCredentials } from '../settings/credentials.ts';
import type { Override } from '../settings/load.ts';
import type { Mode, Settings } from '../settings/schema.ts';
import { noteFault, noteFaults, readFaults } from './exchange-faults.ts';
import { openKeys } from './exchange-keys.ts';
import { note } from './output.ts';

/** Where an exchange of ours is remembered, in its data folder. */
export const EXCHANGE_LOG = 'exchange.log';

export function noteLongPast(): void {
  note('The exchange lives through its past again, about a second for each half hour of its market.');
}

export interface Place {
  readonly restUrl: string;
  readonly wsUrl: string;
  readonly keyId: string;
  /** A path or PEM text. */
  readonly privateKey: string;
  /** Null when the key came as text. */
  readonly privateKeyPath: string | null;
  /** Lets the market begin, where it is ours. */
  start(): void;
  /** Calls back once when there is nothing more to trade on: a recording's end, or where it broke off. */
  whenOver(listener: (fault: BothsidesError | null) => void): void;
  close(): Promise<void>;
}

export interface PlaceOptions {
  readonly mode: Mode;
  readonly env: Environment;
  readonly settings: Settings;
  readonly dataDir: string;
  readonly wall: Clock;
  readonly random: Random;
  readonly recording: string | null;
}

export async function openVenue(options: PlaceOptions): Promise<Place> {
  return options.mode === 'sim' || options.mode === 'replay' ? openOwn(options) : openOther(options);
}

async function openOwn({ mode, settings, dataDir, wall, random, recording }: PlaceOptions): Promise<Place> {
  const key = openKeys(dataDir, 1, 'rsa')[0]!;
  const embedded = await createEmbedded({
    clocks: { wall },
    random: random.split('exchange'),
    flow: mode === 'replay' ? 'replay' : 'synthetic',
    ...(recording === null ? {} : { recording, replay: settings.sim }),
    markets: settings.sim.markets,
    speed: settings.sim.speed,
    openingCash: fromDollars(settings.sim.openingCashDollars),
    accounts: [{ keyId: key.keyId, publicKey: key.publicKey, user: key.user }],
    // A replay begins at the beginning each time.
    ...(mode === 'sim'
      ? { memory: openCommandLog(join(dataDir, EXCHANGE_LOG), settings.sim.seed), onLongPast: noteLongPast }
      : { onRecordingWarning: note }),
    ...(mode === 'sim' && settings.sim.faults !== ''
      ? { faults: { rules: readFaults(settings.sim.faults, 'sim.faults'), onFault: noteFault } }
      : {}),
    onFault: (error) =>
      note(
        `bothsides: the embedded exchange failed on a request: ${error instanceof Error ? error.stack : String(error)}`,
      ),
  });
  const loopback = await serveLoopback(embedded.server, { port: 0 });
  return {
    restUrl: loopback.restUrl,
    wsUrl: loopback.wsUrl,
    keyId: key.keyId,
    privateKey: key.privateKeyPath,
    privateKeyPath: key.privateKeyPath,
    start: () => embedded.start(),
    whenOver: (listener) => {
      embedded.recordingEnded?.then(
        () => listener(null),
        (error: unknown) =>
          listener(error instanceof BothsidesError ? error : new BothsidesError('FAULT', messageOf(error))),
      );
    },
    async close() {
      try {
        embedded.stop();
        if (embedded.faults !== null) noteFaults(embedded.faults.book);
      } finally {
        await loopback.close();
      }
    },
  };
}

/** Throws CREDENTIALS_MISSING. */
export function openOther({ mode, env, settings }: Pick<PlaceOptions, 'mode' | 'env' | 'settings'>): Place {
  const { keyId, privateKey } = readCredentials(env);
  const { demoRestUrl, demoWsUrl, liveRestUrl, liveWsUrl } = settings.exchange;
  return {
    restUrl: checkedAddress(mode === 'live' ? liveRestUrl : demoRestUrl, '--exchange-rest'),
    wsUrl: checkedAddress(mode === 'live' ? liveWsUrl : demoWsUrl, '--exchange-ws'),
    keyId,
    privateKey,
    privateKeyPath: privateKey.includes('-----BEGIN') ? null : resolve(privateKey),
    start: () => undefined,
    whenOver: () => undefined,
    close: async () => undefined,
  };
}

/** Addresses as settings are checked as every address is: demo does not reach where money is real. */
export function addressOverrides(
  flags: { readonly exchangeRest?: string; readonly exchangeWs?: string },
  mode: Mode,
): Override[] {
  const { exchangeRest, exchangeWs } = flags;
  if (mode === 'live' && (exchangeRest !== undefined || exchangeWs !== undefined)) {
    throw new BothsidesError('USAGE', 'Mode live has an address of its own.', { remedy: 'Add --mode demo.' });
  }
  const overrides: Override[] = [];
  if (exchangeRest !== undefined) {
    const rest = checkedAddress(exchangeRest, '--exchange-rest');
    overrides.push({ key: 'exchange.demoRestUrl', value: rest, source: '--exchange-rest' });
    if (exchangeWs === undefined)
      overrides.push({ key: 'exchange.demoWsUrl', value: wsUrlFrom(rest), source: '--exchange-rest' });
  }
  if (exchangeWs !== undefined) {
    const value = checkedAddress(exchangeWs, '--exchange-ws');
    overrides.push({ key: 'exchange.demoWsUrl', value, source: '--exchange-ws' });
  }
  return overrides;
}

/** An exchange that says nothing at all is given up on after this. */
const FIRST_ANSWER_MS = 10_000;

export async function firstAnswer<T>(wall: Clock, answer: Promise<T>): Promise<T> {
  const silence = Promise.withResolvers<never>();
  const timer = wall.setTimeout(() => {
    const text = `Nothing was answered within ${FIRST_ANSWER_MS / 1000} s.`;
    const remedy = 'Check the address and whether the exchange is up.';
    silence.reject(new BothsidesError('EXCHANGE_UNREACHABLE', text, { remedy }));
  }, FIRST_ANSWER_MS);
  try {
    return await Promise.race([answer, silence.promise]);
  } finally {
    wall.clearTimeout(timer);
  }
}

/** What goes wrong with an exchange is said with its address. */
export function atExchange(restUrl: string, cause: unknown): unknown {
  if (!(cause instanceof BothsidesError) || !EXCHANGE_CODES.has(cause.code)) return cause;
  return new BothsidesError(cause.code, `The exchange at ${restUrl}: ${cause.message}`, {
    remedy: cause.remedy,
    cause,
  });
}

const EXCHANGE_CODES = new Set<string>(['EXCHANGE_UNREACHABLE', 'EXCHANGE_NONSENSE', 'CREDENTIALS_REFUSED']);

/** https://host/trade-api/v2 → wss://host/trade-api/ws/v2. Throws USAGE where that cannot be known. */
export function wsUrlFrom(restUrl: string): string {
  const url = restUrl.replace(/^http/, 'ws').replace(/\/trade-api\/v2$/, '/trade-api/ws/v2');
  if (url.endsWith('/trade-api/ws/v2')) return url;
  throw new BothsidesError('USAGE', `The address ${restUrl} does not end in /trade-api/v2.`, {
    remedy: 'Complete it, or name the WebSocket as well with --exchange-ws.',
  });
}

const ADDRESSES = {
  '--exchange-rest': { protocols: ['http:', 'https:'], example: 'http://127.0.0.1:4700/trade-api/v2' },
  '--exchange-ws': { protocols: ['ws:', 'wss:'], example: 'ws://127.0.0.1:4700/trade-api/ws/v2' },
} as const;

/** The address without a slash at its end. Throws USAGE. */
export function checkedAddress(text: string, flag: keyof typeof ADDRESSES): string {
  const { protocols, example } = ADDRESSES[flag];
  const isOne = URL.canParse(text) && (protocols as readonly string[]).includes(new URL(text).protocol);
  if (isOne) return text.replace(/\/$/, '');
  throw new BothsidesError('USAGE', `${JSON.stringify(text)} is not an address for ${flag}.`, {
    remedy: `Write one like ${example}.`,
  });
}
