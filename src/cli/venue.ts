/** The exchange that a mode trades on: brought along, or somebody else's. */
import { join } from 'node:path';
import type { Clock } from '../domain/clock.ts';
import { BothsidesError } from '../domain/errors.ts';
import type { Random } from '../domain/random.ts';
import { fromDollars } from '../domain/units.ts';
import { openCommandLog } from '../exchange/embedded/command-log.ts';
import { createEmbedded } from '../exchange/embedded/embedded.ts';
import { serveLoopback } from '../exchange/embedded/server.ts';
import { type Environment, readCredentials } from '../settings/credentials.ts';
import type { Mode, Settings } from '../settings/schema.ts';
import { openKeys } from './exchange-keys.ts';
import { note } from './output.ts';

/** Where an exchange of ours is remembered, in its data folder. */
export const EXCHANGE_LOG = 'exchange.log';

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
  /** Calls back once when there is nothing more to trade on: a recording's end. */
  whenOver(listener: () => void): void;
  close(): Promise<void>;
}

export interface PlaceOptions {
  readonly mode: Mode;
  readonly env: Environment;
  readonly flags: { readonly exchangeRest?: string; readonly exchangeWs?: string };
  readonly settings: Settings;
  readonly dataDir: string;
  readonly wall: Clock;
  readonly random: Random;
  readonly recording: string | null;
  readonly isNew: boolean;
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
    ...(recording === null ? {} : { recording }),
    markets: settings.sim.markets,
    speed: settings.sim.speed,
    openingCash: fromDollars(settings.sim.openingCashDollars),
    accounts: [{ keyId: key.keyId, publicKey: key.publicKey, user: key.user }],
    // A replay begins at the beginning each time.
    ...(mode === 'sim' ? { memory: openCommandLog(join(dataDir, EXCHANGE_LOG), settings.sim.seed) } : {}),
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
      embedded.recordingEnded?.then(listener, (error: unknown) => {
        note(`bothsides: ${error instanceof Error ? error.message : String(error)}`);
        listener();
      });
    },
    async close() {
      try {
        embedded.stop();
      } finally {
        await loopback.close();
      }
    },
  };
}

function openOther({ env, flags, settings }: PlaceOptions): Place {
  const { keyId, privateKey } = readCredentials(env);
  // A flag wins over KALSHI_BASE_URL, which settings have taken in already.
  const restUrl = flags.exchangeRest ?? settings.exchange.demoRestUrl;
  const wsUrl =
    flags.exchangeWs ?? (flags.exchangeRest === undefined ? settings.exchange.demoWsUrl : wsUrlFrom(restUrl));
  return {
    restUrl: checked(restUrl, ['http:', 'https:'], '--exchange-rest'),
    wsUrl: checked(wsUrl, ['ws:', 'wss:'], '--exchange-ws'),
    keyId,
    privateKey,
    privateKeyPath: privateKey.includes('-----BEGIN') ? null : privateKey,
    start: () => undefined,
    whenOver: () => undefined,
    close: async () => undefined,
  };
}

/** https://host/trade-api/v2 → wss://host/trade-api/ws/v2 */
function wsUrlFrom(restUrl: string): string {
  return restUrl.replace(/^http/, 'ws').replace(/\/trade-api\/v2\/?$/, '/trade-api/ws/v2');
}

function checked(url: string, protocols: readonly string[], flag: string): string {
  if (URL.canParse(url) && protocols.includes(new URL(url).protocol)) return url.replace(/\/$/, '');
  throw new BothsidesError('USAGE', `${JSON.stringify(url)} is not an address for ${flag}.`, {
    remedy: `Write one like ${flag === '--exchange-rest' ? 'http://127.0.0.1:4700/trade-api/v2' : 'ws://127.0.0.1:4700/trade-api/ws/v2'}.`,
  });
}
