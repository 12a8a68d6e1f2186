/** `npm run exchange` as a program starts it: one JSON line, keys of its own, an orderly end. */
import { spawn } from 'node:child_process';
import { constants, createPrivateKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openKeys } from '../../src/cli/exchange-keys.ts';
import { BothsidesError } from '../../src/domain/errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bothsides-exchange-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('npm run exchange', () => {
  it('says where it is and who may trade, serves, and ends with 0 on a signal', async () => {
    const args = ['src/cli/main.ts', 'exchange', '--json', '--flow', 'none', '--data', folder];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exited = once(child, 'exit');
    const lines = createInterface({ input: child.stdout });
    const [first] = await once(lines, 'line');
    const { restUrl, wsUrl, accounts } = JSON.parse(first);
    expect(restUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/trade-api\/v2$/);
    expect(wsUrl).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/trade-api\/ws\/v2$/);
    expect(accounts).toHaveLength(2);
    const { keyId, privateKeyPath } = accounts[1];
    expect(isAbsolute(privateKeyPath)).toBe(true);
    expect(statSync(privateKeyPath).mode & 0o777).toBe(0o600);

    const clock = (await (await fetch(`${restUrl}/_clock`)).json()) as { wallTimeMs: number };
    const text = `${clock.wallTimeMs}GET/trade-api/v2/portfolio/balance`;
    const key = createPrivateKey(readFileSync(privateKeyPath));
    const pss = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
    const response = await fetch(`${restUrl}/portfolio/balance`, {
      headers: {
        'KALSHI-ACCESS-KEY': keyId,
        'KALSHI-ACCESS-TIMESTAMP': String(clock.wallTimeMs),
        'KALSHI-ACCESS-SIGNATURE': sign('sha256', Buffer.from(text), pss).toString('base64'),
      },
    });
    expect(await response.json()).toMatchObject({ balance_dollars: '4000.0000' });
    child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
  });
});

describe('Keys', () => {
  it('are made once and found again, each kind for itself', () => {
    const made = openKeys(folder, 2, 'ed25519');
    expect(openKeys(folder, 3, 'ed25519').map(({ keyId }) => keyId)).toEqual([
      ...made.map(({ keyId }) => keyId),
      expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    ]);
    expect(openKeys(folder, 1, 'rsa')[0]?.keyId).not.toBe(made[0]?.keyId);
    expect(new Set(made.map(({ keyId }) => keyId)).size).toBe(2);
  });

  it('that are damaged are named, not replaced', () => {
    const [key] = openKeys(folder, 1, 'ed25519');
    writeFileSync(key!.privateKeyPath, 'no key');
    const open = () => openKeys(folder, 1, 'ed25519');
    expect(open).toThrow(BothsidesError);
    expect(open).toThrow(key!.privateKeyPath);
    expect(readFileSync(key!.privateKeyPath, 'utf8')).toBe('no key');
  });
});
