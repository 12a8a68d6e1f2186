/** Every part of the dashboard beside a trader whose time stands: what is shown is what it reports, and leads where it says. */
import type { Locator } from 'playwright-core';
import { expect, it } from 'vitest';
import { cents, contracts, percent, shortDollars } from '../../src/console/page/dashboard/numbers.ts';
import { limitWords, reasonWords, SWITCHES } from '../../src/console/page/dashboard/words.ts';
import type { Moment } from '../../src/console/wire.ts';
import type {
  DashboardAnswer,
  FillFact,
  LiveMarket,
  MarketAnswer,
  OrderFact,
  Page,
  SessionFact,
} from '../../src/console/wire-dashboard.ts';
import { ask } from '../console/stage.ts';
import type { Visit } from '../support/browser.ts';
import { quotingNow } from '../support/world.ts';
import { eventually, leavesOf, litLeaves, seenChart } from './in-page.ts';
import { colours, legend, painted } from './painted.ts';
import type { QuotingStage } from './quoting-stage.ts';

export function dashboardIsWhatIsReported(given: () => { readonly stage: QuotingStage; readonly visit: Visit }): void {
  const get = async <T>(path: string) => (await ask(given().stage.web.url, path)).json() as T;
  const told = () => get<DashboardAnswer>('/api/dashboard');
  const visible = async (place: string, selector: string): Promise<void> => {
    await given().visit.go(place);
    await given().visit.page.waitForSelector(selector);
  };
  const texts = (selector: string): Promise<string[]> =>
    given().visit.page.evaluate(
      (of) => [...document.querySelectorAll(of)].map(({ textContent }) => (textContent ?? '').trim()),
      selector,
    );
  /** The trader's picture comes once a second. */
  const shows = (what: string, look: () => Promise<unknown>, wanted: unknown) =>
    eventually(what, async () => JSON.stringify(await look()) === JSON.stringify(wanted)).catch(async () =>
      expect(await look(), what).toEqual(wanted),
    );

  it('shows each figure of the account, of its risk and of its targets as it is reported', async () => {
    const { stage } = given();
    const { world, run } = stage.trial;
    const isTraded = () => run.runtime.counts.fills >= 8 && quotingNow(stage.trial) >= 2;
    expect(await world.advance(300_000, isTraded)).toBe(true);
    await visible('#/dashboard', '.equity canvas');
    const { live, told: story } = await told();
    const { money, risk, requests, buckets, feed } = live!;
    await shows('money', () => exacts('.headline .value [data-exact]'), [
      money.equity,
      netOf(money),
      ...(money.dayPnl === null ? [] : [money.dayPnl]),
      money.realizedPnl,
      money.unrealizedPnl,
      money.fees,
      money.cash,
    ]);
    const words = (of: { unit: string }, text: string) => (of.unit === 'money' ? shortDollars(text) : text);
    const limits = risk.limits.map((each) => [
      limitWords(each.name)[0],
      `${words(each, each.used)} of ${words(each, each.allowed)}`,
    ]);
    expect(limits.length).toBeGreaterThanOrEqual(9);
    await shows('limits', async () => (await meters('.risk')).slice(0, limits.length), limits);
    const switches = (await meters('.risk')).slice(limits.length).map(([name]) => name);
    expect(switches).toEqual(risk.switches.map(({ name }) => SWITCHES[name]![0]));

    await shows(
      'targets',
      () => texts('.kpis li .value'),
      story.kpis.map(({ value, unit }) =>
        value === null
          ? 'not enough yet'
          : unit === 'share'
            ? percent(value, 1)
            : unit === 'ms'
              ? `${Math.round(value)} ms`
              : value.toFixed(2),
      ),
    );
    expect(await texts('.kpis li .name')).toEqual(story.kpis.map(({ label }) => label));
    expect(story.kpis.map(({ name }) => name)).toContain('uptime');
    const { wins, losses, even, strategy } = story.performance;
    expect((await texts('.performance')).join()).toContain(`${wins} won, ${losses} lost, ${even} even`);
    expect((await texts('.performance .strategy')).join()).toContain(strategy!);

    const ofBudget = buckets.map(({ capacity, tokens }) => `${Math.round(capacity - tokens)} of ${capacity}`);
    await shows('the rate budget', async () => (await meters('.budget')).map(([, amount]) => amount), ofBudget);
    const health = (await texts('.budget dd')).join(' | ');
    expect(health).toContain(`${requests.status429} of them 429`);
    expect(health).toContain(`${feed.current} of ${feed.watched}`);
    expect(health).toContain(`${feed.gaps} gaps, ${feed.resyncs} resyncs`);
    expect(await texts('.budget .chip')).toEqual(['stream live']);
    expect(await given().visit.page.locator('.panel.log').count()).toBe(1);
  });

  it('plots equity and what it is made of up to what they are now', async () => {
    const { page } = given().visit;
    await visible('#/dashboard', '.equity canvas');
    const { money } = (await told()).live!;
    const [equity, ...parts] = [money.equity, netOf(money), money.realizedPnl, money.unrealizedPnl].map(inDollars);
    await eventually('the last equity', async () => (await legend(page, 'Equity')).Equity === equity);
    const shown = await legend(page, 'Profit');
    expect([shown['Net P&L'], shown.Realised, shown.Unrealised]).toEqual(parts);
    const [whole, made] = await painted(page, '.equity');
    const [accent, good, warn, bad] = await colours(page, ['accent', 'good', 'warn', 'bad']);
    expect(whole).toMatchObject({ lines: [accent], areas: 1 });
    expect(made!.lines).toEqual([accent, good, warn, bad]);
  });

  it('lists every watched market with the reason that is reported, sorted by what one asks for', async () => {
    const { page } = given().visit;
    await visible('#/dashboard', '.markets tbody tr');
    const { markets } = (await told()).live!;
    const reasons = (await texts('.markets [data-reason]')).sort();
    expect(reasons).toEqual(markets.map(({ reason }) => reasonWords(reason)).sort());
    const quoted = markets.filter(({ ourBid }) => ourBid !== null);
    expect(quoted.length).toBeGreaterThan(0);
    const placed = new Set(await texts('.markets td.col-ourBid'));
    for (const { ourBid } of quoted) expect(placed).toContain(`${contracts(ourBid![1])} @ ${cents(ourBid![0])}`);
    const head = page.locator('.markets th.col-position');
    for (const [direction, sign] of [
      ['descending', -1],
      ['ascending', 1],
    ] as const) {
      await head.getByRole('button').click();
      expect(await head.getAttribute('aria-sort')).toBe(direction);
      const held = (await texts('.markets td.col-position')).map((text) => Number(text.replace('−', '-')));
      expect(held).toEqual(held.toSorted((a, b) => sign * (a - b)));
    }
  });

  it('lists sessions, orders and fills as they are reported, and sorts them', async () => {
    const { page } = given().visit;
    const tab = async (name: 'sessions' | 'orders' | 'fills', size: number): Promise<void> => {
      await visible(`#/dashboard?tab=${name}`, `#tab-${name}[aria-selected=true]`);
      await eventually(name, async () => (await page.locator('.activity tbody tr').count()) === size);
    };
    const sessions = (await get<Page<SessionFact>>('/api/sessions?limit=60')).items;
    await tab('sessions', sessions.length);
    expect(await texts('.activity td.col-session a')).toEqual(sessions.map(({ session }) => session));
    expect(await texts('.activity td.col-fills')).toEqual(sessions.map(({ fills }) => String(fills)));
    expect(await texts('.activity td.col-position')).toEqual(sessions.map(({ position }) => contracts(position)));
    expect(await texts('.activity td.col-reason')).toEqual(
      sessions.map(({ reason }) => (reason === null ? '' : reasonWords(reason))),
    );
    await page.locator('.activity th.col-fills button').click();
    expect((await texts('.activity td.col-fills')).map(Number)).toEqual(
      sessions.map(({ fills }) => fills).sort((a, b) => b - a),
    );
    const orders = (await get<Page<OrderFact>>('/api/orders?limit=60')).items;
    await tab('orders', orders.length);
    expect(await texts('.activity td.col-id')).toEqual(orders.map(({ clientOrderId }) => clientOrderId));
    expect(await texts('.activity td.col-price')).toEqual(orders.map(({ price }) => cents(price)));
    const fills = (await get<Page<FillFact>>('/api/fills?limit=60')).items;
    expect(fills.length).toBeGreaterThanOrEqual(8);
    await tab('fills', fills.length);
    expect(await texts('.activity td.col-price')).toEqual(fills.map(({ price }) => cents(price)));
    expect(await texts('.activity td.col-quantity')).toEqual(fills.map(({ quantity }) => contracts(quantity)));
  });

  it('leads from a fill to its order, to its session, to its chart at that moment', async () => {
    const { page } = given().visit;
    await visible('#/dashboard?tab=fills', '.activity td.col-order a');
    const { clientOrderId, session } = (await get<Page<FillFact>>('/api/fills?limit=1')).items[0]!;
    const row = page.locator('.activity tbody tr').first();
    await row.locator('td.col-order a').click();
    await page.waitForSelector('#tab-orders[aria-selected=true]');
    await eventually('its order alone', async () => (await texts('.activity td.col-id')).join() === clientOrderId);
    const [order] = (await get<Page<OrderFact>>(`/api/orders?order=${clientOrderId}`)).items;
    // The way back: the fills of this order.
    await page.locator('.activity td.col-quantity a').click();
    await page.waitForSelector('#tab-fills[aria-selected=true]');
    const { items } = await get<Page<FillFact>>(`/api/fills?order=${clientOrderId}`);
    await eventually('its fills', async () => (await page.locator('.activity tbody tr').count()) === items.length);
    await page.goBack();
    await page.waitForSelector('#tab-orders[aria-selected=true]');
    await page.locator('.activity td.col-session a').click();
    await page.waitForSelector(`[data-past="${order!.placedMs}"]`);
    const { actors } = await get<Moment>(`/api/at?ms=${order!.placedMs}`);
    const then = leavesOf(actors.find(({ id }) => id === session)!.state);
    await eventually('the chart of its session, as it was', async () => {
      const chart = await seenChart(page);
      return chart?.actor === session && litLeaves(chart!).join() === then.join();
    });
  });

  it('shows a market with its prices, our quotes, its fills, its book and why it is quoted', async () => {
    const { page } = given().visit;
    const { live } = await told();
    const all = (await get<Page<FillFact>>('/api/fills?limit=500')).items;
    const traded = ({ ticker, session }: LiveMarket) =>
      session === null ? 0 : all.filter(({ market }) => market === ticker).length;
    const { ticker } = live!.markets.toSorted((a, b) => traded(b) - traded(a))[0]!;
    const { fills, detail, decisions, orders } = await get<MarketAnswer>(`/api/markets/${ticker}`);
    expect(fills.length).toBeGreaterThan(0);
    await visible(`#/dashboard/market/${ticker}`, '.price canvas');

    const [bid, ask, accent] = await colours(page, ['bid', 'ask', 'accent']);
    const [plot] = await painted(page, '.price');
    expect(plot!.lines.slice(-3)).toEqual([bid, ask, accent]);
    // Between the others' bid and ask.
    expect(plot!.areas).toBe(1);
    expect(plot!.marks.map(({ colour }) => colour)).toEqual(fills.map(({ side }) => (side === 'bid' ? bid : ask)));
    const places = plot!.marks.map(({ x }) => x);
    expect(places.every((x, index) => index === 0 || x <= places[index - 1]! + 6)).toBe(true);

    const { bids, asks } = detail!;
    const levels = [...asks.slice(0, 10).reverse(), ...bids.slice(0, 10)];
    await shows(
      'the book',
      () => texts('.depth td.price'),
      levels.map(([price]) => cents(price)),
    );
    expect(await texts('.depth td.size .text')).toEqual(levels.map(([, quantity]) => contracts(quantity)));
    const ours = levels.map(([, , own]) => (/[1-9]/.test(own) ? contracts(own) : ''));
    expect(await texts('.depth td:nth-child(3)')).toEqual(ours);

    const { sentence } = await get<{ sentence: string }>(`/api/why/${ticker}`);
    await shows('why', () => texts('.why .sentence'), [sentence]);
    expect(await page.locator('.panel.decisions tbody tr').count()).toBe(decisions.length);
    expect(await page.locator('.panel.orders tbody tr').count()).toBe(orders.length);
    expect(await page.locator('.panel.fills tbody tr').count()).toBe(fills.length);
    const offered = await page.locator('.market-head [data-action]').all();
    expect(await Promise.all(offered.map(nameOf))).toEqual(['Pause', 'Resume', 'Flatten']);
  });

  const exacts = (selector: string): Promise<string[]> =>
    given().visit.page.evaluate(
      (of) => [...document.querySelectorAll<HTMLElement>(of)].map(({ dataset }) => dataset.exact ?? ''),
      selector,
    );
  const meters = async (within: string): Promise<string[][]> => {
    const names = await texts(`${within} .meter .name`);
    const amounts = await texts(`${within} .meter .amount`);
    return names.map((name, index) => [name, amounts[index]!]);
  };
}

const nameOf = (button: Locator): Promise<string | null> => button.textContent();

function netOf({ realizedPnl, unrealizedPnl, fees }: Record<'realizedPnl' | 'unrealizedPnl' | 'fees', string>): string {
  const micros = (text: string) => Math.round(Number(text) * 1e6);
  return ((micros(realizedPnl) + micros(unrealizedPnl) - micros(fees)) / 1e6).toFixed(6);
}

function inDollars(text: string): string {
  const value = Number(text);
  return `${value < 0 ? '−' : ''}$${Math.abs(value).toFixed(4)}`;
}
