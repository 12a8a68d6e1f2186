/** A trader's account without the trader: its orders are taken off straight at the exchange, where that is another process. */
import type { Clocks } from '../domain/clock.ts';
import { BothsidesError } from '../domain/errors.ts';
import { named, type Ticker } from '../domain/ids.ts';
import { createRandom } from '../domain/seeded-random.ts';
import { formatPrice, formatQuantity } from '../domain/units.ts';
import { createSigner } from '../exchange/kalshi/sign.ts';
import { createWsSockets } from '../exchange/kalshi/sockets.ts';
import { createKyTransport } from '../exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../exchange/kalshi/venue.ts';
import type { Venue, VenueOrder } from '../exchange/port.ts';
import { cancelAtExchange, restingAtExchange } from '../runtime/cancel-at-exchange.ts';
import { createSystemClock } from '../runtime/system-clock.ts';
import { withEnvFile } from '../settings/credentials.ts';
import { loadSettings } from '../settings/load.ts';
import { parseMode } from '../settings/mode.ts';
import type { RunFile } from './running-trader.ts';
import { addressOverrides, atExchange, firstAnswer, openOther } from './venue.ts';

export interface AtExchange {
  readonly restUrl: string;
  readonly found: number;
  readonly left: readonly { readonly orderId: string; readonly market: string; readonly what: string }[];
  readonly proven: boolean;
}

export interface AtExchangeOptions {
  readonly mode: string;
  /** What the run left of itself; its account then, otherwise that of the environment. */
  readonly run: RunFile | null;
  readonly exchangeRest?: string | undefined;
  readonly all: boolean;
  readonly market: string | null;
  readonly triggersGroups: boolean;
  readonly isDryRun: boolean;
}

/** Whether the exchange of this mode lives in another process than the trader. */
export function isElsewhere(mode: string): boolean {
  return mode === 'demo' || mode === 'live' || mode === 'paper';
}

/** Throws CREDENTIALS_…, EXCHANGE_…. */
export async function cancelStraight(options: AtExchangeOptions): Promise<AtExchange> {
  const wall = createSystemClock();
  const { venue, restUrl } = openAccount(options, { wall, market: wall, monotonicMs: () => wall.monotonicMs() });
  const what = { all: options.all, market: options.market === null ? null : named<Ticker>(options.market) };
  try {
    if (options.isDryRun) {
      const { orders } = await firstAnswer(wall, restingAtExchange(venue, what));
      return { restUrl, found: orders.length, left: orders.map(described), proven: false };
    }
    const { triggersGroups } = options;
    const { found, left, proven } = await cancelAtExchange(venue, { wall, ...what, triggersGroups });
    return { restUrl, found: found.length, left: left.map(described), proven };
  } catch (error) {
    throw atExchange(restUrl, error);
  } finally {
    await venue.close();
  }
}

function openAccount(options: AtExchangeOptions, clocks: Clocks): { venue: Venue; restUrl: string } {
  const env = withEnvFile(process.env, process.cwd());
  const mode = parseMode(options.mode);
  const overrides =
    options.exchangeRest === undefined ? [] : addressOverrides({ exchangeRest: options.exchangeRest }, mode);
  const { settings } = loadSettings({ mode, overrides, env });
  const account = accountOf(options, () => openOther({ mode, env, settings }), env.KALSHI_PRIVATE_KEY);
  const venue = createKalshiVenue({
    ...account,
    signer: createSigner(account.privateKey),
    transport: createKyTransport(),
    sockets: createWsSockets(),
    clocks,
    random: createRandom(process.pid),
    settings: settings.exchange,
  });
  return { venue, restUrl: account.restUrl };
}

interface Account {
  readonly restUrl: string;
  readonly wsUrl: string;
  readonly keyId: string;
  readonly privateKey: string;
}

function accountOf({ run }: AtExchangeOptions, ofEnvironment: () => Account, key: string | undefined): Account {
  if (run === null || run.restUrl === null || run.wsUrl === null || run.keyId === null) return ofEnvironment();
  const { restUrl, wsUrl, keyId, privateKeyPath } = run;
  // A key that came as text was never written down.
  const privateKey = privateKeyPath ?? key?.trim() ?? '';
  if (privateKey === '')
    throw new BothsidesError(
      'CREDENTIALS_MISSING',
      'The private key of this run came as text and is nowhere on disk.',
      {
        remedy: 'Set KALSHI_PRIVATE_KEY as it was set for the trader.',
      },
    );
  return { restUrl, wsUrl, keyId, privateKey };
}

function described({ orderId, market, side, remaining, price }: VenueOrder) {
  return {
    orderId: orderId as string,
    market: market as string,
    what: `${side} ${formatQuantity(remaining)} at ${formatPrice(price)}`,
  };
}
