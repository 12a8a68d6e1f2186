/**
 * Real processes that are killed (SIGKILL) or stopped (SIGSTOP) at moments drawn from a seed, and what the next start on
 * the same data folder makes of it. Of each start, read over HTTP at the exchange with the account's own key:
 *
 * - nothing is doubled or forgotten: what rests is known, what is believed to rest rests, one order a side and market;
 * - positions, fills, fees and cash are the exchange's;
 * - it is in control within 3 s of its process's start, and quotes within 10 s.
 *
 * A few kills by default; twenty each, and a sleep of a minute, with BOTHSIDES_LONG=1. BOTHSIDES_SEED chooses other moments.
 */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Random } from '../../src/domain/random.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Venue } from '../../src/exchange/port.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { openLevelStore } from '../../src/store/level-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { type AccountKey, clientOf, differencesFrom, readAccount } from '../support/account-at-exchange.ts';
import {
  type ConsoleState,
  FEW,
  FEW_LISTED,
  type Running,
  readState,
  Stage,
  until,
  untilQuoting,
} from '../support/processes.ts';

const LONG = process.env.BOTHSIDES_LONG === '1';
const SEED = Number(process.env.BOTHSIDES_SEED ?? 1);
/**
 * A machine that is asked for n times what it can takes n times as long. The long form runs alone and measures; in the short
 * one, beside other tests and on modules that were never loaded before, it is only seen that a start comes to its end.
 */
const slower = (): number => Math.max(LONG ? 1 : 10, loadavg()[0]! / availableParallelism());
const inControlMsMax = (): number => 3_000 * slower();
const firstQuoteMsMax = (): number => 10_000 * slower();
const SIM = join(import.meta.dirname, '../../config/sim.yaml');
const FREQUENT_STARTS = ['--set', 'recovery.crashLoopStartsMax=0'];

/** Times are measured where nothing else asks for the machine. */
const together = LONG ? describe : describe.concurrent;

const stage = new Stage();
afterAll(() => stage.clear());

/** One account, wherever its exchange is, and a trader that is started on it again and again. */
interface Site {
  start(): Running;
  /** Once a trader has said its first line. */
  account(): AccountKey;
}

async function exchangeElsewhere(speed: number): Promise<Site & { readonly log: string; readonly data: string }> {
  const folder = stage.folder();
  const exchange = stage.start(['exchange', '--json', '--speed', String(speed), ...FEW_LISTED, '--data', folder]);
  const { restUrl, wsUrl, accounts } = (await exchange.first) as unknown as {
    restUrl: string;
    wsUrl: string;
    accounts: { keyId: string; privateKeyPath: string }[];
  };
  const { keyId, privateKeyPath } = accounts[0]!;
  const data = join(stage.folder(), 'data');
  return {
    start: () =>
      stage.start(
        [
          ...['trade', ...FEW, '--mode', 'demo', '--config', SIM, '--json', '--console', '0', '--data', data],
          ...['--exchange-rest', restUrl, '--exchange-ws', wsUrl, ...FREQUENT_STARTS],
        ],
        { env: { KALSHI_ACCESS_KEY: keyId, KALSHI_PRIVATE_KEY: privateKeyPath } },
      ),
    account: () => ({ restUrl, wsUrl, keyId, privateKeyPath }),
    log: join(folder, 'exchange.log'),
    data,
  };
}

function exchangeWithin(speed: number): Site & { readonly log: string } {
  const data = join(stage.folder(), 'data');
  const common = ['--json', '--console', '0', '--data', data, '--speed', String(speed), ...FREQUENT_STARTS];
  return {
    start: () => stage.start(['trade', ...FEW, ...common]),
    account: () => JSON.parse(readFileSync(join(data, 'run.json'), 'utf8')),
    log: join(data, 'exchange.log'),
  };
}

