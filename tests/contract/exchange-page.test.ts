/** The page for the exchange's users says what is so: its examples run as they stand, its list of what is left out is whole. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS } from '../../src/exchange/embedded/faults/spec.ts';
import { notBuiltRoutes } from '../../src/exchange/embedded/protocol/not-built.ts';
import { Stage } from '../support/processes.ts';
import { type ServedExchange, serveExchange } from '../support/served-exchange.ts';

const PAGE = join(import.meta.dirname, '../../src/exchange/embedded/guide.md');
const page = readFileSync(PAGE, 'utf8');

let exchange: ServedExchange;
let folder: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  exchange = await serveExchange();
  folder = mkdtempSync(join(tmpdir(), 'bothsides-page-'));
  const { keyId, privateKeyPem } = exchange.keys.ben;
  writeFileSync(join(folder, 'key.pem'), privateKeyPem, { mode: 0o600 });
  env = {
    ...process.env,
    REST_URL: exchange.restUrl,
    WS_URL: exchange.wsUrl,
    KEY_ID: keyId,
    KEY_PATH: join(folder, 'key.pem'),
  };
});
afterAll(async () => {
  await exchange.close();
  rmSync(folder, { recursive: true });
});

/** The one that comes first, or so many after it. */
function example(language: string, index = 0): string {
  return [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))][index]![1]!;
}

/** Runs to its end with this as its input; null if there is no such program, or it ends badly. */
function run(program: string, args: readonly string[], input: string, where = env): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: where, stdio: ['pipe', 'pipe', 'inherit'] });
    let said = '';
    child.stdout.on('data', (data) => {
      said += data;
    });
    child.on('error', () => resolve(null));
    child.on('close', (code) => resolve(code === 0 ? said : null));
    child.stdin.on('error', () => undefined).end(input);
  });
}

/** Looks for what the example needs without loading it. */
const FIND_CRYPTOGRAPHY = 'import importlib.util, sys; sys.exit(importlib.util.find_spec("cryptography") is None)';
const hasPython = async () => (await run('python3', ['-c', FIND_CRYPTOGRAPHY], '')) !== null;

describe("The page for the exchange's users", () => {
  // After a change of not-built.ts: npx vitest run tests/contract/exchange-page.test.ts -u
  it('lists exactly what answers 501', async () => {
    const [before, after] = page.split('These answer 501 `not_implemented`:\n\n') as [string, string];
    const list = notBuiltRoutes.map(({ method, path }) => `    ${method.padEnd(6)} ${path}\n`).join('');
    const rest = after.replace(/^(?: {4}.*\n)+/, '');
    const builtAs = await Promise.all(
      notBuiltRoutes.map(async ({ method, path }) => {
        const asked = path.replaceAll(/:\w+|\*/g, 'x');
        const { status } = await fetch(`${exchange.restUrl}${asked}`, { method });
        return `${method} ${path} ${status}`;
      }),
    );
    expect(builtAs).toEqual([...new Set(notBuiltRoutes.map(({ method, path }) => `${method} ${path} 501`))]);
    await expect(`${before}These answer 501 \`not_implemented\`:\n\n${list}${rest}`).toMatchFileSnapshot(PAGE);
  });

  it('signs with curl and openssl', async (context) => {
    const hasTools = (await run('sh', ['-c', 'command -v curl && command -v openssl'], '')) !== null;
    if (!hasTools) context.skip('there is no curl or openssl: the example of signing with them was not run');
    expect(JSON.parse((await run('sh', [], example('sh'))) ?? 'null')).toMatchObject({ balance_dollars: '4000.0000' });
  });

  it('reads a balance with the official TypeScript client', async () => {
    const said = await run(process.execPath, ['--input-type=module'], example('js'));
    expect(JSON.parse(said ?? 'null')).toMatchObject({ balance_dollars: '4000.0000' });
  });

  it('reads a stream with ws', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-'], { env, stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.end(example('mjs'));
    let said = '';
    for await (const data of child.stdout) {
      said += data;
      if (said.split('\n').length > 2) break;
    }
    child.kill();
    const [first, second] = said.split('\n').map((line) => (line === '' ? null : JSON.parse(line)));
    expect(first).toMatchObject({ type: 'subscribed', id: 1, msg: { channel: 'orderbook_delta', sid: 1 } });
    expect(second).toMatchObject({ type: 'orderbook_snapshot', sid: 1, seq: 1 });
  });

  it('reads a balance in Python', async (context) => {
    if (!(await hasPython())) context.skip('there is no python3 with cryptography: the example in Python was not run');
    const said = await run('python3', ['-'], example('py'));
    expect(JSON.parse(said ?? 'null')).toMatchObject({ balance_dollars: '4000.0000' });
  });
});

describe('The page about what goes wrong if asked for', () => {
  const stage = new Stage();
  let unpleasant: NodeJS.ProcessEnv;
  // As the page has it: its flags, its list of faults.
  beforeAll(async () => {
    const cwd = stage.folder();
    writeFileSync(join(cwd, 'faults.yaml'), example('yaml'));
    const flags = /^ {4}npm run -s exchange -- (.*--faults.*)$/m.exec(page)![1]!.split(' ');
    const { restUrl, accounts } = (await stage.start(['exchange', ...flags], { cwd }).first) as {
      restUrl: string;
      accounts: { keyId: string; privateKeyPath: string }[];
    };
    const { keyId, privateKeyPath } = accounts[0]!;
    unpleasant = { ...process.env, REST_URL: restUrl, KEY_ID: keyId, KEY_PATH: privateKeyPath };
  }, 60_000);
  afterAll(() => stage.clear());

  it('names every fault there is', () => {
    const named = new Set([...page.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(FAULTS.filter((fault) => !named.has(fault))).toEqual([]);
  });

  it('gives a list of faults that the exchange takes as it stands', async () => {
    const answer = await fetch(`${unpleasant.REST_URL}/_faults`);
    expect(await answer.json()).toMatchObject({
      rules: [{ fault: 'silenceAfter' }, { fault: 'dropBefore' }, { fault: 'loseFrame' }, { fault: 'tradingPause' }],
    });
  });

  it('changes them while it runs', async (context) => {
    const hasTools = (await run('sh', ['-c', 'command -v curl'], '')) !== null;
    if (!hasTools) context.skip('there is no curl: the example of changing the faults was not run');
    const said = (await run('sh', [], example('sh', 1), unpleasant)) ?? '';
    expect(said.slice(0, 8)).toBe('429 200 ');
    expect(JSON.parse(said.slice(8))).toMatchObject({
      rules: [{ fault: 'throttle', at: [1] }],
      counts: [{ fault: 'throttle', fitted: 2, came: 1 }],
      log: [{ fault: 'throttle', what: 'GET /exchange/status' }],
    });
  });

  it('sees a canceled order rest, and then not', async (context) => {
    if (!(await hasPython()))
      context.skip('there is no python3 with cryptography: the example of reads that lag was not run');
    await fetch(`${unpleasant.REST_URL}/_faults`, { method: 'DELETE' });
    const said = await run('python3', ['-'], `${example('py')}\n${example('py', 1)}`, unpleasant);
    expect(said?.trim().split('\n').slice(1)).toEqual(['resting', 'canceled']);
  });
});
