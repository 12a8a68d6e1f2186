/** Credentials come from the environment (or a `.env` beside it), never from configuration files or flags. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { BothsidesError, messageOf } from '../domain/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Credentials {
  /** The key's id at the venue. */
  readonly keyId: string;
  /** A path to a PEM file, or PEM text (line breaks may be written as `\n`). */
  readonly privateKey: string;
}

/** The environment with a folder's `.env` beneath it: what is set already wins. A folder without one is fine. */
export function withEnvFile(env: Environment, folder: string): Environment {
  const path = join(folder, '.env');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return env;
    throw new BothsidesError('CREDENTIALS_UNREADABLE', `${path} cannot be read: ${messageOf(error)}.`, {
      remedy: 'Correct its permissions or remove it.',
      cause: error,
    });
  }
  const given = Object.entries(env).filter(([, value]) => value !== undefined);
  return { ...parseEnv(text), ...Object.fromEntries(given) };
}

/** Where alerts go; null: nowhere. Throws CREDENTIALS_UNREADABLE for what is no address, without repeating it. */
export function readAlertsUrl(env: Environment): string | null {
  const url = env.BOTHSIDES_ALERTS_URL?.trim() ?? '';
  if (url === '') return null;
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
  throw new BothsidesError('CREDENTIALS_UNREADABLE', 'BOTHSIDES_ALERTS_URL is no http or https address.', {
    remedy: 'Set it to the address of a webhook, or leave it out.',
  });
}

/** What demo and live need. Throws CREDENTIALS_MISSING naming the variables that are not there. */
export function readCredentials(env: Environment): Credentials {
  const keyId = env.KALSHI_ACCESS_KEY?.trim() ?? '';
  const privateKey = env.KALSHI_PRIVATE_KEY?.trim() ?? '';
  const missing = [
    ...(keyId === '' ? ['KALSHI_ACCESS_KEY'] : []),
    ...(privateKey === '' ? ['KALSHI_PRIVATE_KEY'] : []),
  ];
  if (missing.length > 0) {
    const verb = missing.length === 1 ? 'is' : 'are';
    throw new BothsidesError('CREDENTIALS_MISSING', `${missing.join(' and ')} ${verb} not set.`, {
      remedy:
        'Set KALSHI_ACCESS_KEY to the id of an API key and KALSHI_PRIVATE_KEY to its PEM file or text, in the environment or in .env.',
    });
  }
  return { keyId, privateKey };
}
