/** The drawings of the statecharts in machines/ are those of the code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { ALL_CHARTS } from '../../src/cli/all-charts.ts';
import { CHARTS_FOLDER, drawCharts } from '../../src/cli/charts.ts';

let drawn: Map<string, string>;
beforeAll(async () => {
  drawn = await drawCharts();
}, 60_000);

describe('The drawings of the statecharts', () => {
  it('are current: `npm run charts` would change nothing', () => {
    for (const [name, text] of drawn) expect(readFileSync(join(CHARTS_FOLDER, name), 'utf8'), name).toBe(text);
    const there = readdirSync(join(CHARTS_FOLDER, 'charts')).map((name) => `charts/${name}`);
    expect(there.sort()).toEqual([...drawn.keys()].filter((name) => name !== 'README.md').sort());
  });

  it('show every state, and fit into their frame', () => {
    for (const { id, config } of ALL_CHARTS) {
      const svg = drawn.get(`charts/${id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.svg`)!;
      const width = Number(/ width="(\d+)"/.exec(svg)![1]);
      for (const [, x, wide] of svg.matchAll(/<rect class="state[^"]*" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"/g))
        expect(Number(x) + Number(wide)).toBeLessThanOrEqual(width);
      for (const state of statesOf(config as never)) expect(svg).toMatch(new RegExp(`class="name"[^>]*>${state}[< ]`));
    }
  });

  it('in Mermaid declare every state that an arrow names', () => {
    const blocks = drawn.get('README.md')!.split('```mermaid\n').slice(1);
    expect(blocks).toHaveLength(ALL_CHARTS.length);
    for (const block of blocks) {
      const [text] = block.split('\n```');
      const declared = new Set([...text!.matchAll(/state "[^"]+" as (\w+)/g)].map(([, id]) => id));
      for (const [, from, to] of text!.matchAll(/^\s*(\S+) --> (\S+)/gm))
        for (const id of [from!, to!]) if (id !== '[*]') expect(declared).toContain(id);
      // Outside of a state Mermaid takes no regions.
      expect(text!).not.toMatch(/^ {0,2}--$/m);
      expect(text!.match(/\{$/gm)?.length ?? 0).toBe(text!.match(/^\s*\}$/gm)?.length ?? 0);
    }
  });
});

interface Config {
  readonly states?: Readonly<Record<string, Config>>;
}
function statesOf({ states = {} }: Config): string[] {
  return Object.entries(states).flatMap(([name, inner]) => [name, ...statesOf(inner)]);
}
