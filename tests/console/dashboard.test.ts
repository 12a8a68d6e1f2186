/** The dashboard's answers over HTTP and over the one connection: the numbers of the trader, linked, page by page. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Console } from '../../src/console/server.ts';
import type {
  DashboardAnswer,
  DashboardMessage,
  FillFact,
  MarketAnswer,
  MarketMessage,
  OrderFact,
  Page,
  SessionFact,
} from '../../src/console/wire-dashboard.ts';
import { stateReport } from '../../src/runtime/state-report.ts';
import type { Trial } from '../support/world.ts';
import { Looker, openLive, openStage } from './stage.ts';

let web: Console;
let trial: Trial;
beforeAll(async () => {
  ({ web, trial } = await openLive());
  await trial.world.advance(60_000, () => trial.run.runtime.counts.fills >= 5);
});
afterAll(async () => {
  await web.close();
  trial.run.kill();
});

async function get<T>(path: string, status = 200): Promise<T> {
  const response = await fetch(`${web.url}${path}`);
  expect(response.status, path).toBe(status);
  return (await response.json()) as T;
}

describe('GET /api/dashboard', () => {
  it('has the money and positions that /api/state has, to the last digit', async () => {
    const state = stateReport(trial.run.runtime, { mode: 'sim', seed: 71, speed: 1 }) as unknown as {
      equity: string;
      money: Record<string, string>;
      positions: { market: string; quantity: string }[];
      risk: { mode: string; permission: string };
    };
    const { live, told, series } = await get<DashboardAnswer>('/api/dashboard');
    expect(live!.money).toMatchObject({
      equity: state.equity,
      cash: state.money.explainedCash,
      realizedPnl: state.money.realizedPnl,
      fees: state.money.fees,
      openingCash: state.money.openingCash,
    });
    expect(told.money).toMatchObject({ cash: live!.money.cash, fees: live!.money.fees, fills: live!.money.fills });
    expect(told.positions).toEqual(state.positions);
    expect(live!.risk).toMatchObject(state.risk);
    expect(series.equity.length).toBe(series.atMs.length);
    expect(series.atMs.length).toBeGreaterThan(1);
  });

  it('says why each market is quoted or not, as /api/state says', async () => {
    const { reasons } = stateReport(trial.run.runtime, { mode: 'sim', seed: 71, speed: 1 }) as unknown as {
      reasons: Record<string, string>;
    };
    const { live } = await get<DashboardAnswer>('/api/dashboard');
    expect(live!.markets.length).toBeGreaterThan(3);
    for (const { ticker, reason } of live!.markets) expect(reason, ticker).toBe(reasons[ticker]);
  });
});

describe('Fills, orders and sessions', () => {
  it('lead from a fill to its order, to its session', async () => {
    const { items } = await get<Page<FillFact>>('/api/fills');
    expect(items.length).toBeGreaterThan(0);
    const fill = items[0]!;
    const orders = await get<Page<OrderFact>>(`/api/orders?order=${fill.clientOrderId}`);
    expect(orders.items).toHaveLength(1);
    expect(orders.items[0]).toMatchObject({ session: fill.session, market: fill.market, side: fill.side });
    const sessions = await get<Page<SessionFact>>(`/api/sessions?session=${fill.session}`);
    expect(sessions.items).toHaveLength(1);
    expect(sessions.items[0]!.market).toBe(fill.market);
  });

  it('come page by page, newest first, none twice', async () => {
    const seen: number[] = [];
    let before: number | null = null;
    do {
      const path: string = `/api/orders?limit=7${before === null ? '' : `&before=${before}`}`;
      const page: Page<OrderFact> = await get(path);
      expect(page.items.length).toBeLessThanOrEqual(7);
      seen.push(...page.items.map(({ sequence }) => sequence));
      before = page.before;
    } while (before !== null);
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => b - a));
    expect(seen.length).toBeGreaterThan(7);
  });

  it('take a question that makes no sense for none', async () => {
    const { items } = await get<Page<FillFact>>('/api/fills?before=x&limit=-3');
    expect(items.length).toBeGreaterThan(0);
    expect((await get<Page<FillFact>>('/api/fills?market=<b>')).items).toEqual([]);
  });
});

describe('GET /api/markets/:ticker', () => {
  it('has a market’s prices over time, its book now, and what was traded there', async () => {
    const { items } = await get<Page<FillFact>>('/api/fills');
    const { market } = items[0]!;
    const answer = await get<MarketAnswer>(`/api/markets/${encodeURIComponent(market)}`);
    expect(answer.series.atMs.length).toBeGreaterThan(0);
    for (const column of Object.values(answer.series)) expect(column.length).toBe(answer.series.atMs.length);
    expect(answer.fills.length).toBe(items.filter((fill) => fill.market === market).length);
    expect(answer.detail!.bids.length).toBeGreaterThan(0);
    // What is ours at a price is never more than what is there.
    for (const [, quantity, ours] of [...answer.detail!.bids, ...answer.detail!.asks])
      expect(Number(ours)).toBeLessThanOrEqual(Number(quantity));
    expect(answer.decisions.some(({ kind }) => kind === 'quoted')).toBe(true);
  });

  it('says that it knows nothing of a market that there is not', async () => {
    const answer = await get<{ error: { code: string } }>('/api/markets/%3Cscript%3E', 404);
    expect(answer.error.code).toBe('NOT_FOUND');
  });
});

describe('The topic dashboard', () => {
  it('tells a picture at once and every second, and the market that is watched', async () => {
    const looker = await Looker.at(web.url);
    const [market] = trial.run.runtime.sessions.markets();
    looker.say({ type: 'watch', topics: ['dashboard'], market: market! });
    const of = <T>(type: string) => looker.told.filter((message) => message.type === type) as unknown as T[];
    await expect.poll(() => of<DashboardMessage>('dashboard').length, { timeout: 5_000 }).toBeGreaterThan(1);
    expect(of<MarketMessage>('market')[0]).toMatchObject({ ticker: market, detail: { ticker: market } });
    looker.socket.close();
  });

  it('tells what a person brings about before its second is over', async () => {
    const looker = await Looker.at(web.url, ['dashboard']);
    const mode = () => looker.of('dashboard').at(-1)?.live?.risk.mode;
    await looker.until(() => mode() === 'active');
    const beganMs = performance.now();
    for (let time = 0; time < 3; time++) {
      for (const [action, becomes] of [
        ['pause', 'paused'],
        ['resume', 'active'],
      ] as const) {
        void trial.run.runtime.operator.carryOut({ action, market: null, by: 'test', why: null });
        await looker.until(() => mode() === becomes);
      }
    }
    // Once a second it would be five and more.
    expect(performance.now() - beganMs).toBeLessThan(3_000);
    looker.end();
  });
});

describe('A console whose trader is just starting', () => {
  it('says so', async () => {
    const early = await openStage();
    const response = await fetch(`${early.url}/api/dashboard`);
    expect(response.status).toBe(503);
    expect(((await response.json()) as { error: { code: string } }).error.code).toBe('NOT_READY');
    await early.close();
  });
});
