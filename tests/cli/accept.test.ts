/** `npm run accept` and `npm run resume` from outside: what they show, what they change, and on which folders. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createSigner, signedHeaders } from '../../src/exchange/kalshi/sign.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { type Ended, FEW, FEW_LISTED, Stage, until } from '../support/processes.ts';

const stage = new Stage();
afterAll(() => stage.clear());
const TIMEOUT = 120_000;
const LONG = process.env.BOTHSIDES_LONG === '1';
/** Nothing is quoted: what counts here is the account. */
const IDLE = ['--set', 'discovery.volume24hContractsMin=1000000000'];

interface Exchange {
  readonly restUrl: string;
  readonly env: NodeJS.ProcessEnv;
  deposit(cents: number): Promise<void>;
}

async function openExchange(): Promise<Exchange> {
  const folder = stage.folder();
  const exchange = stage.start([
    'exchange',
    '--json',
    '--accounts',
    '1',
    '--speed',
    '5',
    ...FEW_LISTED,
    '--data',
    folder,
  ]);
  const { restUrl, accounts } = (await exchange.first) as never as {
    restUrl: string;
    accounts: { keyId: string; privateKeyPath: string }[];
  };
  const { keyId, privateKeyPath } = accounts[0]!;
  const signer = createSigner(privateKeyPath);
  return {
    restUrl,
    env: { KALSHI_ACCESS_KEY: keyId, KALSHI_PRIVATE_KEY: privateKeyPath },
    async deposit(cents) {
      const path = `${new URL(restUrl).pathname}/_deposit`;
      const headers = await signedHeaders(keyId, signer, { atMs: createSystemClock().now(), method: 'POST', path });
      const body = JSON.stringify({ amount_cents: cents });
      const answer = await fetch(`${restUrl}/_deposit`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
      });
      expect(answer.status, await answer.text()).toBe(200);
    },
  };
}

/** Somebody writes into the journal of a stopped trader. */
async function say(data: string, kind: string, what: object): Promise<void> {
  const store = await openLevelStore(join(data, 'store'));
  const clock = createSystemClock();
  const journal = await StoreJournal.open(store, { wall: clock, market: clock });
  journal.append(kind, what as never);
  await journal.close();
  await store.close();
}

const moneyOf = ({ json }: Ended): unknown => (json.at(-1) as { money?: unknown } | undefined)?.money;

describe('A trader on somebody else’s exchange', { timeout: TIMEOUT }, () => {
  it('takes deposits as what they are; what nothing explains is refused with 6, and traded on once it is accepted', async () => {
    const exchange = await openExchange();
    const data = join(stage.folder(), 'data');
    const trade = (...more: string[]) =>
      stage.run(
        [
          'trade',
          '--mode',
          'demo',
          '--exchange-rest',
          exchange.restUrl,
          '--json',
          '--console',
          'off',
          '--data',
          data,
          '--for',
          '2s',
          ...IDLE,
          ...more,
        ],
        { env: exchange.env },
      );
    const accept = (...more: string[]) =>
      stage.run(['accept', '--data', data, '--exchange-rest', exchange.restUrl, ...more], { env: exchange.env });

    expect(await trade()).toMatchObject({ code: 0 });
    await exchange.deposit(5_000);
    await exchange.deposit(-1_250);
    // Money of which our journal believes that it came, and the exchange knows nothing.
    await say(data, 'account.transferred', { id: 'deposit:invented', amount: 300_000_000 });
    const refused = await trade();
    expect(refused).toMatchObject({ code: 6 });
    expect(refused.stderr).toMatch(/\$-300\.000000 is unexplained/);
    expect(refused.stderr).toMatch(/difference +-300\.000000/);
    expect(refused.stderr).toContain('[RECONCILE_REFUSED]');
    if (LONG) {
      const shown = await accept();
      expect(shown).toMatchObject({ code: 0 });
      expect(shown.stdout).toMatch(/difference +-300\.000000/);
      expect(shown.stdout).toContain('Nothing was changed');
    }
    const accepted = await accept('--yes', '--by', 'ada');
    expect(accepted.stdout).toContain('Accepted');
    const after = await trade();
    expect(after).toMatchObject({ code: 0 });
    expect(moneyOf(after)).toMatchObject({ explainedCash: '4037.500000', difference: '0.000000' });
  });
});

describe.runIf(LONG)('A trader with its own exchange', { timeout: TIMEOUT }, () => {
  it('stays halted after a HALT file until it is resumed, twice to trade; while it runs nobody else has a say', async () => {
    const data = join(stage.folder(), 'data');
    const args = ['trade', '--json', '--console', 'off', '--data', data, '--speed', '5', ...FEW];
    const running = stage.start(args);
    await running.first;
    const busy = await stage.run(['resume', '--data', data]);
    expect(busy).toMatchObject({ code: 5, stdout: '' });
    expect(busy.stderr).toContain('Stop the trader first');
    writeFileSync(join(data, 'HALT'), '');
    await until('it is halted', () => (running.stderr().includes('"mode":"halted"') ? true : null));
    running.kill('SIGTERM');
    expect(await running.ended).toMatchObject({ code: 0 });

    const halted = await stage.run(['resume', '--data', data, '--json']);
    expect(halted.json).toMatchObject([
      { before: ['halt, said by haltFile'], after: ['reduce, said by operator'], hasHaltFile: true },
    ]);
    const again = await stage.run(['resume', '--data', data]);
    expect(again.stdout).toContain('Lifted: the next start trades.');
    expect(again.stdout).toContain('A file HALT lies in the folder');
  });
});

describe('A folder in which nothing traded', () => {
  it.each(['accept', 'resume'])('is no place for %s', async (command) => {
    const nowhere = await stage.run([command, '--data', join(stage.folder(), 'nowhere')]);
    expect(nowhere).toMatchObject({ code: 2, stdout: '' });
    expect(nowhere.stderr).toContain('There is no data folder at');
  });
});
