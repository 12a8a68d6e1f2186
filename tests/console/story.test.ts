/**
 * A run as its journal tells it: whatever the trader knew of money, positions, orders, fills and sessions, the story of its
 * journal knows to the last microdollar, while it lives, when it is over and after it died; in bounded memory.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { Shelf } from '../../src/console/story/shelf.ts';
import { Story } from '../../src/console/story/story.ts';
import { marketTold, toldPicture } from '../../src/console/story/told.ts';
import { fillFact, orderFact } from '../../src/console/story/trades-told.ts';
import type { Page } from '../../src/console/wire-dashboard.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { formatMoney, formatQuantity } from '../../src/domain/units.ts';
import { livePicture } from '../../src/runtime/live-report.ts';
import { stateReport } from '../../src/runtime/state-report.ts';
import type { Summary } from '../../src/runtime/summary.ts';
import { restart, startTrial, type Trial } from '../support/world.ts';

interface State {
  readonly equity: string;
  readonly money: { readonly explainedCash: string; readonly realizedPnl: string; readonly fees: string };
  readonly positions: readonly object[];
  readonly orders: readonly { readonly clientOrderId: string; readonly open: string }[];
  readonly fills: { readonly count: number; readonly contracts: string };
}

const stateOf = ({ run }: Trial) => stateReport(run.runtime, { mode: 'sim', seed: 71, speed: 1 }) as unknown as State;

async function told(trial: Trial): Promise<Story> {
  const story = new Story();
  for await (const entry of trial.run.journal.read()) story.take(entry);
  return story;
}

const all = { before: null, limit: 10_000 };

describe('The story of a run that lives', () => {
  let trial: Trial;
  const live = new Story();
  let summary: Summary;
  beforeAll(async () => {
    trial = await startTrial({ seed: 71, forMs: 100_000 });
    for await (const entry of trial.run.journal.read()) live.take(entry);
    trial.run.journal.entries$.subscribe((entry) => live.take(entry));
    await trial.world.advance(80_000);
  });

  it('has the numbers that the state of the trader has', () => {
    const state = stateOf(trial);
    const picture = livePicture(trial.run.runtime);
    const shown = toldPicture(live);
    expect(state.fills.count).toBeGreaterThan(0);
    expect(picture.money.equity).toBe(state.equity);
    for (const money of [picture.money, shown.money]) {
      expect(money.cash).toBe(state.money.explainedCash);
      expect(money.realizedPnl).toBe(state.money.realizedPnl);
      expect(money.fees).toBe(state.money.fees);
      expect(money.fills).toBe(state.fills.count);
      expect(money.contracts).toBe(state.fills.contracts);
    }
    expect(shown.positions).toEqual(state.positions);
    const open = live.trades.orders.page({ ...all, where: ({ state: at }) => at === 'resting' }, orderFact).items;
    expect(open.length).toBeGreaterThan(0);
    const known = new Map(state.orders.map((order) => [order.clientOrderId, order]));
    for (const { clientOrderId, quantity, filled } of open)
      expect(Number(quantity) - Number(filled)).toBe(Number(known.get(clientOrderId)?.open));
    expect(picture.orders.map(({ clientOrderId, open: rest }) => [clientOrderId, rest])).toEqual(
      state.orders.map(({ clientOrderId, open: rest }) => [clientOrderId, rest]),
    );
    const positions = new Map(picture.markets.map(({ ticker, position }) => [ticker, position]));
    for (const { market, quantity } of shown.positions) expect(positions.get(market)).toBe(quantity);
  });

  it('shows each limit as risk counts it, and nothing over what is allowed', () => {
    const { risk } = livePicture(trial.run.runtime);
    const { exposure } = trial.run.runtime;
    const limit = (name: string) => risk.limits.find((each) => each.name === name)!;
    expect(limit('total').used).toBe(formatMoney(exposure.total));
    expect(Number(limit('total').used)).toBeGreaterThan(0);
    expect(limit('resting').used).toBe(formatMoney(exposure.restingValue));
    expect(limit('openPositions').used).toBe(`${exposure.openPositions}`);
    for (const { name, share } of risk.limits) expect(share, name).toBeLessThanOrEqual(1);
    expect(risk.switches.map(({ name }) => name)).toEqual(['dailyLoss', 'errors', 'feedStale']);
  });

  it('shows how full the buckets of the rate budget are', () => {
    const { buckets } = livePicture(trial.run.runtime);
    expect(buckets.map(({ kind }) => kind)).toContain('write');
    for (const { tokens, capacity } of buckets) {
      expect(tokens).toBeGreaterThanOrEqual(0);
      expect(tokens).toBeLessThanOrEqual(capacity);
    }
  });

  it('leads from each fill to its order, to its session, to its market', () => {
    const fills = live.trades.fills.page(all, fillFact).items;
    expect(fills.length).toBe(live.ledger.fillCount);
    for (const fill of fills) {
      const order = live.trades.orders.get(fill.clientOrderId!)!;
      expect(order.intent.market).toBe(fill.market);
      expect(fill.session).toBe(order.intent.session);
      const session = live.sessions.shelf.get(fill.session!)!;
      expect(session.market).toBe(fill.market);
      expect(session.openedMs).toBeLessThanOrEqual(fill.atMs);
    }
    const contracts = [...live.sessions.shelf.values()].reduce((sum, session) => sum + session.contracts, 0);
    expect(formatQuantity(contracts as never)).toBe(formatQuantity(live.ledger.contracts));
  });

  it('has the sessions that live, in the state that the register has', () => {
    const { register, sessions } = trial.run.runtime;
    const living = live.sessions.living();
    expect(living.map(({ session }) => session).sort()).toEqual([...sessions.entries()].map(([, id]) => id).sort());
    expect(living.length).toBeGreaterThan(0);
    const states = new Map(register.entries().map(({ id, state }) => [id, state]));
    for (const { session, states: shown } of living) {
      const state = states.get(session) as string | object;
      expect(shown[0], session).toBe(typeof state === 'string' ? state : Object.keys(state)[0]);
    }
  });

  it('comes in the end to what the summary says', async () => {
    summary = await trial.finish(600_000);
    const shown = toldPicture(live);
    expect(summary.money.difference).toBe('0.000000');
    expect(shown.money).toMatchObject({
      openingCash: summary.money.openingCash,
      cash: summary.money.cash,
      equity: summary.money.equity,
      realizedPnl: summary.money.realizedPnl,
      unrealizedPnl: summary.money.unrealizedPnl,
      fees: summary.money.fees,
      fills: summary.fills.count,
    });
    expect(shown.counts.sessions).toBe(summary.sessions.opened);
    expect(shown.run).toMatchObject({ exit: 0, endedMs: expect.any(Number) });
    const { wins, losses, even } = shown.performance;
    expect(wins + losses + even).toBe(summary.sessions.closed);
    const kpi = (name: string) => shown.kpis.find((each) => each.name === name)!;
    expect(kpi('makerShare').value).toBeCloseTo(summary.fills.makerShare!, 12);
    expect(kpi('status429')).toMatchObject({ value: 0 });
    // An hour has not passed: it says so, and shows no number.
    expect(kpi('sharpe')).toMatchObject({ value: null, isMet: null, basis: '0 of 24 whole hours' });
  });

  it('is the same when it is read from the disk afterwards', async () => {
    const again = await told(trial);
    expect(toldPicture(again)).toEqual(toldPicture(live));
    const [market] = [...live.sessions.shelf.values()].map((session) => session.market);
    expect(marketTold(again, market!)).toEqual(marketTold(live, market!));
    expect(marketTold(again, market!).series.atMs.length).toBeGreaterThan(0);
  });
});

describe('The story of a run that died', () => {
  it('is told as far as its disk goes, and goes on with the next run', async () => {
    const trial = await startTrial({ seed: 72, forMs: null });
    await trial.world.advance(40_000);
    trial.run.kill();
    const story = new Story();
    for await (const entry of trial.run.journal.read()) story.take(entry);
    expect(toldPicture(story).run).toMatchObject({ endedMs: null, exit: null });
    expect(story.sessions.living().length).toBeGreaterThan(0);

    const next = await restart(trial, { forMs: 10_000 });
    const summary = await next.finish(300_000);
    const after = await told(next);
    expect(toldPicture(after).money).toMatchObject({ cash: summary.money.cash, equity: summary.money.equity });
    expect(after.sessions.living()).toEqual([]);
    expect(after.events.last(100).filter(({ kind }) => kind === 'run.started')).toHaveLength(2);
  });
});

describe('A story', () => {
  const entry = (sequence: number, kind: string, data: object): JournalEntry =>
    ({ sequence, wallMs: sequence * 1000, marketMs: sequence * 1000, kind, data }) as unknown as JournalEntry;

  it('takes an entry once, whoever brings it', () => {
    const story = new Story();
    story.take(entry(1, 'risk.moded', { mode: 'active' }));
    story.take(entry(2, 'risk.moded', { mode: 'halted' }));
    story.take(entry(1, 'risk.moded', { mode: 'active' }));
    expect(story.mode).toBe('halted');
    expect(story.events.last(10)).toHaveLength(2);
  });

  it('tells who did what, whatever was written', () => {
    const story = new Story();
    story.take(entry(1, 'operator.paused', { by: '<b>me</b>', why: 'x'.repeat(10_000), market: 'A' }));
    story.take(entry(2, 'switch.fired', { switch: 'errors', action: 'pause', reason: 'errors 11 in an hour' }));
    story.take(entry(3, 'operator.halted', null as never));
    const [halted, fired, paused] = story.events.last(3);
    expect(paused!.text).toMatch(/^Paused by <b>me<\/b> for A: x{100}/);
    expect(paused!.text.length).toBeLessThan(300);
    expect(fired).toMatchObject({ text: 'Switch errors fired (pause): errors 11 in an hour', tone: 'warn' });
    expect(halted).toMatchObject({ text: 'Halted by operator', tone: 'bad' });
  });

  it('does not grow with the journal', () => {
    const story = new Story();
    let sequence = 0;
    const take = (kind: string, data: object) => story.take(entry(++sequence, kind, data));
    const point = { bid: 4000, ask: 4200, ourBid: null, ourAsk: null, position: 0, worth: 0 };
    for (let step = 0; step < 20_000; step++) {
      take('market.sampled', { market: `M${step % 1_000}`, ...point });
      take('account.sampled', { equity: 1, cash: 1, transfers: 0, isMarked: true, requests: 1, status429: 0 });
      take('session.opened', { session: `s${step}`, market: 'M1', kind: 'quote' });
      take('session.closed', { session: `s${step}`, reason: 'ttl', carried: 0, pnl: 0 });
      take('risk.moded', { mode: 'active' });
    }
    expect([...story.markets.all()].length).toBeLessThanOrEqual(300);
    expect(story.account.size).toBeLessThanOrEqual(2_001);
    expect(story.sessions.shelf.size).toBeLessThanOrEqual(2_000);
    expect(story.sessions.shelf.total).toBe(20_000);
    expect(story.events.last(10_000).length).toBeLessThanOrEqual(300);
  });
});

describe('A shelf', () => {
  it('drops the oldest that is over, and never one that lives', () => {
    const shelf = new Shelf<{ sequence: number; isOver: boolean }>(3, ({ isOver }) => isOver);
    for (let sequence = 1; sequence <= 6; sequence++)
      shelf.put(`${sequence}`, { sequence, isOver: sequence % 2 === 0 });
    expect([...shelf.values()].map(({ sequence }) => sequence)).toEqual([1, 3, 5]);
    expect(shelf.total).toBe(6);
  });

  it('answers page by page, newest first', () => {
    const shelf = new Shelf<{ sequence: number }>(100);
    for (let sequence = 1; sequence <= 25; sequence++) shelf.put(`${sequence}`, { sequence });
    const seen: number[] = [];
    for (let before: number | null = null; ; ) {
      const page: Page<number> = shelf.page({ before, limit: 10 }, ({ sequence }) => sequence);
      seen.push(...page.items);
      before = page.before;
      if (before === null) break;
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => 25 - index));
  });
});
