/** What is drawn of a chart: every state and every transition that leads somewhere, once, inside the drawing. */
import elk from 'elkjs';
import { describe, expect, it } from 'vitest';
import { riskSupervisor } from '../../../machines/risk-supervisor.ts';
import { type Camera, centred, fitted, zoomed } from '../../../src/console/page/inspector/camera.ts';
import { type Drawing, drawingOf, layoutRequest, linesOf } from '../../../src/console/page/inspector/chart-layout.ts';
import { type Chart, readChart } from '../../../src/console/page/inspector/definition.ts';

const widthOf = (text: string) => text.length * 6;

async function draw(chart: Chart): Promise<Drawing> {
  return drawingOf(chart, await new elk.default().layout(layoutRequest(chart, 'DOWN', widthOf)));
}

describe('A laid-out chart', () => {
  it('shows every state and every way, and nothing outside of the drawing', async () => {
    const chart = readChart(riskSupervisor.config)!;
    const drawing = await draw(chart);
    expect(drawing.states.map(({ state }) => state.id).sort()).toEqual(
      [...chart.states.keys()].filter((id) => id !== chart.root).sort(),
    );
    const drawn = drawing.edges.flatMap(({ transitions }) => transitions);
    expect(new Set(drawn)).toEqual(new Set(chart.transitions.filter(({ targets }) => targets.length > 0)));
    for (const { points } of drawing.edges) expect(points.length).toBeGreaterThan(1);
    for (const { x, y, width, height } of drawing.states) {
      expect(x).toBeGreaterThanOrEqual(0);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(drawing.width + 1);
      expect(y + height).toBeLessThanOrEqual(drawing.height + 1);
    }
  });

  it('ends each line at the state it leads to, also one that leads back', async () => {
    const chart = readChart({ id: 'm', initial: 'a', states: { a: { on: { go: 'b' } }, b: { on: { back: 'a' } } } })!;
    const drawing = await draw(chart);
    const box = (id: string) => drawing.states.find(({ state }) => state.id === id)!;
    for (const { points, transitions } of drawing.edges) {
      const [transition] = transitions;
      if (transition === undefined) continue;
      const [x, y] = points.at(-1)!;
      const { x: left, y: top, width, height } = box(transition.targets[0]!);
      expect(x).toBeGreaterThanOrEqual(left - 1);
      expect(x).toBeLessThanOrEqual(left + width + 1);
      expect(Math.min(Math.abs(y - top), Math.abs(y - top - height))).toBeLessThan(1);
    }
  });

  it('draws transitions between the same two states as one line, and one into its own inside from an "any"', async () => {
    const chart = readChart({
      id: 'm',
      initial: 'a',
      on: { reset: '.a' },
      states: { a: { on: { go: 'b', run: 'b', note: {} } }, b: {} },
    })!;
    const drawing = await draw(chart);
    expect(drawing.edges.map(({ transitions }) => transitions.map(({ eventType }) => eventType))).toContainEqual([
      'go',
      'run',
    ]);
    expect(drawing.dots.map(({ kind, of }) => [kind, of])).toEqual([
      ['initial', 'm'],
      ['any', 'm'],
    ]);
    expect(linesOf(chart.states.get('m.a')!, chart)).toEqual(['notes 1 event']);
  });
});

describe('The window over a drawing', () => {
  const window = { width: 800, height: 500 };
  const seen = ({ scale, dx, dy }: Camera, x: number, y: number) => [x * scale + dx, y * scale + dy] as const;

  it('shows all of a large one, and does not blow up a small one', () => {
    const camera = fitted({ width: 2000, height: 900 }, window);
    expect(seen(camera, 0, 0)[0]).toBeGreaterThanOrEqual(0);
    expect(seen(camera, 2000, 900)[0]).toBeLessThanOrEqual(800);
    expect(seen(camera, 2000, 900)[1]).toBeLessThanOrEqual(500);
    expect(fitted({ width: 10, height: 10 }, window).scale).toBeLessThan(1.2);
  });

  it('keeps what is active in view, and the place under the pointer where it is', () => {
    const box = { x: 1500, y: 1500, width: 100, height: 40 };
    const camera = centred([box], { width: 1700, height: 1900 }, window, 0.85);
    const [x, y] = seen(camera, box.x, box.y);
    expect(x).toBeGreaterThan(0);
    expect(x + box.width * camera.scale).toBeLessThan(800);
    expect(y + box.height * camera.scale).toBeLessThan(500);
    const nearer = zoomed(camera, 1.5, 300, 200);
    const under = [(300 - camera.dx) / camera.scale, (200 - camera.dy) / camera.scale] as const;
    expect(seen(nearer, ...under)[0]).toBeCloseTo(300);
    expect(seen(nearer, ...under)[1]).toBeCloseTo(200);
  });
});
