/** What is to be seen on the page, read off its elements. The functions run in the page: they know nothing from here. */
import type { Page } from 'playwright-core';
import { leaves, stateText } from '../../src/console/page/inspector/state-value.ts';
import { PATIENCE_MS, type Visit } from '../support/browser.ts';
import { until } from '../support/processes.ts';

/** Looks again and again until it is so. */
export async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  await until(what, async () => ((await isSo()) ? true : null), PATIENCE_MS);
}

/** The chart as it is drawn now. */
export interface SeenChart {
  readonly actor: string;
  readonly machine: string;
  /** Ids of lit states. */
  readonly lit: readonly string[];
  readonly states: number;
  readonly value: string;
  /** Since when it is there, in words. */
  readonly since: string;
  /** How often its transitions were taken, all together. */
  readonly taken: number;
}

export function seenChart(page: Page): Promise<SeenChart | null> {
  return page.evaluate(() => {
    const panel = document.querySelector<HTMLElement>('section.chart');
    const drawn = [...(panel?.querySelectorAll<SVGElement>('[data-state]') ?? [])];
    if (panel === null || drawn.length === 0) return null;
    return {
      actor: panel.querySelector('h2')?.textContent ?? '',
      machine: panel.dataset.machine ?? '',
      lit: drawn.flatMap((state) => (state.dataset.active === 'true' ? [state.dataset.state ?? ''] : [])),
      states: drawn.length,
      value: panel.querySelector<HTMLElement>('[data-value]')?.dataset.value ?? '',
      since: panel.querySelector<HTMLElement>('.since')?.title ?? '',
      taken: [...panel.querySelectorAll<SVGElement>('[data-count]')].reduce(
        (sum, { dataset }) => sum + Number(dataset.count),
        0,
      ),
    };
  });
}

/** Goes to this actor's chart and waits until it is drawn. */
export async function lookAt(visit: Visit, actor: string): Promise<SeenChart> {
  await visit.go(`#/inspector/${encodeURIComponent(actor)}`);
  await visit.page.waitForFunction(
    (name) => {
      const panel = document.querySelector('section.chart');
      return panel?.querySelector('h2')?.textContent === name && panel.querySelector('[data-state]') !== null;
    },
    actor,
    { polling: 'raf' },
  );
  return (await seenChart(visit.page))!;
}

/** The innermost of the lit states, as words of a state value have them. */
export function litLeaves({ lit }: SeenChart): string[] {
  return lit
    .filter((id) => !lit.some((other) => other.startsWith(`${id}.`)))
    .map((id) => id.split('.').at(-1)!)
    .sort();
}

export const leavesOf = (state: unknown): string[] => leaves(state).sort();

/** Every actor that the tree has, with its state in words; scrolled through, as only what is seen is drawn. */
export async function seenTree(page: Page): Promise<Map<string, { status: string; state: string }>> {
  const rows = await page.evaluate(async () => {
    const tree = document.querySelector<HTMLElement>('[role=tree]');
    const found: Record<string, { status: string; state: string }> = {};
    if (tree === null) return found;
    for (let top = 0; ; top += tree.clientHeight) {
      tree.scrollTop = top;
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      for (const row of tree.querySelectorAll<HTMLElement>('[role=treeitem]'))
        found[row.dataset.actor ?? ''] = { status: row.dataset.status ?? '', state: row.dataset.value ?? '' };
      if (top + tree.clientHeight >= tree.scrollHeight) break;
    }
    tree.scrollTop = 0;
    return found;
  });
  return new Map(Object.entries(rows));
}

export { stateText };

export interface Focused {
  readonly name: string;
  readonly role: string;
  readonly hasRing: boolean;
  readonly isSeen: boolean;
}

/** The next Tab goes to the first stop of the page. */
export function fromTheTop(page: Page): Promise<void> {
  return page.evaluate(() => {
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
}

/** What the keyboard has now. */
export function focused(page: Page): Promise<Focused | null> {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return null;
    const style = getComputedStyle(element);
    const inner = element.querySelector(':scope > rect, :scope > .hit');
    const ring = (one: CSSStyleDeclaration) => one.outlineStyle !== 'none' && Number.parseFloat(one.outlineWidth) > 0;
    const labels = element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : null;
    const box = element.getBoundingClientRect();
    return {
      name: (element.getAttribute('aria-label') ?? labels ?? element.textContent ?? '').trim(),
      role: element.getAttribute('role') ?? element.tagName.toLowerCase(),
      hasRing: ring(style) || (inner !== null && Number.parseFloat(getComputedStyle(inner).strokeWidth) >= 2),
      isSeen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0,
    };
  });
}

interface AxNode {
  readonly ignored: boolean;
  readonly role?: { readonly value: string };
  readonly name?: { readonly value: string };
}

const CONTROLS = new Set([
  'button',
  'link',
  'textbox',
  'searchbox',
  'combobox',
  'checkbox',
  'radio',
  'slider',
  'tab',
  'tree',
  'treeitem',
  'dialog',
]);

/** The page as a screen reader has it: its roles, and the controls that have no name. */
export async function heard(page: Page): Promise<{ roles: Set<string>; nameless: string[]; controls: number }> {
  const session = await page.context().newCDPSession(page);
  try {
    const { nodes } = (await session.send('Accessibility.getFullAXTree')) as unknown as { nodes: AxNode[] };
    const heardNodes = nodes.filter(({ ignored }) => !ignored);
    const controls = heardNodes.filter(({ role }) => CONTROLS.has(role?.value ?? ''));
    return {
      roles: new Set(heardNodes.map(({ role }) => role?.value ?? '')),
      nameless: controls.filter(({ name }) => (name?.value ?? '').trim() === '').map(({ role }) => role!.value),
      controls: controls.length,
    };
  } finally {
    await session.detach();
  }
}

/** How far the page is wider than its window: must be nothing. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => {
    const view = document.getElementById('view');
    const root = document.documentElement;
    return Math.max(root.scrollWidth - root.clientWidth, (view?.scrollWidth ?? 0) - (view?.clientWidth ?? 0));
  });
}
