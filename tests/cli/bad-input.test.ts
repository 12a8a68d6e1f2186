/** What a person can get wrong when starting the trader: one clear sentence, its own exit code, nothing begun. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openKeys } from '../../src/cli/exchange-keys.ts';
import { errorText } from '../../src/cli/output.ts';
import { type TradeFlags, tradeCommand } from '../../src/cli/trade.ts';
import { BothsidesError, exitCodeOf } from '../../src/domain/errors.ts';
import { Stage } from '../support/processes.ts';

type Row = [what: string, RequestListener, code: string, says: RegExp];
const stage = new Stage();
const servers: Server[] = [];
let folder: string;
beforeAll(() => {
  folder = stage.folder();
  openKeys(folder, 1, 'ed25519');
  const write = (name: string, text: string | Buffer) => writeFileSync(join(folder, name), text);
  write('torn.yaml', 'quoting: [1');
  write('unknown.yaml', 'quoting:\n  gamaPerCent: 3\n');
  write('against.yaml', 'quoting: { tightSpreadCents: 20, wideSpreadCents: 2 }\n');
  write('empty.jsonl', '');
  write('other.jsonl', '{"a":1}\n');
  write('noise.jsonl.zst', 'no archive at all');
  write('torn.jsonl.zst', zstdCompressSync('{"a":1}\n').subarray(0, 9));
  mkdirSync(join(folder, 'theirs'));
  write('theirs/diary.txt', 'dear diary');
  mkdirSync(join(folder, 'nothing'));
});
afterAll(async () => {
  for (const server of servers) server.closeAllConnections();
  for (const server of servers) server.close();
  await stage.clear();
});

const REAL = 'https://external-api.kalshi.com/trade-api/v2';
const REAL_WS = 'wss://external-api-ws.kalshi.com/trade-api/ws/v2';
const REST = 'http://127.0.0.1:9/trade-api/v2';
const at = (name: string) => join(folder, name);
const replay = (name: string): TradeFlags => ({ mode: 'replay', recording: at(name) });

/** What the command says before it ends, and the code with which it does. */
async function refusal(flags: TradeFlags, env: NodeJS.ProcessEnv = {}): Promise<{ exit: number; text: string }> {
  const data = flags.data ?? join(stage.folder(), 'data');
  try {
    await tradeCommand({ for: 1, console: 'off', ...flags, data }, env);
  } catch (error) {
    return { exit: exitCodeOf(error), text: errorText(error) };
  }
  throw new Error('It was not refused.');
}

function expectSentence(text: string, code: string): void {
  expect(text).toMatch(/^bothsides: \S[^\n]*$/);
  expect(text.endsWith(` [${code}]`), text).toBe(true);
  // Sentences end once, and each of them does.
  expect(text).not.toMatch(/\.\.( |$)|[a-z0-9] (Check|Choose|Write|Set|Add|Correct|A recording|The venue) /);
}

describe('A start that cannot be', () => {
  it.each<[string, () => TradeFlags, number, string, RegExp]>([
    ['a speed that no machine reaches', () => ({ set: ['sim.speed=1e9'] }), 3, 'CONFIG_VALUE', /at most 1000/],
    ['a recording in the wrong mode', () => ({ recording: 'x.jsonl' }), 2, 'USAGE', /--mode replay/],
    ['a replay without a recording', () => ({ mode: 'replay' }), 2, 'USAGE', /--recording/],
    ['an exchange in the wrong mode', () => ({ exchangeRest: REST }), 2, 'USAGE', /--mode demo/],
    ['a file that is not YAML', () => ({ config: at('torn.yaml') }), 3, 'CONFIG_FILE', /torn\.yaml:1/],
    [
      'an unknown key',
      () => ({ config: at('unknown.yaml') }),
      3,
      'CONFIG_KEY',
      /unknown\.yaml:2.*quoting\.gammaPerCent/,
    ],
    ['limits against each other', () => ({ config: at('against.yaml') }), 3, 'CONFIG_CONFLICT', /tight.*against.*wide/],
    ["somebody else's folder", () => ({ data: at('theirs') }), 5, 'DATA_MISMATCH', /theirs is not empty/],
    ['a folder under a file', () => ({ data: at('theirs/diary.txt/x') }), 5, 'DATA_UNWRITABLE', /cannot be written/],
    ['a recording that is not there', () => replay('no.jsonl'), 2, 'RECORDING_UNREADABLE', /no\.jsonl/],
    ['an empty recording', () => replay('empty.jsonl'), 2, 'RECORDING_UNREADABLE', /empty\.jsonl/],
    ['a folder without recordings', () => replay('nothing'), 2, 'RECORDING_UNREADABLE', /nothing/],
    ['a recording of another form', () => replay('other.jsonl'), 2, 'RECORDING_UNREADABLE', /line 1/],
    ['a recording that is noise', () => replay('noise.jsonl.zst'), 2, 'RECORDING_UNREADABLE', /noise/],
    ['a torn recording', () => replay('torn.jsonl.zst'), 2, 'RECORDING_UNREADABLE', /torn/],
    ['demo without a key', () => ({ mode: 'demo' }), 4, 'CREDENTIALS_MISSING', /_ACCESS_KEY and KALSHI_PRIVATE_KEY/],
  ])('is answered in one sentence: %s', async (_, flags, exit, code, says) => {
    const refused = await refusal(flags());
    expect(refused.exit, refused.text).toBe(exit);
    expectSentence(refused.text, code);
    expect(refused.text).toMatch(says);
    expect(readdirSync(at('theirs'))).toEqual(['diary.txt']);
  });

  it('binds no data folder to a recording that cannot be played', async () => {
    const data = join(stage.folder(), 'data');
    for (const name of ['no.jsonl', 'empty.jsonl', 'noise.jsonl.zst', 'other.jsonl'])
      expect((await refusal({ ...replay(name), data })).exit).toBe(2);
    expect(existsSync(data)).toBe(false);
  });

  it('shows what was read as text that no terminal obeys, and as a sentence', () => {
    const error = new BothsidesError('USAGE', 'It holds "\u001b[2J\u0000\ufeffx" (line 1)', { remedy: 'Look at it.' });
    expect(errorText(error)).toBe('bothsides: It holds "\ufffd[2J\ufffdx" (line 1). Look at it. [USAGE]');
  });

  it.runIf(existsSync('/proc/self'))('does not hang where no folder can be made', async () => {
    const ended = await stage.run(['trade', '--data', '/proc/bothsides/data', '--console', 'off']);
    expect(ended).toMatchObject({ code: 5, stdout: '' });
    expectSentence(ended.stderr.trimEnd(), 'DATA_UNWRITABLE');
  });
});

