/** Whether the keys that a mode needs are there, readable, of a kind that signs, and nobody else's to read. They are never printed. */
import { createPrivateKey } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { createSigner, readKey } from '../exchange/kalshi/sign.ts';
import { type Environment, readCredentials } from '../settings/credentials.ts';
import type { Mode } from '../settings/schema.ts';
import { type Check, failedWith, ok, skipped, warn } from './doctor-check.ts';

const NAME = 'keys';
/** What a group or others may do. */
const OF_OTHERS = 0o077;

export function checkKeys(mode: Mode, dataDir: string, env: Environment, cwd: string): Check[] {
  try {
    if (mode === 'paper') return [skipped(NAME, 'paper needs none')];
    if (mode === 'demo' || mode === 'live') return [...checkEnvironment(env, cwd), ...checkEnvFile(cwd)];
    const path = join(dataDir, 'keys', 'account-1.rsa.pem');
    if (!existsSync(path)) return [ok(NAME, 'none yet: the embedded exchange makes its own at the first start')];
    return [describe(path, path)];
  } catch (error) {
    return [failedWith(NAME, error)];
  }
}

function checkEnvironment(env: Environment, cwd: string): Check[] {
  const { privateKey } = readCredentials(env);
  if (privateKey.includes('-----BEGIN')) return [describe(privateKey, null)];
  const path = isAbsolute(privateKey) ? privateKey : join(cwd, privateKey);
  // What looks like no path may be a key that was mistyped, and is not repeated.
  return [existsSync(path) ? describe(path, path) : describe(privateKey, null)];
}

function describe(pathOrPem: string, path: string | null): Check {
  createSigner(pathOrPem);
  const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(readKey(pathOrPem));
  const bits = asymmetricKeyDetails?.modulusLength;
  const kind = `${asymmetricKeyType}${bits === undefined ? '' : `, ${bits} bits`}`;
  if (path === null) return ok(NAME, `a key (${kind}) in the environment`);
  return isPrivate(path) ?? ok(NAME, `a key (${kind}) that only its owner reads`);
}

/** A warning for a file that others may read; null for one that they may not. */
function isPrivate(path: string): Check | null {
  const mode = statSync(path).mode & 0o777;
  if ((mode & OF_OTHERS) === 0) return null;
  return warn(NAME, `${path} may be read by others (mode ${mode.toString(8)})`, `chmod 600 ${path}`);
}

/** A .env that holds the key itself, or says where it is. */
function checkEnvFile(cwd: string): Check[] {
  const path = join(cwd, '.env');
  const found = existsSync(path) ? isPrivate(path) : null;
  return found === null ? [] : [found];
}
