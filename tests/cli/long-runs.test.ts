/** What a newcomer runs first, and two hours of a market; only with BOTHSIDES_LONG=1. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Stage } from '../support/processes.ts';

const stage = new Stage();
afterAll(() => stage.clear());
const isLong = process.env.BOTHSIDES_LONG === '1';
const recording = join(process.env.BOTHSIDES_RECORDINGS ?? '', 'bitcoin-15min-stream/clean/20260513T1333Z.jsonl.zst');

interface Told {
  readonly feed: { readonly deltas: number; readonly gaps: number };
  readonly sessions: { readonly opened: number; readonly resumed: number; readonly closed: number };
  readonly orders: { readonly created: number };
  readonly fills: { readonly count: number };
  readonly latency: { readonly firstQuoteMs: number };
}

async function told(args: readonly string[]): Promise<Told> {
  const { code, json, stderr } = await stage.npmStart([...args, '--json', '--console', '0', '--data', stage.folder()])
    .ended;
  expect(code, stderr).toBe(0);
  expect(json).toHaveLength(2);
  expect(json[1]).toMatchObject({
    exit: 0,
    orders: { leftResting: 0, unknown: 0 },
    money: { difference: '0.000000' },
    requests: { status429: 0 },
  });
  const summary = json[1] as unknown as Told;
  const { opened, resumed, closed } = summary.sessions;
  expect(opened + resumed).toBe(closed);
  expect(summary.orders.created).toBeGreaterThan(0);
  return summary;
}

describe.runIf(isLong)('npm start', { timeout: 400_000 }, () => {
  it('quotes within ten seconds and fills within thirty', async () => {
    const { latency, fills, sessions } = await told(['--for', '30s']);
    expect(latency.firstQuoteMs).toBeLessThan(10_000);
    expect(fills.count).toBeGreaterThan(0);
    expect(sessions.opened).toBeGreaterThan(1);
  });

  it('trades through two hours at sixty times their speed, with markets that close and settle', async () => {
    const { fills, sessions } = await told(['--for', '2h', '--speed', '60']);
    expect(fills.count).toBeGreaterThan(20);
    expect(sessions.opened).toBeGreaterThan(10);
  });

  it.runIf(existsSync(recording))('follows a whole recording of the real exchange', async () => {
    const { feed, fills } = await told(['--mode', 'replay', '--recording', recording, '--speed', '20']);
    expect(feed.deltas).toBeGreaterThan(10_000);
    expect(feed.gaps).toBe(0);
    expect(fills.count).toBeGreaterThan(0);
  });
});
