/** What is painted on the plots, noted while it is painted: the colours of lines and areas, and where each mark stands. */
import type { Page } from 'playwright-core';

export interface Painted {
  /** Colours of lines as `#rrggbb`, in the order in which they were drawn. */
  readonly lines: readonly string[];
  readonly areas: number;
  readonly marks: readonly { readonly x: number; readonly colour: string }[];
}

type Noted = { lines: string[]; areas: number; marks: { x: number; colour: string }[] };
type Sheet = HTMLCanvasElement & { noted?: Noted };

/** To be called before the page is opened. */
export async function notePainting(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const pen = CanvasRenderingContext2D.prototype;
    const { clearRect, stroke, fill, moveTo, closePath } = pen;
    const starts = new WeakMap<CanvasRenderingContext2D, number>();
    const noted = (context: CanvasRenderingContext2D): Noted => {
      const sheet = context.canvas as Sheet;
      sheet.noted ??= { lines: [], areas: 0, marks: [] };
      return sheet.noted;
    };
    pen.clearRect = function (...box) {
      delete (this.canvas as Sheet).noted;
      clearRect.apply(this, box);
    };
    // Series are drawn as paths that were made before; axes and marks step by step.
    pen.stroke = function (...path: [] | [Path2D]) {
      if (path.length > 0) noted(this).lines.push(String(this.strokeStyle));
      (stroke as (...path: unknown[]) => void).apply(this, path);
    };
    pen.fill = function (...path: unknown[]) {
      if (path[0] instanceof Path2D) noted(this).areas++;
      (fill as (...path: unknown[]) => void).apply(this, path);
    };
    pen.moveTo = function (x, y) {
      starts.set(this, x);
      moveTo.call(this, x, y);
    };
    pen.closePath = function () {
      noted(this).marks.push({ x: starts.get(this) ?? Number.NaN, colour: String(this.fillStyle) });
      closePath.call(this);
    };
  });
}

/** Of every plot within this element, in order. */
export function painted(page: Page, within: string): Promise<Painted[]> {
  return page.evaluate(
    (selector) =>
      [...document.querySelectorAll<Sheet>(`${selector} canvas`)].map(
        ({ noted }) => noted ?? { lines: [], areas: 0, marks: [] },
      ),
    within,
  );
}

/** The theme's colours of these names, as a canvas has them. */
export function colours(page: Page, names: readonly string[]): Promise<string[]> {
  return page.evaluate((asked) => {
    const context = document.createElement('canvas').getContext('2d')!;
    const probe = document.body.appendChild(document.createElement('i'));
    const found = asked.map((name) => {
      probe.style.color = `var(--${name})`;
      context.fillStyle = getComputedStyle(probe).color;
      return String(context.fillStyle);
    });
    probe.remove();
    return found;
  }, names);
}

/** What the legend of a plot tells while nobody points at a moment: the last values, by name. */
export function legend(page: Page, plot: string): Promise<Record<string, string>> {
  return page.evaluate(
    (label) =>
      Object.fromEntries(
        [...document.querySelectorAll(`.plot[aria-label^="${label}"] .u-series`)].map((series) => [
          series.querySelector('.u-label')?.textContent ?? '',
          series.querySelector('.u-value')?.textContent ?? '',
        ]),
      ),
    plot,
  );
}
