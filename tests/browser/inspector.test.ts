/** The inspector in a browser, beside a trader whose time stands: what is drawn is what is so, now and then. */
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ActorFacts, History, Moment, Moments } from '../../src/console/wire.ts';
import { ask } from '../console/stage.ts';
import { inBrowser, openBrowser, PATIENCE_MS, Visit } from '../support/browser.ts';
import { type ConsoleState, readState } from '../support/processes.ts';
import { dashboardIsWhatIsReported } from './dashboard-details.ts';
import { eventually, heard, leavesOf, litLeaves, lookAt, overflow, seenChart, seenTree, stateText } from './in-page.ts';
import { notePainting } from './painted.ts';
import { ENDLESS, MARKUP, openQuotingStage, type QuotingStage, TURNED } from './quoting-stage.ts';

inBrowser('The inspector', () => {
  let stage: QuotingStage;
  let browser: Browser;
  let visit: Visit;
  beforeAll(async () => {
    [stage, browser] = await Promise.all([openQuotingStage(), openBrowser()]);
    visit = await Visit.open(browser, stage.web.url);
    await notePainting(visit.page);
    await visit.go('#/inspector');
  }, 3 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await stage?.close();
  });
  afterEach(() => expect(visit.faults).toEqual([]));

  const get = async <T>(path: string) => (await ask(stage.web.url, path)).json() as T;
  const state = (): Promise<ConsoleState> => readState(stage.web.url);
  /** Messages on their way have arrived: the tree says what the trader says. */
  const settled = async (): Promise<ConsoleState> => {
    const now = await state();
    await eventually('the tree says what the trader says', async () => {
      const tree = await seenTree(visit.page);
      return now.actors.every(({ id, state: at }) => tree.get(id)?.state === stateText(at));
    });
    return now;
  };

  it('draws every chart in the state that the trader says it is in', async () => {
    const { actors } = await settled();
    expect(new Set(actors.map(({ machine }) => machine)).size).toBeGreaterThanOrEqual(6);
    const different: unknown[] = [];
    const looked = new Set<string>();
    let taken = 0;
    for (const { id, machine, state: at, sinceMs } of actors) {
      // The tree has been compared for all of them; of each machine one chart is, or in the long form every actor's.
      if (looked.has(machine) && process.env.BOTHSIDES_LONG !== '1') continue;
      looked.add(machine);
      const seen = await lookAt(visit, id);
      taken += seen.taken;
      // Nothing has moved since this page looks: what was before, it was told.
      const isSince = seen.since.includes(` ${new Date(sinceMs).toISOString().slice(11, 19)} `);
      const isAlike = seen.machine === machine && seen.value === stateText(at) && isSince;
      if (!isAlike || litLeaves(seen).join() !== leavesOf(at).join()) different.push({ id, at, seen });
    }
    expect(different).toEqual([]);
    expect(taken).toBeGreaterThan(20);
  });

  it('follows a session through warmup, quoting and softExit to closed', async () => {
    const { trial } = stage;
    const known = new Set((await state()).actors.map(({ id }) => id));
    const fresh = () =>
      trial.run.runtime.register
        .entries()
        .find(({ id, machine, state: at }) => machine === 'marketSession' && !known.has(id) && topOf(at) === 'warmup');
    expect(await trial.world.advance(300_000, () => fresh() !== undefined)).toBe(true);
    const session = fresh()!.id;
    await lookAt(visit, session);
    for (const place of ['warmup', 'quoting', 'softExit', 'closed']) {
      const reached = () => topOf(stateOf(trial, session)) === place || (place === 'closed' && isGone(trial, session));
      expect(await trial.world.advance(300_000, reached), place).toBe(true);
      const now = stateOf(trial, session);
      await eventually('the chart shows it', async () => {
        const seen = await seenChart(visit.page);
        const lit = seen === null ? [] : seen.lit;
        if (!lit.includes(`marketSession.${place}`)) return false;
        return now === undefined || litLeaves(seen!).join() === leavesOf(now).join();
      });
    }
    const row = (await seenTree(visit.page)).get(session);
    expect(row).toEqual({ status: 'done', state: 'closed' });
    // The way that was taken is counted, and the last step is traced.
    const last = visit.page.locator('[data-transition][data-last=true]');
    expect(Number(await last.first().getAttribute('data-count'))).toBeGreaterThan(0);
    expect(await visit.page.locator('.traced').count()).toBe(1);
  });

  it('shows any moment of the past as the journal has it, and comes back', async () => {
    await settled();
    const { firstMs, lastMs } = await get<Moments>('/api/moments');
    const closed = (await get<ActorFacts[]>('/api/actors')).find(({ machine }) => machine === 'marketSession')!;
    const { moves } = await get<History>(`/api/history?actor=${closed.id}&limit=500`);
    const times = [moves.at(-1)!.atMs, moves[0]!.atMs, firstMs! + (lastMs! - firstMs!) * 0.4].map(Math.round);
    for (const atMs of times) {
      await visit.go(`#/inspector/trader?at=${atMs}`);
      await visit.page.waitForSelector(`[data-past="${atMs}"]`);
      const written = await writtenAt(stage, atMs);
      const { actors } = await get<Moment>(`/api/at?ms=${atMs}`);
      expect(new Map(actors.map(({ id, state: at }) => [id, stateText(at)]))).toEqual(written);
      await eventually('the tree shows that moment', async () => {
        const tree = await seenTree(visit.page);
        return tree.size === written.size && [...written].every(([id, at]) => tree.get(id)?.state === at);
      });
    }
    // From a line of the history to that moment, on its chart.
    await visit.go(`#/inspector/${closed.id}`);
    const quoting = moves.find(({ to }) => topOf(to) === 'quoting')!;
    await visit.page.click(`[data-move="${quoting.sequence}"]`);
    await visit.page.waitForSelector(`[data-past="${quoting.atMs}"]`);
    await eventually(
      'the chart shows that moment',
      async () => litLeaves((await seenChart(visit.page))!).join() === leavesOf(quoting.to).join(),
    );
    await visit.page.getByRole('button', { name: 'Back to now' }).click();
    await visit.page.waitForSelector('[data-past]', { state: 'detached' });
    await settled();
  });

  dashboardIsWhatIsReported(() => ({ stage, visit }));

  it('is moved through by keys, and read out by name', async () => {
    const { page } = visit;
    await visit.go('#/inspector');
    await page.waitForSelector('[role=treeitem]');
    const tree = page.getByRole('tree');
    await tree.focus();
    const current = () => page.locator('[role=treeitem][aria-selected=true]').getAttribute('data-actor');
    await page.keyboard.press('Home');
    const first = await current();
    await page.keyboard.press('ArrowDown');
    const second = await current();
    expect(second).not.toBe(first);
    await page.keyboard.press('End');
    expect([first, second]).not.toContain(await current());
    await page.keyboard.press('Home');
    // Folded, its children are not gone through; opened, they are.
    const shown = () => page.locator('[role=treeitem]').count();
    const all = await shown();
    await page.keyboard.press('ArrowLeft');
    await eventually('the children are folded away', async () => (await shown()) < all);
    await page.keyboard.press('ArrowRight');
    await eventually('the children are back', async () => (await shown()) === all);
    expect(await tree.getAttribute('aria-activedescendant')).toBe('tree-current');
    // The slider of time obeys the arrows as well.
    await page.getByRole('slider', { name: 'Moment that is looked at' }).focus();
    await page.keyboard.press('ArrowLeft');
    await page.waitForSelector('[data-past]');
    await page.keyboard.press('End');
    await page.waitForSelector('[data-past]', { state: 'detached' });
    const { roles, nameless, controls } = await heard(page);
    expect(nameless).toEqual([]);
    expect(controls).toBeGreaterThan(30);
    for (const role of ['banner', 'navigation', 'main', 'status', 'tree', 'treeitem', 'log', 'complementary'])
      expect(roles, role).toContain(role);
  });

  it('shows what came from outside as text, however it is written', async () => {
    const { page } = visit;
    await visit.go('#/dashboard');
    await page.waitForSelector('.markets tbody tr');
    const titles = () =>
      page.evaluate(() => [...document.querySelectorAll('.market-link')].map((link) => link.textContent ?? ''));
    await eventually('the markets are there', async () => (await titles()).length > 2);
    const seen = await titles();
    expect(seen.some((title) => title.startsWith(MARKUP.slice(0, 60)))).toBe(true);
    expect(seen.some((title) => title.startsWith(TURNED.slice(0, 8)))).toBe(true);
    expect(seen.some((title) => title.startsWith(ENDLESS.slice(0, 60)))).toBe(true);
    expect(seen.every((title) => title.length <= 200)).toBe(true);
    const places = [...new Set((await state()).orders.map(({ market }) => market))].slice(0, 3);
    const hashes = ['#/dashboard', '#/inspector', ...places.map((market) => `#/dashboard/market/${market}`)];
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 844 });
      for (const hash of hashes) {
        await visit.go(hash);
        await page.waitForSelector('.dashboard, .market-view, .inspector');
        const planted = await page.evaluate(
          () =>
            document.querySelectorAll('main img, main script, main iframe').length +
            Number(/^[12]$/.test(document.title)),
        );
        expect([hash, width, planted, await overflow(page)]).toEqual([hash, width, 0, 0]);
      }
    }
    await page.setViewportSize({ width: 1440, height: 900 });
  });
});

function topOf(state: unknown): string {
  return typeof state === 'string' ? state : (Object.keys((state ?? {}) as object)[0] ?? '');
}

function stateOf({ run }: QuotingStage['trial'], session: string): unknown {
  return run.runtime.register.entries().find(({ id }) => id === session)?.state;
}

function isGone(trial: QuotingStage['trial'], session: string): boolean {
  return stateOf(trial, session) === undefined;
}

/** Who stood where at a time, by the journal alone: the last line of each until then. */
async function writtenAt({ trial }: QuotingStage, atMs: number): Promise<Map<string, string>> {
  const standing = new Map<string, string>();
  for await (const page of trial.run.journal.readPages(1)) {
    for (const { kind, marketMs, data } of page) {
      if (kind !== 'actor.moved' || marketMs > atMs) continue;
      const { actor, to, status } = data as { actor: string; to: unknown; status?: string };
      if ((status ?? 'active') === 'active') standing.set(actor, stateText(to));
      else standing.delete(actor);
    }
  }
  return standing;
}
