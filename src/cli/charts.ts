/** `npm run charts`: each statechart as a picture and as Mermaid, drawn from the code, into machines/README.md and machines/charts. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import ELK from 'elkjs/lib/elk.bundled.js';
import { definitionText } from '../console/machines-part.ts';
import { drawingOf, layoutRequest } from '../console/page/inspector/chart-layout.ts';
import { readChart } from '../console/page/inspector/definition.ts';
import { BothsidesError, EXIT, messageOf } from '../domain/errors.ts';
import { ALL_CHARTS } from './all-charts.ts';
import { mermaidOf } from './charts-mermaid.ts';
import { measureText, svgOf } from './charts-svg.ts';
import { print } from './output.ts';

export const CHARTS_FOLDER = join(import.meta.dirname, '../../machines');

export function registerCharts(program: Command): void {
  program
    .command('charts')
    .description('draw each statechart from the code into machines/README.md and machines/charts')
    .option('--check', 'change nothing; say whether they are current')
    .action((flags: { readonly check?: true }) => charts(flags.check === true));
}

async function charts(isCheck: boolean): Promise<void> {
  const files = await drawCharts();
  const stale = [...files].filter(([name, text]) => textIn(name) !== text).map(([name]) => name);
  if (isCheck && stale.length > 0)
    throw new BothsidesError('USAGE', `Not as the code is: ${stale.join(', ')}.`, { remedy: 'Run npm run charts.' });
  for (const name of isCheck ? [] : stale) write(name, files.get(name)!);
  const what = stale.length === 0 ? 'all as the code is' : `written: ${stale.join(', ')}`;
  print(`${files.size} files in machines; ${what}.`);
  process.exitCode = EXIT.done;
}

/** The files by their name in machines. */
export async function drawCharts(): Promise<Map<string, string>> {
  // What is exported is the class itself; its types speak of a module around it.
  const Elk = ELK as unknown as typeof ELK.default;
  const elk = new Elk();
  const files = new Map<string, string>();
  const sections: string[] = [];
  for (const { id, config } of ALL_CHARTS) {
    const chart = readChart(definitionText(config));
    if (chart === null) throw new TypeError(`${id} has no chart`);
    const name = id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const drawing = drawingOf(chart, await elk.layout(layoutRequest(chart, 'DOWN', measureText)));
    files.set(`charts/${name}.svg`, svgOf(id, drawing));
    sections.push(
      [
        `## ${name}`,
        `\`${name}.ts\``,
        `![${id}](charts/${name}.svg)`,
        `<details><summary>The same in Mermaid</summary>\n\n\`\`\`mermaid\n${mermaidOf(chart)}\n\`\`\`\n\n</details>`,
      ].join('\n\n'),
    );
  }
  files.set('README.md', `${HEAD}\n${sections.join('\n\n')}\n`);
  return files;
}

const HEAD = `# The statecharts, drawn from the code

Made by \`npm run charts\` from the machines themselves; a test keeps them current. Rounded boxes are states, dashed ones have
regions side by side (∥), ◉ ends the machine. A dot marks where a state begins, *any* a transition that is taken from
anywhere inside. Guards stand in brackets; an arrow with nothing but a guard is taken by itself as soon as it holds.
`;

function textIn(name: string): string | null {
  try {
    return readFileSync(join(CHARTS_FOLDER, name), 'utf8');
  } catch {
    // Not there, which is as stale as can be.
    return null;
  }
}

function write(name: string, text: string): void {
  const file = join(CHARTS_FOLDER, name);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } catch (error) {
    throw new BothsidesError('DATA_UNWRITABLE', `${file} cannot be written: ${messageOf(error)}.`, { cause: error });
  }
}