/** Waits until the trader's word is the exchange's; says where it is not when that never comes. */
async function agreement(client: Venue, consoleUrl: unknown, withinMs = 20_000): Promise<void> {
  let found: readonly string[] = [];
  const look = async (): Promise<true | null> => {
    const { money } = await readState(consoleUrl);
    const reading = await readAccount(client, money.openingCash);
    // Trading goes on meanwhile: only what differs again and again is a difference.
    found = differencesFrom(await readState(consoleUrl), reading);
    return found.length === 0 ? true : null;
  };
  await until('trader and exchange agree', look, withinMs).catch((error) => {
    expect(found).toEqual([]);
    throw error;
  });
}

function stateWhen(
  running: Running,
  consoleUrl: unknown,
  holds: (state: ConsoleState) => boolean,
  withinMs: number,
): Promise<ConsoleState> {
  let isOver = false;
  void running.ended.then(() => {
    isOver = true;
  });
  return until(
    'a state of the trader',
    async () => {
      if (isOver) throw new Error(`It ended: ${running.stderr()}`);
      const state = await readState(consoleUrl);
      return holds(state) ? state : null;
    },
    withinMs,
  );
}

/** When a life ends: before it is in control, as soon as it is, or with quotes in the market. */
type Moment = 'booting' | 'inControl' | 'quoting';

async function live(site: Site, moment: Moment, random: Random, isFirst: boolean): Promise<object> {
  const running = site.start();
  if (moment === 'booting') {
    const afterMs = random.integer(20, 1_500);
    await Promise.race([pause(afterMs), running.ended]);
    await die(running);
    return { moment, afterMs };
  }
  const { consoleUrl } = await running.first;
  const state = await stateWhen(running, consoleUrl, ({ inControlMs }) => inControlMs != null, 45_000);
  expect(state.restored).toBe(!isFirst);
  expect(state.inControlMs).toBeLessThanOrEqual(inControlMsMax());
  const client = clientOf(site.account());
  try {
    await agreement(client, consoleUrl);
  } finally {
    await client.close();
  }
  const { inControlMs } = state;
  if (moment === 'inControl') {
    await die(running);
    return { moment, inControlMs };
  }
  const { firstQuoteMs } = await stateWhen(running, consoleUrl, (now) => now.firstQuoteMs != null, 60_000);
  expect(firstQuoteMs).toBeLessThanOrEqual(firstQuoteMsMax());
  const afterMs = random.integer(0, 3_000);
  await pause(afterMs);
  // Its fate is known only a minute later to whoever has sent an order and heard no answer: the long form waits for that.
  if (!LONG) await stateWhen(running, consoleUrl, ({ orders }) => orders.every(isSettled), 10_000);
  await die(running);
  return { moment, inControlMs, firstQuoteMs, afterMs, slower: slower() };
}

const isSettled = ({ state }: ConsoleState['orders'][number]): boolean =>
  state === 'resting' || state === 'partiallyFilled';

async function die(running: Running): Promise<void> {
  running.kill('SIGKILL');
  await running.ended;
}

