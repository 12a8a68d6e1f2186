/** `npm start` in a browser: a process with its own exchange, steered from the page, killed, started again, and looked at as a past. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { DashboardAnswer } from '../../src/console/wire-dashboard.ts';
import { FOREIGN_NAME, inBrowser, openBrowser, PATIENCE_MS, Visit } from '../support/browser.ts';
import { FEW, type Running, readState, Stage, until, untilQuoting } from '../support/processes.ts';
import {
  eventually,
  focused,
  fromTheTop,
  heard,
  leavesOf,
  litLeaves,
  lookAt,
  overflow,
  seenChart,
  seenTree,
} from './in-page.ts';

const LONG = process.env.BOTHSIDES_LONG === '1';
const REFUSED = /status of (401|403)|Failed to load resource|CORS policy|WebSocket connection to/;
/** What is looked at here shows in four sessions as well, and leaves the browser its share of the machine. */
const FEWER = ['--set', 'sim.markets=16', '--set', 'session.concurrentMax=4'];
const BROKEN = /ERR_(CONNECTION|EMPTY)|WebSocket connection to|Failed to load resource/;

inBrowser('A trader and its page', () => {
  const stage = new Stage();
  const data = join(stage.folder(), 'data');
  let trader: Running;
  let url: string;
  let browser: Browser;
  let visit: Visit;
  const start = async (console: string): Promise<void> => {
    trader = stage.start([
      'trade',
      ...FEW,
      ...FEWER,
      '--json',
      '--console',
      console,
      '--data',
      data,
      '--speed',
      '4',
      '--seed',
      '7',
    ]);
    url = String((await trader.first).consoleUrl);
  };
  const token = () => (JSON.parse(readFileSync(join(data, 'run.json'), 'utf8')) as { token: string }).token;
  const steer = async (action: string, confirms = true, within = '.bar', why = ''): Promise<void> => {
    await visit.page.click(`${within} [data-action=${action}]`);
    await visit.page.waitForSelector('dialog [data-confirm]');
    if (!confirms) return;
    await visit.page.getByLabel('Why (for the journal)').fill(why);
    await visit.page.click('dialog [data-confirm]');
    await visit.page.waitForSelector('dialog [data-confirm]', { state: 'detached' });
    await visit.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  };
  const becomes = (mode: string) =>
    eventually(`risk becomes ${mode}, and the page says so`, async () => {
      if ((await readState(url)).risk.mode !== mode) return false;
      return (await visit.page.locator('.risk .chip').first().textContent()) === mode;
    });

  /** What the journal has of a person's words. */
  const commands = async (): Promise<string[]> => {
    const { told } = (await (await fetch(`${url}/api/dashboard`)).json()) as DashboardAnswer;
    return told.events.filter(({ kind }) => kind === 'operator.commanded').map(({ text }) => text);
  };

  beforeAll(async () => {
    [browser] = await Promise.all([openBrowser(), start('0')]);
    visit = await Visit.open(browser, url);
    await Promise.all([visit.page.goto(`${url}/#token=${token()}`), untilQuoting(url, 2 * PATIENCE_MS)]);
  }, 4 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await stage.clear();
  });
  afterEach(() => expect(visit.faults).toEqual([]));

  it('keeps the token to itself, and shows what is quoted', async () => {
    expect(visit.page.url()).not.toContain('token');
    await visit.page.waitForSelector('[data-connection=open]');
    await visit.page.waitForSelector('.markets [data-reason=quoted]');
    await visit.page.waitForSelector('.panel.log li');
    expect(await visit.page.locator('.plot canvas').count()).toBeGreaterThan(0);
    expect(visit.requests).toBeGreaterThan(3);
  });

  it.runIf(LONG)('is walked through with the Tab key, every stop named and seen', async () => {
    const { page } = visit;
    for (const place of ['#/dashboard', '#/inspector/trader']) {
      await visit.go(place);
      await page.waitForSelector(place === '#/dashboard' ? '.markets tbody tr' : '[data-state]');
      await fromTheTop(page);
      const stops: string[] = [];
      for (let step = 0; step < 22; step++) {
        await page.keyboard.press('Tab');
        const stop = await focused(page);
        if (stop === null) break;
        expect(stop).toMatchObject({ name: expect.stringMatching(/\S/), hasRing: true, isSeen: true });
        stops.push(stop.name);
      }
      expect(stops.slice(0, 4)).toEqual(['Skip to the view', 'Bothsides', 'Dashboard', 'Inspector']);
      expect(stops.length).toBeGreaterThan(12);
      const { nameless, roles } = await heard(page);
      expect([place, nameless]).toEqual([place, []]);
      for (const role of ['banner', 'navigation', 'main', 'status']) expect(roles, role).toContain(role);
    }
    await fromTheTop(page);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('view');
    // Another has not been here yet: nothing of the inspector is loaded.
    await visit.go('#/dashboard');
    await page.reload();
    await page.waitForSelector('[data-connection=open]');
  });

  it('lets nobody steer it without the token, from another page or under another name', async () => {
    const elsewhere = await servePage();
    const abroad = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`;
    const [looker, others] = await Promise.all([Visit.open(browser, url), Visit.open(browser, abroad)]);
    const tell = ({ to, shown }: { to: string; shown: string }) =>
      fetch(`${to}/api/control`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(shown === '' ? {} : { authorization: `Bearer ${shown}` }) },
        body: '{"action":"halt"}',
      }).then(
        (answer) => answer.status,
        () => 'refused by the browser',
      );
    await looker.go('#/dashboard');
    await looker.page.waitForSelector('.bar [data-action=halt]');
    for (const button of await looker.page.locator('.bar [data-action]').all())
      expect(await button.isDisabled()).toBe(true);
    await looker.tolerating(REFUSED, async () => {
      expect(await looker.page.evaluate(tell, { to: '', shown: '' })).toBe(401);
      expect(await looker.page.evaluate(tell, { to: '', shown: `${token()}x` })).toBe(401);
      // A name of somebody else that leads here, as rebinding makes it: not even the page is shown.
      const named = url.replace('127.0.0.1', FOREIGN_NAME);
      expect((await looker.page.goto(named))?.status()).toBe(403);
      expect(await looker.page.evaluate(tell, { to: '', shown: token() })).toBe(403);
    });
    await others.page.goto(abroad);
    await others.tolerating(REFUSED, async () => {
      expect(await others.page.evaluate(tell, { to: url, shown: token() })).toBe('refused by the browser');
      const opened = await others.page.evaluate(
        (address) =>
          new Promise((resolve) => {
            const socket = new WebSocket(address);
            socket.onopen = () => resolve('open');
            socket.onerror = () => resolve('refused');
          }),
        `${url.replace('http', 'ws')}/api/live`,
      );
      expect(opened).toBe('refused');
    });
    expect((await readState(url)).risk.mode).toBe('active');
    await looker.close();
    await others.close();
    elsewhere.close();
  });

  it('is killed and started again: the page says so, comes back by itself, and shows the new run', async () => {
    const { page } = visit;
    const before = await page.locator('.run-id').textContent();
    const oldToken = token();
    await visit.tolerating(BROKEN, async () => {
      // It dies just when somebody looks at a chart for the first time: what lays charts out does not come any more.
      await page.route('**/elk-worker*', (route) => route.abort());
      const gone = page.waitForEvent('requestfailed', (request) => request.url().includes('elk-worker'));
      await visit.go('#/inspector/trader');
      await gone;
      trader.kill('SIGKILL');
      await trader.ended;
      await page.waitForSelector('[role=alert]');
      await page.waitForSelector('[data-connection=lost]');
      await page.unroute('**/elk-worker*');
      damagedCopy(data, join(data, '../copy'));
      await start(new URL(url).port);
      await page.waitForSelector('[data-connection=open]');
      await lookAt(visit, 'trader');
    });
    expect(await page.locator('[role=alert]').count()).toBe(0);
    expect(await page.locator('.run-id').textContent()).not.toBe(before);
    expect(token()).not.toBe(oldToken);
    await eventually('tree and chart are those of the new process', async () => {
      const { actors } = await readState(url);
      const [tree, chart] = [await seenTree(page), await seenChart(page)];
      const living = [...tree].filter(([, { status }]) => status === 'active').map(([id]) => id);
      const told = actors.map(({ id }) => id);
      const root = actors.find(({ id }) => id === 'trader')!;
      return (
        living.sort().join() === told.sort().join() &&
        chart !== null &&
        litLeaves(chart).join() === leavesOf(root.state).join()
      );
    });
  });

  it('does what it is told, after it has shown what that would be', async () => {
    const { page } = visit;
    // The token of the last run is none: the new address is opened, as it was printed.
    await page.goto(`${url}/#token=${token()}`);
    await page.waitForSelector('.markets tbody tr');
    expect(page.url()).not.toContain('token');
    // One market alone: what it would be is shown, and it is left; then it is done, and undone.
    const market = await until(
      'a market is listed',
      async () => Object.keys((await readState(url)).reasons)[0] ?? null,
    );
    const bars = async () => (await readState(url)).bars.join();
    await visit.go(`#/dashboard/market/${market}`);
    await steer('pause', false, '.market-head');
    expect(await page.locator('dialog h2').textContent()).toBe(`Pause ${market}`);
    expect(await page.locator('dialog .plan').textContent()).toContain('It would be');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    expect(await commands()).toEqual([]);
    await steer('pause', true, '.market-head', 'a trial');
    expect(await bars()).toBe(`${market} alone: pause, said by console`);
    await steer('resume', true, '.market-head');
    expect(await bars()).toBe('');
    expect(await commands()).toEqual([
      `console asked to resume for ${market}`,
      `console asked to pause for ${market}: a trial`,
    ]);
    await visit.go('#/dashboard');
    await steer('pause', false);
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog', { state: 'detached' });
    expect((await readState(url)).risk.mode).toBe('active');
    await steer('pause');
    await becomes('paused');
    await steer('resume');
    await becomes('active');
    await steer('flatten');
    await becomes('reducing');
    await eventually('no session quotes any more', async () =>
      (await readState(url)).actors.every(
        ({ machine, state }) => machine !== 'marketSession' || !/quoting/.test(JSON.stringify(state)),
      ),
    );
    await steer('halt');
    await becomes('halted');
    // What was on its way when the process was killed stays in doubt until it is proved, which takes its time.
    const isInDoubt = ({ state }: { readonly state: string }) => state === 'unknown';
    await eventually('nothing rests', async () => (await readState(url)).orders.every(isInDoubt));
    expect(await page.locator('.risk .events').textContent()).toMatch(/halt/i);
  });

  it.runIf(LONG)('is looked at when it is over, even where its folder is damaged', async () => {
    const viewer = stage.start(['inspect', '--data', join(data, '../copy'), '--console', '0', '--json']);
    const past = String((await viewer.first).consoleUrl);
    expect(viewer.stderr()).toMatch(/damaged/);
    const later = await Visit.open(browser, past);
    await later.go('#/inspector/trader');
    await later.page.waitForSelector('.past-banner');
    await later.page.waitForSelector('[data-state]');
    expect(litLeaves((await seenChart(later.page))!).length).toBeGreaterThan(0);
    expect(await later.page.locator('[data-connection]').textContent()).toContain('journal');
    // Its clock stands at its end.
    expect(await later.page.locator('.of-run time').textContent()).toMatch(/^[\d:]{8}$/);
    await later.go('#/dashboard');
    await later.page.waitForSelector('.markets tbody tr');
    expect(await later.page.locator('[data-action]').count()).toBe(0);
    await later.page.locator('.market-link').first().click();
    await later.page.waitForSelector('.market-head');
    expect(await later.page.locator('[data-action]').count()).toBe(0);
    expect(await overflow(later.page)).toBe(0);
    expect(later.faults).toEqual([]);
    await later.close();
    viewer.kill('SIGINT');
    expect((await viewer.ended).code).toBe(0);
  });
});

/** What a killed process left behind, with one bit of its journal turned. */
function damagedCopy(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  const path = join(to, 'store', readdirSync(join(to, 'store')).find((name) => name.endsWith('.log'))!);
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length * 0.9)]! ^= 0x01;
  writeFileSync(path, bytes);
}

async function servePage(): Promise<Server> {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>elsewhere</title><link rel="icon" href="data:,">');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
