/** A chart as Mermaid's `stateDiagram-v2`. */
import { type Chart, type ChartState, eventName } from '../console/page/inspector/definition.ts';

export function mermaidOf(chart: Chart): string {
  const root = chart.states.get(chart.root)!;
  const lines = ['stateDiagram-v2', ...insideOf(chart, root, '  ')];
  // After all states are known: the first mention of one is where Mermaid puts it.
  const seen = new Map<string, string[]>();
  for (const { source, targets, eventType, guard } of chart.transitions) {
    for (const target of targets) {
      const from = isInside(chart, target, source) ? anyOf(source) : idOf(source);
      const label = [eventName(eventType).replace(/[:;]/g, ''), guard === null ? '' : `[${guard}]`].filter(
        (part) => part !== '',
      );
      const key = `${from} --> ${idOf(target)}`;
      seen.set(key, [...(seen.get(key) ?? []), label.join(' ') || 'always']);
    }
  }
  for (const [arrow, labels] of seen) lines.push(`  ${arrow} : ${[...new Set(labels)].join('<br/>')}`);
  return lines.join('\n');
}

function insideOf(chart: Chart, state: ChartState, indent: string): string[] {
  const lines: string[] = [];
  if (leadsInside(chart, state)) lines.push(`${indent}state "any" as ${anyOf(state.id)}`);
  if (state.initial !== null) lines.push(`${indent}[*] --> ${idOf(state.initial)}`);
  state.children.forEach((id, index) => {
    const child = chart.states.get(id)!;
    // Mermaid knows regions only within a state; those of the whole machine stand beside each other, each with its beginning.
    if (index > 0 && state.type === 'parallel' && state.parent !== null) lines.push(`${indent}--`);
    lines.push(`${indent}state "${child.key}" as ${idOf(id)}${child.children.length > 0 ? ' {' : ''}`);
    if (child.children.length > 0) lines.push(...insideOf(chart, child, `${indent}  `), `${indent}}`);
    if (child.type === 'final') lines.push(`${indent}${idOf(id)} --> [*]`);
  });
  return lines;
}

function leadsInside(chart: Chart, { id }: ChartState): boolean {
  return chart.transitions.some(
    ({ source, targets }) => source === id && targets.some((target) => isInside(chart, target, id)),
  );
}

function isInside(chart: Chart, id: string, ancestor: string): boolean {
  for (let at = chart.states.get(id)?.parent ?? null; at !== null; at = chart.states.get(at)?.parent ?? null) {
    if (at === ancestor) return true;
  }
  return false;
}

function idOf(id: string): string {
  return id.replace(/[^A-Za-z0-9]/g, '_');
}

function anyOf(id: string): string {
  return `any_${idOf(id)}`;
}
