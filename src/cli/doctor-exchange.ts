/** The exchange from here: whether it answers, knows us, what the account has, and whether the clocks agree. Only reads. */
import type { Clocks } from '../domain/clock.ts';
import { BothsidesError } from '../domain/errors.ts';
import { createRandom } from '../domain/seeded-random.ts';
import { formatMoney } from '../domain/units.ts';
import { createSigner, type Signer } from '../exchange/kalshi/sign.ts';
import { createWsSockets } from '../exchange/kalshi/sockets.ts';
import { createKyTransport } from '../exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../exchange/kalshi/venue.ts';
import type { Venue } from '../exchange/port.ts';
import type { Settings } from '../settings/schema.ts';
import { type Check, failedWith, ok, skipped, warn } from './doctor-check.ts';

export interface Address {
  readonly restUrl: string;
  readonly wsUrl: string;
  /** Null: without credentials only what is public is asked. */
  readonly account: { readonly keyId: string; readonly privateKey: string } | null;
}

/** Signatures are corrected for a wrong clock, but the venue refuses those older than a minute. */
const SKEW_MS_WARN = 5_000;
/** An exchange that says nothing is not waited for longer, wall time. */
const PATIENCE_MS = 10_000;

export async function checkExchange(address: Address, clocks: Clocks, settings: Settings): Promise<Check[]> {
  const checks: Check[] = [];
  let signer: Signer | null = null;
  try {
    signer = address.account === null ? null : createSigner(address.account.privateKey);
  } catch {
    // What is wrong with the key is said by the check of the keys.
  }
  const venue = createKalshiVenue({
    restUrl: address.restUrl,
    wsUrl: address.wsUrl,
    keyId: address.account?.keyId ?? '',
    signer,
    transport: createKyTransport(),
    sockets: createWsSockets(),
    clocks,
    random: createRandom(0),
    settings: settings.exchange,
  });
  try {
    checks.push(await within(clocks, reach(venue, address.restUrl)));
    checks.push(clockCheck(venue));
    if (signer === null) checks.push(skipped('account', 'not asked for: there is no key to sign with'));
    else checks.push(await within(clocks, account(venue)));
  } catch (error) {
    checks.push(failedWith('exchange', at(address.restUrl, error)));
  } finally {
    await venue.close();
  }
  return checks;
}

async function reach(venue: Venue, restUrl: string): Promise<Check> {
  const { exchangeActive, tradingActive } = await venue.catalogue.status();
  if (exchangeActive && tradingActive) return ok('exchange', `${restUrl} answers; trading is open`);
  const what = exchangeActive ? 'trading is paused' : 'the exchange is closed';
  return warn('exchange', `${restUrl} answers; ${what}`, 'Wait: orders are refused meanwhile.');
}

async function account(venue: Venue): Promise<Check> {
  const { tier } = await venue.account.readLimits();
  const { cash } = await venue.account.balance();
  const positions = await venue.account.positions();
  const resting = await venue.account.orders({ status: 'resting' });
  const held = positions.items.filter(({ position }) => position !== 0).length;
  const text = `tier ${tier}, $${formatMoney(cash)} available, ${held} positions, ${resting.items.length} resting orders`;
  const detail = { tier, cash, positions: held, resting: resting.items.length };
  if (cash <= 0) return warn('account', text, 'Without money no order is accepted.', detail);
  return ok('account', text, detail);
}

function clockCheck({ skewMs }: Venue): Check {
  if (skewMs === null) return skipped('clock', 'the exchange did not tell its time');
  const text = `the exchange is ${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead'}`;
  if (Math.abs(skewMs) < SKEW_MS_WARN) return ok('clock', text, skewMs);
  return warn('clock', text, 'Set the clock of this machine right (NTP).', skewMs);
}

function at(restUrl: string, error: unknown): unknown {
  if (!(error instanceof BothsidesError)) return error;
  const { code, message, remedy } = error;
  return new BothsidesError(code, `The exchange at ${restUrl}: ${message}`, { remedy, cause: error });
}

async function within<T>({ wall }: Clocks, answer: Promise<T>): Promise<T> {
  const silence = Promise.withResolvers<never>();
  const timer = wall.setTimeout(() => {
    const text = `Nothing was answered within ${PATIENCE_MS / 1000} s.`;
    silence.reject(
      new BothsidesError('EXCHANGE_UNREACHABLE', text, { remedy: 'Check the address and whether the exchange is up.' }),
    );
  }, PATIENCE_MS);
  try {
    return await Promise.race([answer, silence.promise]);
  } finally {
    wall.clearTimeout(timer);
  }
}