const demo = (flags: TradeFlags, env: NodeJS.ProcessEnv = {}) =>
  refusal(
    { mode: 'demo', ...flags },
    { KALSHI_ACCESS_KEY: 'a-key', KALSHI_PRIVATE_KEY: at('keys/account-1.ed25519.pem'), ...env },
  );

describe('Demo', () => {
  it.each<[string, TradeFlags, number, string, RegExp]>([
    ['that is none', { exchangeRest: 'nonsense' }, 2, 'USAGE', /"nonsense" is not an address/],
    ['of another protocol', { exchangeRest: 'ftp://x/trade-api/v2' }, 2, 'USAGE', /--exchange-rest/],
    ['that is half', { exchangeRest: 'http://127.0.0.1:9' }, 2, 'USAGE', /does not end in \/trade-api\/v2/],
    ['of a stream that is none', { exchangeRest: REST, exchangeWs: 'http://x' }, 2, 'USAGE', /--exchange-ws/],
    ['where money is real', { exchangeRest: REAL }, 3, 'CONFIG_CONFLICT', /where money is real/],
    ['of a stream where money is real', { exchangeRest: REST, exchangeWs: REAL_WS }, 3, 'CONFIG_CONFLICT', /real/],
  ])('refuses an address %s', async (_, flags, exit, code, says) => {
    const refused = await demo(flags);
    expect(refused.exit, refused.text).toBe(exit);
    expectSentence(refused.text, code);
    expect(refused.text).toMatch(says);
  });

  it.each([
    ['that is not there', 'gone/key.pem', /gone\/key\.pem.*ENOENT/],
    ['that is no key', 'theirs/diary.txt', /cannot be parsed/],
    ['that is a folder', 'theirs', /EISDIR/],
  ] as const)('refuses a private key %s', async (_, path, says) => {
    const refused = await demo({ exchangeRest: REST }, { KALSHI_PRIVATE_KEY: at(path) });
    expect(refused.exit).toBe(4);
    expectSentence(refused.text, 'CREDENTIALS_UNREADABLE');
    expect(refused.text).toMatch(says);
    expect(refused.text).not.toContain('dear diary');
  });

  // It takes its ten seconds.
  const SILENCE: Row = ['never', () => undefined, 'EXCHANGE_UNREACHABLE', /within 10 s/];
  it.concurrent.each<Row>([
    ['a web page', (_, to) => to.end('<html>Welcome</html>'), 'EXCHANGE_NONSENSE', /not JSON/],
    ['nothing in 200 OK', (_, to) => to.end(), 'EXCHANGE_NONSENSE', /not JSON/],
    ['other JSON', (_, to) => to.end('{"hello":1}'), 'EXCHANGE_NONSENSE', /marketTimeMs/],
    ['errors', (_, to) => to.writeHead(500).end('oops'), 'EXCHANGE_UNREACHABLE', /HTTP 500/],
    ['by hanging up', (from) => from.socket.destroy(), 'EXCHANGE_UNREACHABLE', /no usable answer/],
    ...(process.env.BOTHSIDES_LONG === '1' ? [SILENCE] : []),
  ])('ends with 8 when the exchange answers %s', async (_, listener, code, says) => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    servers.push(server);
    await new Promise((resolve) => server.once('listening', resolve));
    const restUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/trade-api/v2`;
    const refused = await demo({ exchangeRest: restUrl });
    expect(refused.exit, refused.text).toBe(8);
    expectSentence(refused.text, code);
    expect(refused.text).toContain(`The exchange at ${restUrl}: `);
    expect(refused.text).toMatch(says);
  });

  it.concurrent('ends with 8 when nobody is there', async () => {
    const refused = await demo({ exchangeRest: REST });
    expect(refused.exit).toBe(8);
    expectSentence(refused.text, 'EXCHANGE_UNREACHABLE');
  });
});
