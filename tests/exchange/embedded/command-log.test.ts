/**
 * An exchange that dies and comes back. Invariants, for any commands at any times and a death after any of them:
 *
 * 1. Rebuilt, it is the exchange that died: audit, books, tapes, and for each account orders, fills, positions and cash.
 * 2. It goes on as the other would have: the same commands get the same answers, ids included.
 * 3. Died between commands, it comes back at most a second of wall time behind, and nothing that became of an account
 *    is undone.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../../src/domain/errors.ts';
import { BothsidesError } from '../../../src/domain/errors.ts';
import { type ClientOrderId, named } from '../../../src/domain/ids.ts';
import { ManualClock } from '../../../src/domain/manual-clock.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import type { Side } from '../../../src/domain/side.ts';
import { type Centicents, type Centicontracts, fromDollars, unixMs } from '../../../src/domain/units.ts';
import { openCommandLog } from '../../../src/exchange/embedded/command-log.ts';
import { createEmbedded, type Embedded, type EmbeddedOptions } from '../../../src/exchange/embedded/embedded.ts';
import { createMemory, type Memory } from '../../../src/exchange/embedded/memory.ts';
import type { NewOrder } from '../../../src/exchange/embedded/model.ts';
import { fakeSignature } from '../../../src/exchange/embedded/protocol/auth.ts';

const BIRTH = unixMs(Date.UTC(2027, 4, 1, 9));
/** The second life begins much later, by the wall. */
const REBIRTH = unixMs(BIRTH + 5 * 86_400_000);
const USERS = ['ann', 'ben'];
const SPEED = 3;

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bothsides-log-'));
  path = join(folder, 'exchange.log');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Life {
  readonly wall: ManualClock;
  readonly embedded: Embedded;
}

async function live(memory: Memory, options: Partial<EmbeddedOptions> = {}, wallMs = BIRTH): Promise<Life> {
  const wall = new ManualClock(wallMs);
  const embedded = await createEmbedded({
    clocks: { wall },
    random: createRandom(7),
    flow: 'synthetic',
    markets: 6,
    speed: SPEED,
    openingCash: fromDollars(200),
    accounts: USERS.map((user) => ({ keyId: user, publicKey: null, user })),
    memory,
    onFault: (error) => {
      throw error;
    },
    ...options,
  });
  embedded.start();
  return { wall, embedded };
}

const relive = (memory: Memory, options: Partial<EmbeddedOptions> = {}) => live(memory, options, REBIRTH);

function pass({ wall, embedded }: Life, ms: number): void {
  wall.advanceTo(wall.now() + ms);
  embedded.server.fetch(new Request('http://venue/trade-api/v2/_clock'));
}

/** Somebody listens to everything: which must not matter. */
function watch({ wall, embedded }: Life): void {
  const answer = embedded.server.connect(signed(wall, '/trade-api/ws/v2'), {
    send: () => undefined,
    ping: () => undefined,
    close: () => undefined,
  });
  const channels = ['orderbook_delta', 'ticker', 'trade', 'fill', 'user_orders', 'market_positions'];
  const market_tickers = embedded.engine.allMarkets().map(({ listed }) => listed.ticker);
  if (!answer.accepted) throw new Error(answer.body);
  answer.receive(JSON.stringify({ id: 1, cmd: 'subscribe', params: { channels, market_tickers } }));
}

function signed(wall: ManualClock, path: string): Record<string, string> {
  return {
    'kalshi-access-key': 'ann',
    'kalshi-access-timestamp': String(wall.now()),
    'kalshi-access-signature': fakeSignature(`${wall.now()}GET${path}`),
  };
}

function accountOf({ engine }: Embedded, user: string): unknown {
  return {
    cash: [...engine.availableCash(user)],
    orders: engine.orders(user),
    fills: engine.fills(user),
    positions: engine.positions(user),
    settlements: engine.settlements(user),
  };
}

function everythingOf(embedded: Embedded): unknown {
  const { engine } = embedded;
  const markets = engine.allMarkets();
  return {
    audit: engine.audit(),
    markets,
    books: markets.map(({ listed }) => engine.book(listed.ticker)),
    trades: markets.map(({ listed }) => engine.trades(listed.ticker)),
    accounts: USERS.map((user) => accountOf(embedded, user)),
    queues: USERS.flatMap((user) => engine.orders(user).map(({ orderId }) => engine.queueAhead(orderId))),
  };
}

// What may come from outside.

