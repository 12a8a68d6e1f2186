/** What a start makes of an account in which something happened while nobody ran, and of one that does not add up. */
import { describe, expect, it } from 'vitest';
import type { Interference } from '../../src/backtest/virtual-world.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import { formatMoney, fromDollars, type Microdollars } from '../../src/domain/units.ts';
import { fakeSignature } from '../../src/exchange/embedded/protocol/auth.ts';
import { createPortSockets } from '../../src/exchange/kalshi/sockets.ts';
import { createHandlerTransport } from '../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../src/exchange/kalshi/venue.ts';
import { acceptDifference, type Examination, examinationText, examineAccount } from '../../src/runtime/accept.ts';
import { Checkpoints } from '../../src/runtime/checkpoints.ts';
import { SILENT } from '../../src/runtime/log.ts';
import { reconcile } from '../../src/runtime/reconcile.ts';
import { Remembered } from '../../src/runtime/remembered.ts';
import { Snapshots } from '../../src/store/snapshots.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { type Life, Lives, NO_SESSIONS } from '../support/lives.ts';
import { simSettings } from '../support/world.ts';

/** Somebody who makes the exchange say something else. */
interface Forgery {
  /** Added to the cash that the exchange tells, dollars. */
  cash: number;
  /** Fills of these orders are not listed. */
  hidden: Set<string>;
}

function forge(): { forgery: Forgery; interference: Interference } {
  const forgery: Forgery = { cash: 0, hidden: new Set() };
  return {
    forgery,
    interference: {
      transport: (inner) => ({
        async send(request) {
          const answer = await inner.send(request);
          const { pathname } = new URL(request.url);
          if (pathname.endsWith('/portfolio/balance')) {
            const body = JSON.parse(answer.body) as { balance_dollars: string };
            const cash = (Math.round(Number(body.balance_dollars) * 1e6) + fromDollars(forgery.cash)) as Microdollars;
            return { ...answer, body: JSON.stringify({ ...body, balance_dollars: formatMoney(cash).slice(0, -2) }) };
          }
          if (pathname.endsWith('/portfolio/fills')) {
            const body = JSON.parse(answer.body) as { fills: { order_id: string }[] };
            const fills = body.fills.filter(({ order_id }) => !forgery.hidden.has(order_id));
            return { ...answer, body: JSON.stringify({ ...body, fills }) };
          }
          return answer;
        },
      }),
    },
  };
}

/** A trader works on what it finds, so the position changes; at its end it is the exchange's all the same. */
function positionsThatDiffer(lives: Lives, { run }: Life): string[] {
  const { engine } = lives.world.exchange;
  return engine
    .positions(lives.world.user)
    .filter(({ market, quantity }) => run.runtime.ledger.position(market).quantity !== quantity)
    .map(({ market }) => market);
}

const modes = (life: Life): string[] => life.all<{ mode: string }>('risk.moded').map(({ mode }) => mode);

/** What `npm run accept` does with the folder, between two lives. */
async function examine(lives: Lives, interference: Interference, by: string | null): Promise<Examination> {
  const { clock, exchange } = lives.world;
  const clocks = { wall: clock, market: clock, monotonicMs: () => clock.monotonicMs() };
  const random = createRandom(1);
  const settings = simSettings(NO_SESSIONS);
  const inner = createHandlerTransport((request) => exchange.server.fetch(request));
  const venue = createKalshiVenue({
    restUrl: 'http://exchange.virtual/trade-api/v2',
    wsUrl: 'ws://exchange.virtual/trade-api/ws/v2',
    keyId: '00000000-0000-4000-8000-000000000001',
    signer: { sign: fakeSignature },
    transport: interference.transport?.(inner, clock, random) ?? inner,
    sockets: createPortSockets((headers, peer) => exchange.server.connect(headers, peer)),
    clocks,
    random,
    settings: settings.exchange,
  });
  const journal = await StoreJournal.open(lives.store, clocks);
  const remembered = new Remembered();
  const snapshots = new Snapshots(lives.store, journal, 'trader');
  await new Checkpoints({ journal, snapshots, log: SILENT }, remembered).load();
  const found: { value: Examination | null } = { value: null };
  void examineAccount({ remembered, journal, clocks, settings, account: venue.account }).then((value) => {
    found.value = value;
  });
  await lives.world.advance(20_000, () => found.value !== null);
  if (by !== null) await acceptDifference({ journal, clocks }, found.value!, by);
  await journal.close();
  await venue.close();
  return found.value!;
}