/** Lives of one run that all end by SIGKILL, then one that stops as a person stops it. */
async function liveAgainAndAgain(site: Site, moments: readonly Moment[], random: Random): Promise<void> {
  const told: object[] = [];
  try {
    for (const [index, moment] of moments.entries()) told.push(await live(site, moment, random, index === 0));
    const last = site.start();
    const { consoleUrl } = await last.first;
    const began = await stateWhen(last, consoleUrl, ({ inControlMs }) => inControlMs != null, 45_000);
    expect(began.restored).toBe(true);
    expect(began.inControlMs).toBeLessThanOrEqual(inControlMsMax());
    const client = clientOf(site.account());
    await agreement(client, consoleUrl);
    const { firstQuoteMs } = await stateWhen(last, consoleUrl, (state) => state.firstQuoteMs != null, 60_000);
    expect(firstQuoteMs).toBeLessThanOrEqual(firstQuoteMsMax());
    told.push({ inControlMs: began.inControlMs, firstQuoteMs, slower: slower() });
    // What an earlier life sent without hearing of it is known by now, or will be a minute after it was sent.
    await stateWhen(last, consoleUrl, ({ orders }) => orders.every(({ state }) => state !== 'unknown'), 90_000);
    const { money } = await readState(consoleUrl);
    const orders = await client.account.orders({});
    expect(orders.complete).toBe(true);
    const ids = orders.items.map(({ clientOrderId }) => clientOrderId);
    expect(new Set(ids).size).toBe(ids.length);
    await client.close();
    last.kill('SIGINT');
    const { code, json, stderr } = await last.ended;
    expect(code, stderr).toBe(0);
    expect(json.at(-1)).toMatchObject({
      exit: 0,
      restored: true,
      orders: { unknown: 0, leftResting: 0 },
      money: { openingCash: money.openingCash, difference: '0.000000' },
    });
  } catch (error) {
    process.stderr.write(`seed ${SEED}, lives so far: ${JSON.stringify(told)}\n`);
    throw error;
  }
  if (LONG) process.stderr.write(`seed ${SEED}, lives: ${JSON.stringify(told)}\n`);
}

function momentsOf(random: Random, kills: number): Moment[] {
  const later = Array.from({ length: kills - 1 }, (): Moment => {
    const chance = random.uniform();
    return chance < 0.25 ? 'booting' : chance < 0.45 ? 'inControl' : 'quoting';
  });
  return ['quoting', ...later];
}

const TIMEOUT_MS = LONG ? 900_000 : 120_000;

together(`A trader that is killed again and again, seed ${SEED}`, { timeout: TIMEOUT_MS }, () => {
  it('goes on as the exchange has it, the exchange in another process', async () => {
    const random = createRandom(SEED).split('elsewhere');
    const site = await exchangeElsewhere(5);
    await liveAgainAndAgain(site, momentsOf(random, LONG ? 20 : 1), random);
  });

  it('goes on as the exchange has it, the exchange killed with it', async () => {
    const random = createRandom(SEED).split('within');
    const moments: Moment[] = LONG ? momentsOf(random, 20) : ['quoting', 'booting'];
    const site = exchangeWithin(5);
    await liveAgainAndAgain(site, moments, random);
    // It lived on with its trader: one exchange, begun once.
    expect(linesOf(site.log, 'start')).toHaveLength(1);
  });
});

interface Line {
  readonly do: string;
  readonly args: readonly [user: string, order: unknown];
}

/** What is in an exchange's own log of these kinds, in its order. */
function linesOf(log: string, ...kinds: readonly string[]): Line[] {
  if (!existsSync(log)) return [];
  return readFileSync(log, 'utf8')
    .split('\n')
    .slice(1, -1)
    .map((line) => JSON.parse(line) as Line)
    .filter((line) => kinds.includes(line.do));
}

together('An exchange that is killed', { timeout: TIMEOUT_MS }, () => {
  it('goes on in its market time, and is held by one process', async () => {
    const data = join(stage.folder(), 'data');
    const open = async () => {
      const exchange = stage.start(['exchange', '--json', '--speed', '100', ...FEW_LISTED, '--data', data]);
      const { restUrl } = await exchange.first;
      const marketMs = async (): Promise<number> =>
        ((await (await fetch(`${restUrl}/_clock`)).json()) as { marketTimeMs: number }).marketTimeMs;
      return { exchange, marketMs };
    };
    const first = await open();
    const beganMs = await first.marketMs();
    await until('it wrote down its time twice', () =>
      linesOf(join(data, 'exchange.log'), 'time').length >= 2 ? true : null,
    );
    const knownMs = await first.marketMs();
    const other = await stage.run(['exchange', '--data', data]);
    expect(other.code).toBe(5);
    expect(other.stderr).toContain('[DATA_IN_USE]');
    await die(first.exchange);

    const again = await open();
    const nowMs = await again.marketMs();
    // At most a second of wall time is forgotten; it did not begin again, where the wall stands.
    expect(nowMs).toBeGreaterThanOrEqual(knownMs - 110_000);
    expect(nowMs - beganMs).toBeGreaterThan(100_000);
    again.exchange.kill('SIGTERM');
    expect((await again.exchange.ended).code).toBe(0);
  });
});