interface Step {
  readonly afterMs: number;
  readonly user: string;
  readonly kind: 'create' | 'cancel' | 'amend' | 'decrease' | 'cancelAll';
  readonly market: number;
  readonly side: Side;
  /** Cents through the touch. */
  readonly into: number;
  readonly contracts: number;
  readonly timeInForce: NewOrder['timeInForce'];
  readonly postOnly: boolean;
  readonly livesMs: number | null;
  readonly pick: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2_000 })),
  user: fc.constantFrom(...USERS),
  kind: fc.constantFrom('create', 'create', 'create', 'create', 'cancel', 'amend', 'decrease', 'cancelAll'),
  market: fc.nat(5),
  side: fc.constantFrom('bid', 'ask'),
  into: fc.integer({ min: -3, max: 8 }),
  contracts: fc.integer({ min: 1, max: 60 }),
  timeInForce: fc.constantFrom('goodTillCanceled', 'goodTillCanceled', 'immediateOrCancel', 'fillOrKill'),
  postOnly: fc.boolean(),
  livesMs: fc.option(fc.integer({ min: 1, max: 5_000 })),
  pick: fc.nat(6),
});
const steps = fc.array(step, { minLength: 1, maxLength: 14 });

/** Does it, and says what was answered. */
function doStep(life: Life, { afterMs, user, kind, side, ...wanted }: Step, name: string): unknown {
  pass(life, afterMs);
  const { engine } = life.embedded;
  const market = engine.allMarkets()[wanted.market]!.listed.ticker;
  const touch = side === 'bid' ? engine.bestBid(market) : engine.bestAsk(market);
  const into = (side === 'bid' ? 100 : -100) * wanted.into;
  const price = Math.min(9_900, Math.max(100, (touch?.[0] ?? 5_000) + into)) as Centicents;
  const quantity = (wanted.contracts * 100) as Centicontracts;
  const known = engine.orders(user);
  const order = known[wanted.pick % Math.max(1, known.length)];
  const orderId = order?.orderId ?? named('no-order');
  switch (kind) {
    case 'create':
      return engine.create(user, {
        market,
        side,
        price,
        quantity,
        timeInForce: wanted.timeInForce,
        selfTrade: 'taker_at_cross',
        clientOrderId: named<ClientOrderId>(name),
        expiresAtMs:
          wanted.livesMs === null || wanted.timeInForce !== 'goodTillCanceled'
            ? null
            : unixMs(life.embedded.market.now() + wanted.livesMs),
        postOnly: wanted.postOnly,
        reduceOnly: false,
        cancelOnPause: false,
        groupId: null,
      });
    case 'cancel':
      return engine.cancel(user, orderId);
    case 'cancelAll':
      return engine.cancelAll(user);
    case 'amend':
      return engine.amend(user, orderId, {
        market: order?.market ?? market,
        side: order?.side ?? side,
        price: order?.price ?? price,
        quantity,
      });
    case 'decrease':
      return engine.decreaseTo(user, orderId, quantity);
  }
}

const RUNS = process.env.BOTHSIDES_LONG === '1' ? 500 : 25;

describe('An exchange that dies', () => {
  it('after a command is the same when it comes back, and goes on as it would have', async () => {
    let filled = 0;
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, after) => {
        writeFileSync(path, '');
        const died = await live(openCommandLog(path, 7));
        watch(died);
        for (const [index, one] of before.entries()) doStep(died, one, `before-${index}`);
        const back = await relive(openCommandLog(path, 7));
        expect(back.embedded.market.now()).toBe(died.embedded.market.now());
        expect(everythingOf(back.embedded)).toEqual(everythingOf(died.embedded));

        for (const [index, one] of after.entries()) {
          expect(doStep(back, one, `after-${index}`)).toEqual(doStep(died, one, `after-${index}`));
        }
        expect(everythingOf(back.embedded)).toEqual(everythingOf(died.embedded));
        for (const user of USERS) filled += back.embedded.engine.fills(user).length;
        back.embedded.stop();
      }),
      { numRuns: RUNS },
    );
    expect(filled).toBeGreaterThan(0);
  });

  it('between commands undoes nothing that became of an account', async () => {
    let later = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 8_000 }), async (before, thenMs) => {
        const memory = createMemory();
        const died = await live(memory, { speed: 1 });
        for (const [index, one] of before.entries()) doStep(died, one, `before-${index}`);
        const atMs = died.embedded.market.now();
        pass(died, thenMs);
        const back = await relive(memory, { speed: 1 });
        const behindMs = died.embedded.market.now() - back.embedded.market.now();
        expect(behindMs).toBeGreaterThanOrEqual(0);
        expect(behindMs).toBeLessThanOrEqual(1_000);
        for (const user of USERS) {
          expect(accountOf(back.embedded, user)).toEqual(accountOf(died.embedded, user));
          later += back.embedded.engine.orders(user).filter((order) => order.updatedMs > atMs).length;
        }
        // What it has not lived through yet is what the other has seen already.
        pass(back, behindMs);
        expect(everythingOf(back.embedded)).toEqual(everythingOf(died.embedded));
      }),
      { numRuns: RUNS },
    );
    expect(later).toBeGreaterThan(0);
  });

  it('remembers what it told an account between two marks of time', async () => {
    const memory = createMemory();
    const died = await live(memory, { speed: 1 });
    const market = died.embedded.engine.allMarkets()[0]!.listed.ticker;
    const order = { ...EASY, market, side: 'bid', price: 100, expiresAtMs: unixMs(BIRTH + 1_300) } as NewOrder;
    died.embedded.engine.create('ann', order);
    pass(died, 1_800);
    const { embedded } = await relive(memory);
    expect(embedded.market.now()).toBe(BIRTH + 1_300);
    expect(embedded.engine.orders('ann')).toMatchObject([{ status: 'canceled', updateReason: 'ExpiryCancel' }]);
  });

  it('many times comes back each time', async () => {
    const one: Step = {
      afterMs: 700,
      user: 'ann',
      kind: 'create',
      market: 1,
      side: 'bid',
      into: 0,
      contracts: 5,
      timeInForce: 'goodTillCanceled',
      postOnly: true,
      livesMs: null,
      pick: 0,
    };
    let lastMs = 0;
    for (let turn = 0; turn < 5; turn++) {
      const { wall, embedded } = await live(openCommandLog(path, 7), {}, unixMs(BIRTH + turn));
      expect(embedded.engine.orders('ann')).toHaveLength(turn);
      expect(embedded.market.now()).toBeGreaterThanOrEqual(lastMs);
      doStep({ wall, embedded }, one, `order-${turn}`);
      if (turn % 2 === 1) embedded.stop();
      lastMs = embedded.market.now();
    }
  });
});

