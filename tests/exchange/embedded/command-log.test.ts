/** An exchange's memory as a file: what it looks like, what it forgives, and how it says what it does not. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BothsidesError, type ErrorCode } from '../../../src/domain/errors.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import { fromDollars, unixMs } from '../../../src/domain/units.ts';
import { openCommandLog } from '../../../src/exchange/embedded/command-log.ts';
import type { EmbeddedOptions } from '../../../src/exchange/embedded/embedded.ts';
import { SYNTHETIC_WORLD } from '../../../src/exchange/embedded/flow/synthetic.ts';
import type { NewOrder } from '../../../src/exchange/embedded/model.ts';
import { accountOf, BIRTH, EASY, live, pass, REBIRTH, relive } from './remembered-life.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bothsides-log-'));
  path = join(folder, 'exchange.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('The log on disk', () => {
  async function fails(code: ErrorCode, seed = 7, options: Partial<EmbeddedOptions> = {}): Promise<string> {
    const before = readFileSync(path);
    const error = await relive(openCommandLog(path, seed), options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(BothsidesError);
    expect(error).toMatchObject({ code });
    const { message, remedy } = error as BothsidesError;
    expect(message).toContain(path);
    expect(remedy).not.toBe('');
    expect(readFileSync(path)).toEqual(before);
    return message;
  }

  /** Two orders and some time; the lines that it left. */
  async function write(): Promise<string[]> {
    const life = await live(openCommandLog(path, 7));
    const market = life.embedded.engine.allMarkets()[0]!.listed.ticker;
    for (const cents of [1, 2]) {
      pass(life, 1_500);
      life.embedded.engine.create('ann', { ...EASY, market, side: 'bid', price: cents * 100 } as NewOrder);
    }
    return readFileSync(path, 'utf8').trimEnd().split('\n');
  }

  it('is JSON lines: a header, then one a command or mark, in order of market time', async () => {
    const [header, ...entries] = (await write()).map((line) => JSON.parse(line));
    expect(header).toMatchObject({ version: 1, seed: 7, flow: 'synthetic', markets: 6, startMs: BIRTH });
    expect(entries.map((entry) => entry.do)).toEqual(['start', 'time', 'create', 'time', 'time', 'create']);
    expect(entries[2]).toMatchObject({ at: BIRTH + 4_500, args: ['ann', { side: 'bid', price: 100 }] });
  });

  it('carries an exchange through many lives, however each of them ended', async () => {
    let before: unknown = null;
    let lastMs = 0;
    for (let turn = 0; turn < 5; turn++) {
      const life = await live(openCommandLog(path, 7), {}, unixMs(BIRTH + turn));
      const { embedded } = life;
      if (before !== null) expect(accountOf(embedded, 'ann')).toEqual(before);
      expect(embedded.market.now()).toBeGreaterThanOrEqual(lastMs);
      pass(life, 700);
      const market = embedded.engine.allMarkets()[1]!.listed.ticker;
      const [price] = embedded.engine.bestAsk(market)!;
      embedded.engine.create('ann', { ...EASY, market, side: 'bid', price } as NewOrder);
      if (turn % 2 === 1) embedded.stop();
      before = accountOf(embedded, 'ann');
      lastMs = embedded.market.now();
    }
  });

  it('loses a last line that was not written to its end, wherever it was torn, and goes on', async () => {
    const lines = await write();
    const whole = readFileSync(path);
    const last = Buffer.byteLength(`${lines.at(-1)}\n`);
    for (const cut of [1, 2, 10, last - 1]) {
      writeFileSync(path, whole);
      truncateSync(path, whole.length - cut);
      const { embedded } = await relive(openCommandLog(path, 7));
      expect(embedded.engine.orders('ann')).toHaveLength(1);
      embedded.stop();
      const again = await relive(openCommandLog(path, 7));
      expect(again.embedded.engine.orders('ann')).toHaveLength(1);
      again.embedded.stop();
    }
    appendFileSync(path, '{"at":1');
    expect((await relive(openCommandLog(path, 7))).embedded.engine.orders('ann')).toHaveLength(1);
  });

  it('begins anew when its first line was not written to its end', async () => {
    const [header] = await write();
    for (const length of [0, 1, 20, header!.length]) {
      writeFileSync(path, header!.slice(0, length));
      const { embedded } = await relive(openCommandLog(path, 7));
      expect(embedded.market.now()).toBe(REBIRTH);
      embedded.stop();
    }
  });

  it('is refused with its line where it was altered, cut out, repeated or mixed', async () => {
    const lines = await write();
    const spoil = async (changed: readonly string[], line: number) => {
      writeFileSync(path, `${changed.join('\n')}\n`);
      expect(await fails('DATA_DAMAGED')).toContain(`line ${line}:`);
    };
    await spoil(
      lines.map((line) => line.replace('"price":100', '"price":200')),
      4,
    );
    await spoil(lines.toSpliced(2, 1), 3);
    await spoil(lines.toSpliced(3, 0, lines[2]!), 4);
    await spoil(lines.toSpliced(4, 1, 'nonsense'), 5);
    await spoil([lines[0]!.replace('6', '7'), ...lines.slice(1)], 1);
  });

  it('of somebody else is left alone', async () => {
    for (const text of ['a diary', 'a diary\nwith lines\n', `{"log":"bothsides"`, 'x'.repeat(3_000_000)]) {
      writeFileSync(path, text);
      await fails('DATA_DAMAGED');
    }
  });

  it('of another version, seed or world is refused, saying which', async () => {
    const lines = await write();
    expect(await fails('DATA_MISMATCH', 8)).toContain('seed 7, not 8');
    expect(await fails('DATA_MISMATCH', 7, { markets: 12 })).toContain('markets 6, not 12');
    expect(await fails('DATA_MISMATCH', 7, { flow: 'none' })).toContain('flow synthetic, not none');
    expect(await fails('DATA_MISMATCH', 7, { openingCash: fromDollars(5) })).toContain('opening cash $200');
    await fails('DATA_MISMATCH', 7, { random: createRandom(7).split('other') });
    writeFileSync(path, `${[lines[0]!.replace('"version":1', '"version":2'), ...lines.slice(1)].join('\n')}\n`);
    expect(await fails('DATA_VERSION')).toContain('version 2; this program knows 1');
  });

  it('of another making of the synthetic world is refused, told by its number, from before it had one too', async () => {
    const [header, ...rest] = await write();
    const { sum: _, ...origin } = JSON.parse(header!) as Record<string, unknown>;
    expect(origin.world).toBe(SYNTHETIC_WORLD);
    const { world: __, ...unnumbered } = origin;
    for (const [older, number] of [
      [unnumbered, 1],
      [{ ...origin, world: SYNTHETIC_WORLD + 1 }, SYNTHETIC_WORLD + 1],
    ] as const) {
      const body = JSON.stringify(older);
      const sum = crc32(body).toString(16).padStart(8, '0');
      writeFileSync(path, `${[`${body.slice(0, -1)},"sum":"${sum}"}`, ...rest].join('\n')}\n`);
      expect(await fails('DATA_VERSION')).toContain(`world ${number}; this program makes world ${SYNTHETIC_WORLD}`);
    }
  });

  it('that cannot be made is named', () => {
    const nowhere = join(folder, 'none', 'exchange.log');
    expect(() => openCommandLog(nowhere, 7)).toThrow(nowhere);
  });
});
