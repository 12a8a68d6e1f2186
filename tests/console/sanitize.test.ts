/** What leaves the process is plain, bounded, and keeps secrets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sanitize } from '../../src/console/sanitize.ts';

describe('what leaves the process', () => {
  it('never holds what is called a secret, wherever it stands', () => {
    const secret = 's3cr3t-value';
    const names = ['token', 'apiKey', 'api_key', 'privateKey', 'private-key-pem', 'PASSWORD', 'authorization', 'keyId'];
    fc.assert(
      fc.property(
        fc.constantFrom(...names.filter((name) => name !== 'private-key-pem'), 'clientSecret', 'slackWebhookUrl'),
        fc.array(fc.constantFrom('a', 'b', 'list'), { maxLength: 5 }),
        (name, path) => {
          let value: unknown = { [name]: secret, [`${name}s`]: [secret] };
          for (const step of path) value = step === 'list' ? [value] : { [step]: value };
          expect(JSON.stringify(sanitize(value))).not.toContain(secret);
        },
      ),
    );
  });

  it('never holds a key’s text, whatever it is called', () => {
    const pem = '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----';
    expect(JSON.stringify(sanitize({ note: pem, said: 'sent with Bearer abcdefghij' }))).toBe(
      '{"note":"(withheld)","said":"(withheld)"}',
    );
  });

  it('is JSON, however strange or large the thing is', () => {
    const circle: Record<string, unknown> = { name: 'round' };
    circle.self = circle;
    const strange = {
      circle,
      nan: Number.NaN,
      big: 10n,
      made: () => 1,
      map: new Map([[1, 2]]),
      broken: new Error('why'),
      actor: { sessionId: 'x:1', id: 's1', send() {} },
      many: Array.from({ length: 1_000 }, (_, index) => index),
      long: 'x'.repeat(1_000_000),
      none: undefined,
    };
    const clean = sanitize(strange) as Record<string, unknown>;
    expect(clean).toMatchObject({
      nan: 'NaN',
      big: '10',
      made: '(function)',
      map: '(Map)',
      broken: { error: 'why' },
      actor: { actor: 's1' },
    });
    expect(clean).not.toHaveProperty('none');
    expect(JSON.stringify(clean).length).toBeLessThan(5_000);
    expect(sanitize([-0])).toEqual([0]);
    fc.assert(
      fc.property(fc.anything({ withMap: true, withDate: true, withBigInt: true }), (value) => {
        expect(JSON.parse(JSON.stringify(sanitize(value)))).toEqual(sanitize(value));
      }),
    );
  });

  it('is what it was where it is plain', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        fc.pre(!/token|secret|pass|key|auth|cookie|sign|cred|webhook/i.test(JSON.stringify(value)));
        // As JSON has it: without −0.
        expect(sanitize(value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { examples: [[[-0]]] },
    );
  });

  it('leaves markup and other scripts as the text that they are', () => {
    const title = '<img src=x onerror=alert(1)> \u202e txet \u0000';
    expect(sanitize({ title })).toEqual({ title });
  });
});