describe('Money that came or went while nobody ran', () => {
  it('is a transfer with its own id and time, once, and trading goes on', async () => {
    const lives = await Lives.begin({ seed: 11 });
    await lives.live();
    await lives.world.advance(60_000);
    lives.deposit(50);
    lives.deposit(-12.34);
    const second = await lives.live();
    const transfers = second.all<{ id: string; amount: number; atMs: number; kind: string }>('account.transferred');
    expect(transfers.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['deposit', fromDollars(50)],
      ['withdrawal', fromDollars(-12.34)],
    ]);
    expect(new Set(transfers.map(({ id }) => id)).size).toBe(2);
    expect(second.summary).toMatchObject({
      exit: 0,
      money: { openingCash: '4000.000000', explainedCash: '4037.660000', difference: '0.000000' },
    });
    expect(modes(second)).toEqual(['active']);
    const third = await lives.live();
    expect(third.all('account.transferred')).toEqual([]);
    expect(third.summary).toMatchObject({ exit: 0, money: { difference: '0.000000' } });
  });

  it('before the first start is in the opening balance', async () => {
    const lives = await Lives.begin({ seed: 12 });
    lives.deposit(100);
    const first = await lives.live();
    expect(first.summary).toMatchObject({ money: { openingCash: '4100.000000' } });
    lives.deposit(1);
    const second = await lives.live();
    expect(second.all('account.transferred')).toHaveLength(1);
    expect(second.summary).toMatchObject({ money: { explainedCash: '4101.000000', difference: '0.000000' } });
  });

  it('comes while a trader runs, and is known at its end', async () => {
    const lives = await Lives.begin({ seed: 13 });
    const life = await lives.live({ forMs: 5_000, during: () => lives.deposit(7) });
    expect(life.all('account.transferred')).toHaveLength(1);
    expect(life.summary).toMatchObject({ money: { explainedCash: '4007.000000', difference: '0.000000' } });
  });
});

describe('Cash that nothing explains', () => {
  it('is taken over where it is little: trading reduces only, over every restart, until a person accepts it', async () => {
    const { forgery, interference } = forge();
    const lives = await Lives.begin({ seed: 14, interference });
    await lives.live();
    forgery.cash = 0.5;
    const second = await lives.live();
    expect(second.all('account.adjusted')).toMatchObject([{ amount: fromDollars(0.5) }]);
    expect(modes(second)).toEqual(['active', 'reducing']);
    expect(second.summary).toMatchObject({ exit: 0, money: { difference: '0.000000' } });
    const third = await lives.live({ dies: true, forMs: 3_000 });
    expect(third.all('account.adjusted')).toEqual([]);
    expect(modes(third)).toEqual(['active', 'reducing']);
    const seen = await examine(lives, interference, null);
    expect(seen.unaccepted).toMatchObject([{ amount: fromDollars(0.5) }]);
    expect(modes(await lives.live())).toEqual(['active', 'reducing']);
    await examine(lives, interference, 'ada');
    expect(modes(await lives.live())).toEqual(['active']);
  });

  it('is refused where many small differences make a large one', async () => {
    const { forgery, interference } = forge();
    const lives = await Lives.begin({ seed: 15, interference });
    await lives.live();
    forgery.cash = -3;
    expect((await lives.live()).error).toBeNull();
    forgery.cash = -6;
    expect((await lives.live()).error).toMatchObject({ code: 'RECONCILE_REFUSED' });
  });

  it('is refused with a table where it is much, and a person takes the exchange’s word', async () => {
    const { forgery, interference } = forge();
    const lives = await Lives.begin({ seed: 16, interference });
    await lives.live();
    lives.order(lives.market(), 'bid', 2);
    forgery.cash = -250;
    const refused = await lives.live();
    expect(refused.summary).toBeNull();
    expect(refused.error).toMatchObject({ code: 'RECONCILE_REFUSED' });
    const { message } = refused.error as Error;
    expect(message).toMatch(/^Cash does not add up, trading is refused: \$-250\.000000 is unexplained\.\n {2}cash/);
    for (const line of [
      /opening +4000\.000000/,
      /fills +-1?\d\.\d{6}/,
      /the exchange's +37\d\d\.\d{6}/,
      /difference +-250\.000000/,
    ])
      expect(message).toMatch(line);
    expect(refused.entries.at(-1)!.kind).toBe('run.refused');
    const seen = await examine(lives, interference, 'ada');
    expect(examinationText(seen)).toMatch(/difference +-250\.000000/);
    const after = await lives.live();
    expect(after.summary).toMatchObject({ exit: 0, money: { difference: '0.000000' } });
    expect(modes(after)).toEqual(['active']);
  });
});

