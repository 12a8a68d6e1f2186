/** The exchange in one process, the trader in another: over real sockets, with real signatures, on one account. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ended, FEW, FEW_LISTED, type Running, readState, Stage, untilQuoting } from '../support/processes.ts';

const stage = new Stage();
afterAll(() => stage.clear());
const SIM = join(import.meta.dirname, '../../config/sim.yaml');

interface Where {
  readonly restUrl: string;
  readonly wsUrl: string;
  readonly accounts: readonly { readonly keyId: string; readonly privateKeyPath: string }[];
}

async function openExchange(): Promise<{ exchange: Running; at: Where }> {
  const exchange = stage.start(['exchange', '--json', '--speed', '5', ...FEW_LISTED, '--data', stage.folder()]);
  return { exchange, at: (await exchange.first) as unknown as Where };
}

function trade(at: Where, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const [account] = at.accounts;
  return stage.start(
    [
      ...['trade', ...FEW, '--mode', 'demo', '--config', SIM, '--json', '--console', '0'],
      ...['--exchange-rest', at.restUrl, '--exchange-ws', at.wsUrl, ...args],
    ],
    { env: { KALSHI_ACCESS_KEY: account!.keyId, KALSHI_PRIVATE_KEY: account!.privateKeyPath, ...env } },
  );
}

describe.concurrent('A trader on an exchange in another process', { timeout: 90_000 }, () => {
  let at: Where;
  beforeAll(async () => {
    ({ at } = await openExchange());
  });

  it('quotes, fills and stops clean as on its own', async () => {
    const { code, json, stderr } = await trade(at, ['--for', '25s', '--data', stage.folder()]).ended;
    expect(code, stderr).toBe(0);
    expect(json[1]).toMatchObject({
      mode: 'demo',
      exit: 0,
      timeScaled: true,
      orders: { unknown: 0, leftResting: 0 },
      money: { openingCash: '4000.000000', difference: '0.000000' },
      requests: { status429: 0 },
    });
    expect((json[1] as { orders: { created: number } }).orders.created).toBeGreaterThan(0);
  });

  it.each([
    ["another account's private key", { KALSHI_PRIVATE_KEY: 1 }, {}],
    ['a key that nobody knows', {}, { KALSHI_ACCESS_KEY: 'nobody' }],
  ] as const)('is refused with %s', async (_, other, env) => {
    const swapped = 'KALSHI_PRIVATE_KEY' in other ? { KALSHI_PRIVATE_KEY: at.accounts[1]!.privateKeyPath } : {};
    const ended: Ended = await trade(at, ['--data', stage.folder()], { ...swapped, ...env }).ended;
    expect(ended.code).toBe(4);
    expect(ended.stderr).toContain(`The exchange at ${at.restUrl}: `);
    expect(ended.stderr).toContain('[CREDENTIALS_REFUSED]');
  });
});

describe.concurrent('A second signal', { timeout: 90_000 }, () => {
  it('does not wait for proof: 7, with the list', async () => {
    const { exchange, at } = await openExchange();
    const trader = trade(at, ['--data', stage.folder()]);
    const { consoleUrl } = await trader.first;
    await untilQuoting(consoleUrl);
    // An exchange that no longer answers: cancels are sent and nobody knows what became of them.
    exchange.kill('SIGSTOP');
    const { orders } = await readState(consoleUrl);
    trader.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 700));
    const secondMs = performance.now();
    trader.kill('SIGINT');
    const { code, json, stderr } = await trader.ended;
    expect(performance.now() - secondMs).toBeLessThan(3_000);
    expect(code).toBe(7);
    expect((json[1] as { orders: { leftResting: number } }).orders.leftResting).toBeGreaterThan(0);
    expect(stderr).toContain(orders[0]!.market);
    exchange.kill('SIGCONT');
  });
});
