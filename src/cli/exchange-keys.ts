/** The keys of the embedded exchange's accounts: made once, kept in its data folder for their owner only. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { makeFolder } from '../store/make-folder.ts';

export const KEY_TYPES = ['rsa', 'ed25519'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

const RSA_BITS = 2048;

export interface ExchangeKey {
  readonly user: string;
  /** A uuid made from the public key: the same key always has the same id. */
  readonly keyId: string;
  readonly publicKey: KeyObject;
  /** Absolute when the folder is. */
  readonly privateKeyPath: string;
}

/** Reads the keys that exist and makes those that do not. Throws DATA_UNWRITABLE, CREDENTIALS_UNREADABLE. */
export function openKeys(folder: string, count: number, type: KeyType): ExchangeKey[] {
  const keysFolder = join(folder, 'keys');
  try {
    makeFolder(keysFolder, 0o700);
  } catch (cause) {
    throw unwritable(keysFolder, cause);
  }
  return Array.from({ length: count }, (_, index) => openKey(keysFolder, `account-${index + 1}`, type));
}

function openKey(folder: string, user: string, type: KeyType): ExchangeKey {
  const path = join(folder, `${user}.${type}.pem`);
  const privateKey = readPrivateKey(path, type) ?? makePrivateKey(path, type);
  const publicKey = createPublicKey(privateKey);
  return { user, keyId: keyIdOf(publicKey), publicKey, privateKeyPath: path };
}

function readPrivateKey(path: string, type: KeyType): KeyObject | null {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unreadable(path, messageOf(error), error);
  }
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType !== type)
      throw new TypeError(`expected a key of type ${type}, was ${key.asymmetricKeyType}`);
    chmodSync(path, 0o600);
    return key;
  } catch (error) {
    throw unreadable(path, messageOf(error), error);
  }
}

function makePrivateKey(path: string, type: KeyType): KeyObject {
  const { privateKey } =
    type === 'rsa' ? generateKeyPairSync('rsa', { modulusLength: RSA_BITS }) : generateKeyPairSync('ed25519');
  try {
    // Refuses to follow or replace anything that appeared meanwhile.
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw unwritable(path, cause);
  }
  return privateKey;
}

function keyIdOf(publicKey: KeyObject): string {
  const hex = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}

function unwritable(path: string, cause: unknown): BothsidesError {
  return new BothsidesError('DATA_UNWRITABLE', `Cannot write ${path}: ${messageOf(cause)}.`, {
    remedy: 'Choose another folder with --data.',
    cause,
  });
}

function unreadable(path: string, what: string, cause: unknown): BothsidesError {
  return new BothsidesError('CREDENTIALS_UNREADABLE', `Cannot read the key ${path}: ${what}.`, {
    remedy: 'Delete the file to have a new key made.',
    cause,
  });
}