describe('A position that nothing explains', () => {
  it('is refused with a table, and a person takes the exchange’s word, by name', async () => {
    const { forgery, interference } = forge();
    const lives = await Lives.begin({ seed: 17, interference });
    await lives.live();
    const market = lives.market();
    const id = lives.order(market, 'bid', 3);
    const { engine } = lives.world.exchange;
    forgery.hidden.add(engine.orders(lives.world.user).find(({ clientOrderId }) => clientOrderId === id)!.orderId);
    const refused = await lives.live();
    expect((refused.error as Error).message).toMatch(
      new RegExp(
        `^Positions do not add up, trading is refused\\.\n {2}market +ours +the exchange's +difference\n {2}${market} +0\\.00 +3\\.00 +\\+3\\.00\n`,
      ),
    );
    await examine(lives, interference, 'ada');
    const after = await lives.live();
    expect(after.summary).toMatchObject({ exit: 0, money: { difference: '0.000000' } });
    expect(positionsThatDiffer(lives, after)).toEqual([]);
    expect(modes(after)).toEqual(['active']);
    const journal = await StoreJournal.open(lives.store, { wall: lives.world.clock, market: lives.world.clock });
    const kinds: unknown[] = [];
    for await (const { kind, data } of journal.read()) if (kind === 'position.adjusted') kinds.push(data);
    expect(kinds).toMatchObject([{ market, before: 0, quantity: 300, by: 'ada' }]);
  });
});

describe('Trading by hand between two runs', () => {
  it('is in the ledger with its own time and counted as foreign; a third start finds nothing new', async () => {
    const lives = await Lives.begin({ seed: 18 });
    await lives.live();
    await lives.world.advance(10_000);
    const market = lives.market();
    lives.order(market, 'bid', 5);
    const tradedMs = lives.world.clock.now();
    await lives.world.advance(600_000);
    lives.order(market, 'ask', 2);
    const second = await lives.live();
    const fills = second.all<{ atMs: number; clientOrderId: string | null }>('fill.received');
    expect(fills[0]).toMatchObject({ clientOrderId: null });
    expect(Math.abs(fills[0]!.atMs - tradedMs)).toBeLessThan(1_000);
    expect(second.run.runtime.accounts.foreignFills).toBe(
      fills.filter(({ clientOrderId }) => clientOrderId === null).length,
    );
    expect(positionsThatDiffer(lives, second)).toEqual([]);
    expect(second.summary).toMatchObject({ exit: 0, money: { difference: '0.000000' } });
    const third = await lives.live();
    expect(
      third.all<{ clientOrderId: string | null }>('fill.received').map(({ clientOrderId }) => clientOrderId),
    ).not.toContain(null);
    expect(third.summary).toMatchObject({ exit: 0, money: { difference: '0.000000' } });
  });
});

describe('Orders with our mark that no journal knows', () => {
  it('are canceled and written down; those of others are left alone', async () => {
    const lives = await Lives.begin({ seed: 19 });
    await lives.live();
    const market = lives.market();
    const lost = lives.order(market, 'bid', 1, { price: 300, rests: true, id: 'bs-another-folder-1' });
    const theirs = lives.order(market, 'bid', 1, { price: 200, rests: true });
    const second = await lives.live();
    const status = (id: string) =>
      lives.world.exchange.engine.orders(lives.world.user).find(({ clientOrderId }) => clientOrderId === id)?.status;
    expect([status(lost), status(theirs)]).toEqual(['canceled', 'resting']);
    expect(second.all('order.leftover')).toMatchObject([{ clientOrderId: lost, isKnown: false, cancel: 'accepted' }]);
    expect(second.summary).toMatchObject({ exit: 0 });
  });
});

describe('Reconciling', () => {
  it('twice changes nothing the second time', async () => {
    const lives = await Lives.begin({ seed: 20 });
    await lives.live();
    lives.order(lives.market(), 'bid', 5);
    lives.deposit(10);
    const life = await lives.live({
      forMs: 10_000,
      async during(run) {
        const before = run.journal.lastSequence;
        const ledger = JSON.stringify(run.runtime.ledger.toJson());
        let done = false;
        void reconcile(run.runtime).then(() => {
          done = true;
        });
        await lives.world.advance(10_000, () => done);
        const kinds: string[] = [];
        for await (const { kind } of run.journal.read(before + 1)) kinds.push(kind);
        const changes = kinds.filter((kind) => /^(fill|account|position|market\.settled|order)/.test(kind));
        // How the account looks is written down all the time; that changes nothing.
        expect(changes.filter((kind) => kind !== 'account.sampled')).toEqual([]);
        expect(kinds).toContain('run.ready');
        expect(JSON.stringify(run.runtime.ledger.toJson())).toBe(ledger);
      },
    });
    expect(life.summary).toMatchObject({ exit: 0 });
  });
});