/** What an account may ask about orders. */
const ORDERS = ['create', 'cancel', 'amend'];

together('A trader that is stopped while its quotes stand, and goes on', { timeout: 240_000 }, () => {
  it('takes back what stood before it quotes anew', async () => {
    const site = await exchangeElsewhere(1);
    const trader = site.start();
    const { consoleUrl } = await trader.first;
    await untilQuoting(consoleUrl);
    const client = clientOf(site.account());
    const resting = async () =>
      (await client.account.orders({ status: 'resting' })).items.map((order) => order.orderId);
    await until('several quotes rest', async () => ((await resting()).length >= 4 ? true : null));
    trader.kill('SIGSTOP');
    await pause(LONG ? 60_000 : 4_500);
    const stale = await resting();
    const before = linesOf(site.log, ...ORDERS).length;
    trader.kill('SIGCONT');

    const isBack = async (): Promise<true | null> => {
      const now = await resting();
      return now.length > 0 && !now.some((orderId) => stale.includes(orderId)) ? true : null;
    };
    await until('new quotes rest, and none of the old', isBack, 60_000);
    expect(stale.length).toBeGreaterThan(0);
    const missed = [];
    const orders = (await client.account.orders({})).items;
    expect(trader.stderr()).toContain('this process did not run for a while');
    await agreement(client, consoleUrl);
    await stateWhen(trader, consoleUrl, ({ orders }) => orders.every(({ state }) => state !== 'unknown'), 90_000);
    await client.close();
    trader.kill('SIGINT');
    const { code, json, stderr } = await trader.ended;
    expect(code, stderr).toBe(0);
    expect(json.at(-1)).toMatchObject({ exit: 0, money: { difference: '0.000000' }, orders: { leftResting: 0 } });

    // Bytes that were with the system already go out when the process goes on; what is new was intended after the sleep.
    const after = linesOf(site.log, ...ORDERS).slice(before);
    const fresh = await intendedAfterSleep(site.data);
    const firstNew = after.findIndex(({ do: what, args }) => what === 'create' && fresh.has(clientOrderIdIn(args)));
    expect(firstNew).not.toBe(0);
    const canceled = new Set(
      after
        .slice(0, firstNew < 0 ? after.length : firstNew)
        .filter((line) => line.do === 'cancel')
        .map(({ args }) => args[1]),
    );
    for (const orderId of stale) {
      if (canceled.has(orderId)) continue;
      const order = orders.find((each) => each.orderId === orderId);
      // Executed between our look and its cancel.
      if (order?.status !== 'executed') missed.push(order);
    }
    expect(missed).toEqual([]);
  });
});

function clientOrderIdIn(args: readonly unknown[]): string {
  return JSON.stringify(args).match(/"clientOrderId":"([^"]+)"/)?.[1] ?? '';
}

/** Our ids of the orders that a stopped trader intended after it had noticed that it slept. */
async function intendedAfterSleep(data: string): Promise<ReadonlySet<string>> {
  const store = await openLevelStore(join(data, 'store'));
  const clock = createSystemClock();
  const journal = await StoreJournal.open(store, { wall: clock, market: clock });
  const ids = new Set<string>();
  let hasSlept = false;
  for await (const { kind, data: fields } of journal.read()) {
    if (kind === 'process.slept') hasSlept = true;
    if (hasSlept && kind === 'order.intended') ids.add((fields as { clientOrderId: string }).clientOrderId);
  }
  await journal.close();
  await store.close();
  return ids;
}
