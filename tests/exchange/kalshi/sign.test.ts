import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BothsidesError } from '../../../src/domain/errors.ts';
import { createSigner, readKey, signedHeaders } from '../../../src/exchange/kalshi/sign.ts';
import { isSignedBy, keyPair } from './support/scripted-exchange.ts';

const TEXT = '1790000000123POST/trade-api/v2/portfolio/events/orders';

function errorOf(act: () => unknown): BothsidesError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(BothsidesError);
    return error as BothsidesError;
  }
  throw new Error('nothing was thrown');
}

describe('A signature', () => {
  it.each(['rsa', 'ed25519'] as const)('by a %s key is verified by its public key, and by no other', async (type) => {
    const { privatePem, publicKey } = keyPair(type);
    const signature = await createSigner(privatePem).sign(TEXT);
    expect(isSignedBy(publicKey, TEXT, signature)).toBe(true);
    expect(isSignedBy(publicKey, TEXT.replace('POST', 'GET'), signature)).toBe(false);
    expect(isSignedBy(keyPair(type).publicKey, TEXT, signature)).toBe(false);
  });

  it('by an Ed25519 key is made at once, by an RSA key on the thread pool', () => {
    expect(typeof createSigner(keyPair('ed25519').privatePem).sign(TEXT)).toBe('string');
    expect(createSigner(keyPair('rsa').privatePem).sign(TEXT)).toBeInstanceOf(Promise);
  });

  it('stands over the time, the method and the path without its query', async () => {
    const { privatePem, publicKey } = keyPair('ed25519');
    const headers = await signedHeaders('the-key', createSigner(privatePem), {
      atMs: 1_790_000_000_123 as never,
      method: 'POST',
      path: '/trade-api/v2/portfolio/events/orders',
    });
    expect(headers['KALSHI-ACCESS-KEY']).toBe('the-key');
    expect(headers['KALSHI-ACCESS-TIMESTAMP']).toBe('1790000000123');
    expect(isSignedBy(publicKey, TEXT, headers['KALSHI-ACCESS-SIGNATURE']!)).toBe(true);
  });
});

describe('A key', () => {
  it('is read from a path, from PEM text, and from PEM text with written line breaks', async () => {
    const { privatePem, publicKey } = keyPair('rsa');
    const path = join(mkdtempSync(join(tmpdir(), 'key-')), 'key.pem');
    writeFileSync(path, privatePem);
    for (const given of [path, privatePem, privatePem.replaceAll('\n', '\\n')]) {
      expect(isSignedBy(publicKey, TEXT, await createSigner(readKey(given)).sign(TEXT))).toBe(true);
    }
  });

  it('that is not there is an error that names the path', () => {
    const error = errorOf(() => readKey('/nowhere/key.pem'));
    expect(error.code).toBe('CREDENTIALS_UNREADABLE');
    expect(error.message).toContain('/nowhere/key.pem');
  });

  it('that cannot be used is an error that shows nothing of it', () => {
    const body = Buffer.from('not a key at all, but secret').toString('base64');
    const broken = `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`;
    const elliptic = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }).privateKey;
    for (const given of [broken, elliptic, body]) {
      const error = errorOf(() => createSigner(given));
      expect(error.code).toBe('CREDENTIALS_UNREADABLE');
      const secret = given.split('\n').find((line) => line.length > 20 && !line.startsWith('-')) ?? given;
      expect(`${error.message}${error.remedy}${error.stack}${String(error.cause ?? '')}`).not.toContain(secret);
    }
  });
});
