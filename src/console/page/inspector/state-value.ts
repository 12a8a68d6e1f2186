/** A machine's state value (`"live"`, `{quoting: {flow: "live", width: "normal"}}`) as ids of active states, and as words. */
import type { Chart } from './definition.ts';

/** Every active state with its ancestors, by id. The root is active while the machine has a value. */
export function activeStates(chart: Chart, value: unknown): Set<string> {
  const active = new Set<string>();
  if (value === undefined || value === null) return active;
  active.add(chart.root);
  const enter = (parent: string, inside: unknown): void => {
    const children = chart.states.get(parent)?.children ?? [];
    const byKey = (key: string) => children.find((id) => chart.states.get(id)?.key === key);
    for (const [key, deeper] of typeof inside === 'string' ? [[inside, null] as const] : entriesOf(inside)) {
      const id = byKey(key);
      if (id === undefined) continue;
      active.add(id);
      enter(id, deeper);
    }
  };
  enter(chart.root, value);
  return active;
}

/** `quoting · live, normal, both`: the outermost state, then the innermost ones. */
export function stateText(value: unknown): string {
  if (typeof value === 'string') return value;
  const entries = entriesOf(value);
  if (entries.length === 0) return '';
  if (entries.length > 1) return entries.map(([, inside]) => leaves(inside).join(', ')).join(' · ');
  const [key, inside] = entries[0]!;
  const inner = leaves(inside);
  return inner.length === 0 ? key : `${key} · ${inner.join(', ')}`;
}

/** The innermost states of a value, by key. */
export function leaves(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return entriesOf(value).flatMap(([key, inside]) => {
    const inner = leaves(inside);
    return inner.length === 0 ? [key] : inner;
  });
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}
