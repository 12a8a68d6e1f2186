/** What a signature costs the event loop: RSA on the thread pool, Ed25519 in place. */
import { generateKeyPairSync } from 'node:crypto';
import { createSigner } from '../../src/exchange/kalshi/sign.ts';
import { type BenchRow, repeatedly } from './row.ts';

const SIGNATURES = 500;
const TEXT = '1700000000000POST/trade-api/v2/portfolio/events/orders';

function pemOf(type: 'rsa' | 'ed25519'): string {
  const encoding = { privateKeyEncoding: { type: 'pkcs8', format: 'pem' } } as const;
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
  return type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048, ...encoding, publicKeyEncoding }).privateKey
    : generateKeyPairSync('ed25519', { ...encoding, publicKeyEncoding }).privateKey;
}

/** Microseconds of this thread's own work a signature: the time it sleeps while the pool computes does not count. */
async function loopMicroseconds(pem: string): Promise<number> {
  const signer = createSigner(pem);
  const before = performance.eventLoopUtilization();
  for (let index = 0; index < SIGNATURES; index++) {
    await signer.sign(TEXT);
    // A turn of its own each, as an order has.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { active } = performance.eventLoopUtilization(before);
  return (active * 1_000) / SIGNATURES;
}

export async function benchSigning(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [type, budget] of [
    ['rsa', 30],
    ['ed25519', 45],
  ] as const) {
    const pem = pemOf(type);
    const ours = await repeatedly(() => loopMicroseconds(pem));
    rows.push({
      name: `event loop per signature, ${type === 'rsa' ? 'RSA-PSS 2048' : 'Ed25519'}`,
      unit: 'µs',
      ours,
      baseline: null,
      value: ours,
      budget,
      bound: 'atMost',
    });
  }
  return rows;
}
