/** What a signature costs the event loop: RSA on the thread pool, Ed25519 in place. */
import { generateKeyPairSync } from 'node:crypto';
import { createSigner } from '../../src/exchange/kalshi/sign.ts';
import { type BenchRow, ceilingRow, repeatedly } from './row.ts';

const SIGNATURES = 1_000;
/** Orders come in bursts: a quote has two sides, a ladder more. */
const TOGETHER = 10;
const TEXT = '1700000000000POST/trade-api/v2/portfolio/events/orders';

function pemOf(type: 'rsa' | 'ed25519'): string {
  const encoding = { privateKeyEncoding: { type: 'pkcs8', format: 'pem' } } as const;
  const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
  return type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048, ...encoding, publicKeyEncoding }).privateKey
    : generateKeyPairSync('ed25519', { ...encoding, publicKeyEncoding }).privateKey;
}

/** Microseconds of processor time of this thread a signature: what the pool computes meanwhile does not count. */
async function loopMicroseconds(pem: string): Promise<number> {
  const signer = createSigner(pem);
  const before = process.threadCpuUsage();
  for (let index = 0; index < SIGNATURES; index += TOGETHER) {
    await Promise.all(Array.from({ length: TOGETHER }, () => signer.sign(TEXT)));
  }
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / SIGNATURES;
}

export async function benchSigning(): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [type, budget] of [
    ['rsa', 30],
    ['ed25519', 45],
  ] as const) {
    const pem = pemOf(type);
    const ours = await repeatedly(() => loopMicroseconds(pem));
    const name = `event loop a signature, ${type === 'rsa' ? 'RSA-PSS 2048' : 'Ed25519'}`;
    rows.push(ceilingRow(name, 'µs', ours, budget));
  }
  return rows;
}
