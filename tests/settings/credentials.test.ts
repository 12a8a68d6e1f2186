import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCredentials, withEnvFile } from '../../src/settings/credentials.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bothsides-env-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('A .env file', () => {
  it('adds what the environment does not have and overrides nothing, not even with empty', () => {
    writeFileSync(join(folder, '.env'), '# keys\nKALSHI_ACCESS_KEY=from-file\nTRADING_MODE=live\nEMPTY=file\n');
    const env = withEnvFile({ KALSHI_ACCESS_KEY: 'from-shell', EMPTY: '', NOT_SET: undefined }, folder);
    expect(env.KALSHI_ACCESS_KEY).toBe('from-shell');
    expect(env.TRADING_MODE).toBe('live');
    expect(env.EMPTY).toBe('');
  });

  it('keeps a quoted key of many lines', () => {
    const pem = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----';
    writeFileSync(join(folder, '.env'), `KALSHI_PRIVATE_KEY="${pem}"\n`);
    expect(withEnvFile({}, folder).KALSHI_PRIVATE_KEY).toBe(pem);
  });

  it('need not be there', () => {
    const env = { A: 'b' };
    expect(withEnvFile(env, join(folder, 'nowhere'))).toEqual(env);
  });

  it('that cannot be read is named', () => {
    const broken = join(folder, 'broken');
    mkdirSync(join(broken, '.env'), { recursive: true });
    expect(() => withEnvFile({}, broken)).toThrow(/\.env cannot be read/);
  });
});

describe('Credentials', () => {
  it('are both there or refused by the name of what is missing', () => {
    const whole = { KALSHI_ACCESS_KEY: ' id ', KALSHI_PRIVATE_KEY: 'key.pem' };
    expect(readCredentials(whole)).toEqual({ keyId: 'id', privateKey: 'key.pem' });
    expect(() => readCredentials({ KALSHI_ACCESS_KEY: 'id' })).toThrow('KALSHI_PRIVATE_KEY is not set.');
    expect(() => readCredentials({ KALSHI_PRIVATE_KEY: 'x' })).toThrow('KALSHI_ACCESS_KEY is not set.');
    expect(() => readCredentials({ KALSHI_ACCESS_KEY: ' ' })).toThrow('KALSHI_ACCESS_KEY and KALSHI_PRIVATE_KEY are');
    expect(() => readCredentials({})).toThrow(expect.objectContaining({ code: 'CREDENTIALS_MISSING' }));
  });
});
