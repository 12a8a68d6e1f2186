import { constants, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { unixMs } from '../../../src/domain/units.ts';
import { authenticate, fakeSignature, type VenueAccount } from '../../../src/exchange/embedded/protocol/auth.ts';
import type { VenueError } from '../../../src/exchange/embedded/protocol/errors.ts';
import { createFixture, ROOT, START_MS } from './protocol-fixture.ts';

const PATH = `${ROOT}/portfolio/balance`;

function headers(options: { key?: string; offsetMs?: number; text?: string } = {}): Record<string, string> {
  const timestamp = String(START_MS + (options.offsetMs ?? 0));
  return {
    'kalshi-access-key': options.key ?? 'key-alice',
    'kalshi-access-timestamp': timestamp,
    'kalshi-access-signature': fakeSignature(options.text ?? `${timestamp}GET${PATH}`),
  };
}

describe('A signed request', () => {
  it('is let in, its query not being part of what was signed', async () => {
    const answer = await createFixture().send('GET', '/portfolio/balance?exchange_index=0', { headers: headers() });
    expect(answer.status).toBe(200);
  });

  it.each(['kalshi-access-key', 'kalshi-access-timestamp', 'kalshi-access-signature'])(
    'without %s is refused as unsigned',
    async (name) => {
      const sent = headers();
      delete sent[name];
      const answer = await createFixture().send('GET', '/portfolio/balance', { headers: sent });
      expect(answer.status).toBe(401);
      expect(answer.body).toEqual({
        error: { code: 'signature_is_missing_from_headers', message: 'signature is missing from headers' },
      });
    },
  );

  it('by an unknown key is refused with NOT_FOUND', async () => {
    const answer = await createFixture().send('GET', '/portfolio/balance', { headers: headers({ key: 'nobody' }) });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({
      error: { code: 'authentication_error', message: 'authentication_error', details: 'NOT_FOUND' },
    });
  });

  it('over another text is refused with INCORRECT_API_KEY_SIGNATURE', async () => {
    const sent = headers({ text: `${START_MS}POST${PATH}` });
    const answer = await createFixture().send('GET', '/portfolio/balance', { headers: sent });
    expect(answer.status).toBe(401);
    expect(answer.body.error).toEqual({
      code: 'authentication_error',
      message: 'authentication_error',
      details: 'INCORRECT_API_KEY_SIGNATURE',
    });
  });

  it.each([
    [-10_000, 200],
    [-10_001, 401],
    [30_000, 200],
    [30_001, 401],
  ])('whose time is off by %i ms is answered %i', async (offsetMs, status) => {
    const answer = await createFixture().send('GET', '/portfolio/balance', { headers: headers({ offsetMs }) });
    expect(answer.status).toBe(status);
    if (status === 401)
      expect(answer.body).toEqual({
        error: { code: 'header_timestamp_expired', message: 'header timestamp expired' },
      });
  });

  it('counts its time on the wall clock, however far the market is', async () => {
    const fixture = createFixture();
    fixture.market.advanceTo(START_MS + 3_000_000);
    expect((await fixture.call('alice', 'GET', '/portfolio/balance')).status).toBe(200);
  });
});

describe('A public call', () => {
  it('needs no signature, but a wrong one is refused', async () => {
    const fixture = createFixture();
    expect((await fixture.send('GET', '/exchange/status')).status).toBe(200);
    const wrong = headers({ text: 'something else' });
    expect((await fixture.send('GET', '/exchange/status', { headers: wrong })).status).toBe(401);
  });

  it('is not what many order books at once are', async () => {
    expect((await createFixture().send('GET', '/markets/orderbooks?tickers=A')).status).toBe(401);
  });
});

describe('Real keys', () => {
  const text = `${START_MS}GET${PATH}`;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ed = generateKeyPairSync('ed25519');
  const accounts = new Map<string, VenueAccount>([
    ['rsa', { keyId: 'rsa', publicKey: rsa.publicKey, user: 'r' }],
    ['ed', { keyId: 'ed', publicKey: ed.publicKey, user: 'e' }],
  ]);
  const data = Buffer.from(text);
  const pss = (saltLength: number) =>
    sign('sha256', data, { key: rsa.privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });

  function detailsOf(key: string, signature: Buffer): string {
    const values: Record<string, string> = {
      'kalshi-access-key': key,
      'kalshi-access-timestamp': String(START_MS),
      'kalshi-access-signature': signature.toString('base64'),
    };
    const request = { method: 'GET', path: PATH, header: (name: string) => values[name] };
    try {
      return authenticate(request, accounts, unixMs(START_MS)).user;
    } catch (error) {
      return (error as VenueError & { body: { error: { details: string } } }).body.error.details;
    }
  }

  it('sign with RSA-PSS and a salt of 32 bytes, and with nothing else', () => {
    expect(detailsOf('rsa', pss(32))).toBe('r');
    expect(detailsOf('rsa', pss(20))).toBe('INCORRECT_API_KEY_SIGNATURE');
    expect(detailsOf('rsa', sign('sha256', data, rsa.privateKey))).toBe('INCORRECT_API_KEY_SIGNATURE');
  });

  it('sign with Ed25519 over the text itself', () => {
    expect(detailsOf('ed', sign(null, data, ed.privateKey))).toBe('e');
    expect(detailsOf('ed', pss(32))).toBe('INCORRECT_API_KEY_SIGNATURE');
    expect(detailsOf('ed', Buffer.from('short'))).toBe('INCORRECT_API_KEY_SIGNATURE');
  });
});
