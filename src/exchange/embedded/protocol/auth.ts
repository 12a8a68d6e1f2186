import { constants, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import type { UnixMs } from '../../../domain/units.ts';
import type { UserId } from '../model.ts';
import { exchangeError } from './errors.ts';

export interface VenueAccount {
  readonly keyId: string;
  /** RSA or Ed25519. null: no cryptography, the signature must equal `fakeSignature` of the text (virtual worlds). */
  readonly publicKey: KeyObject | null;
  readonly user: UserId;
}

/** A request's signed time may be this much behind or ahead of the venue's wall clock. */
export const SKEW_BEHIND_MS_MAX = 10_000;
export const SKEW_AHEAD_MS_MAX = 30_000;

const PSS_SALT_BYTES = 32;

/** What an account without a key signs with: deterministic, and still wrong for any other text. */
export function fakeSignature(text: string): string {
  return Buffer.from(`sim:${text}`).toString('base64');
}

export interface SignedRequest {
  readonly method: string;
  /** From the root, without the query. */
  readonly path: string;
  header(name: string): string | undefined;
}

export function isSigned(request: SignedRequest): boolean {
  return request.header('kalshi-access-key') !== undefined;
}

/** Whose request it is. Synchronous: a virtual run must not leave for the thread pool. Throws the venue's 401. */
export function authenticate(
  request: SignedRequest,
  accounts: ReadonlyMap<string, VenueAccount>,
  nowMs: UnixMs,
): VenueAccount {
  const keyId = request.header('kalshi-access-key');
  const timestamp = request.header('kalshi-access-timestamp');
  const signature = request.header('kalshi-access-signature');
  if (!keyId || !timestamp || !signature) throw exchangeError(401, 'signature_is_missing_from_headers');
  const aheadMs = /^\d{1,15}$/.test(timestamp) ? Number(timestamp) - nowMs : Number.NaN;
  if (!(aheadMs >= -SKEW_BEHIND_MS_MAX && aheadMs <= SKEW_AHEAD_MS_MAX))
    throw exchangeError(401, 'header_timestamp_expired');
  const account = accounts.get(keyId);
  if (account === undefined) throw exchangeError(401, 'authentication_error', 'NOT_FOUND');
  const text = `${timestamp}${request.method}${request.path}`;
  if (!isGenuine(text, signature, account.publicKey))
    throw exchangeError(401, 'authentication_error', 'INCORRECT_API_KEY_SIGNATURE');
  return account;
}

function isGenuine(text: string, signature: string, key: KeyObject | null): boolean {
  if (key === null) {
    const wanted = Buffer.from(fakeSignature(text));
    const given = Buffer.from(signature);
    return wanted.length === given.length && timingSafeEqual(wanted, given);
  }
  const data = Buffer.from(text);
  const bytes = Buffer.from(signature, 'base64');
  if (key.asymmetricKeyType === 'ed25519') return verify(null, data, key, bytes);
  return verify('sha256', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: PSS_SALT_BYTES }, bytes);
}