describe('An exchange that is stopped', () => {
  it('stands still until it comes back, at any other speed', async () => {
    const first = await live(openCommandLog(path, 7));
    pass(first, 4_321);
    const stoppedMs = first.embedded.market.now();
    first.embedded.stop();
    const { embedded, wall } = await relive(openCommandLog(path, 7), { speed: 60 });
    expect(embedded.market.now()).toBe(stoppedMs);
    wall.advanceTo(wall.now() + 100);
    expect(embedded.market.now()).toBe(stoppedMs + 6_000);
  });

  it('keeps what an account did that is served no more', async () => {
    const memory = createMemory();
    const { embedded } = await live(memory);
    const market = embedded.engine.allMarkets()[0]!.listed.ticker;
    const [price] = embedded.engine.bestAsk(market)!;
    const order = { market, side: 'bid', price, quantity: 100 } as const;
    embedded.engine.create('ben', { ...EASY, ...order } as NewOrder);
    const ben = accountOf(embedded, 'ben');
    const again = await relive(memory, { accounts: [{ keyId: 'ann', publicKey: null, user: 'ann' }] });
    expect(accountOf(again.embedded, 'ben')).toEqual(ben);
    expect(again.embedded.engine.positions('ben')).toHaveLength(1);
  });

  it('shows its past to reads at once, however far they lag behind', async () => {
    const memory = createMemory();
    const { embedded } = await live(memory);
    const market = embedded.engine.allMarkets()[0]!.listed.ticker;
    embedded.engine.create('ann', { ...EASY, market, side: 'bid', price: 100 } as NewOrder);
    const { embedded: again, wall } = await relive(memory, { readDelayMs: 5_000 });
    const query = '/trade-api/v2/portfolio/orders';
    const response = await again.server.fetch(
      new Request(`http://venue${query}`, {
        headers: signed(wall, query),
      }),
    );
    expect(await response.json()).toMatchObject({ orders: [{ status: 'resting', ticker: market }] });
  });
});

const EASY = {
  quantity: 100,
  timeInForce: 'goodTillCanceled',
  selfTrade: 'taker_at_cross',
  clientOrderId: null,
  expiresAtMs: null,
  postOnly: false,
  reduceOnly: false,
  cancelOnPause: false,
  groupId: null,
};

describe('A command that cannot be kept', () => {
  it('is not done', async () => {
    const memory = createMemory();
    const full: Memory = {
      ...memory,
      append(entry) {
        if (entry.act === 'create') throw new BothsidesError('DATA_UNWRITABLE', 'The disk is full.');
        memory.append(entry);
      },
    };
    const { embedded } = await live(full);
    const market = embedded.engine.allMarkets()[0]!.listed.ticker;
    const order = { ...EASY, market, side: 'bid', price: 100 } as NewOrder;
    expect(() => embedded.engine.create('ann', order)).toThrow('The disk is full.');
    expect(embedded.engine.orders('ann')).toEqual([]);
  });
});

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

  it('that cannot be made is named', () => {
    const nowhere = join(folder, 'none', 'exchange.log');
    expect(() => openCommandLog(nowhere, 7)).toThrow(nowhere);
  });
});

describe('A market that does not come out again', () => {
  it('is refused: another version of the program made it', async () => {
    const memory = createMemory();
    const life = await live(memory);
    pass(life, 3_000);
    const forged: Memory = {
      ...memory,
      recall(origin) {
        const { startMs, entries } = memory.recall(origin);
        const changed = [...entries].map((entry) =>
          entry.args.length === 4 ? { ...entry, args: [1, 2, 3, 4] } : entry,
        );
        return { startMs, entries: changed };
      },
    };
    await expect(relive(forged)).rejects.toMatchObject({ code: 'DATA_VERSION' });
  });
});
