/** What a process of the trader is doing at any moment, in words: the states of its charts that a death may fall into. */
import type { VirtualRun } from '../../src/backtest/virtual-world.ts';
import type { Life } from './crash-places.ts';

const WATCHED: ReadonlySet<string> = new Set(['boot', 'trader', 'marketSession', 'riskSupervisor']);

/** Keeps `life.states` up to date: sorted, without repeats; the array is another one after every change. */
export function followStates(life: Life, run: VirtualRun): void {
  const states = new Map<string, string>();
  const renew = (): void => {
    life.states = [...new Set(states.values())].sort();
  };
  for (const { id, machine, state } of run.runtime.register.entries())
    if (WATCHED.has(machine)) states.set(id, nameOf(machine, state));
  renew();
  run.journal.entries$.subscribe(({ kind, data }) => {
    if (kind !== 'actor.moved') return;
    const { actor, machine, to } = data as { actor: string; machine: string; to: unknown };
    if (!WATCHED.has(machine)) return;
    if (to === 'closed' || to === 'ready' || to === 'refused') states.delete(actor);
    else states.set(actor, nameOf(machine, to));
    renew();
  });
}

/** `warmup.delaying`, `quoting.frozen`, `draining.proving`: of a parallel state the region that matters. */
function nameOf(machine: string, value: unknown): string {
  const path = pathOf(value);
  return machine === 'marketSession' || path.startsWith('draining') ? path : `${machine}.${path}`;
}

function pathOf(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, inner]] = Object.entries(value as Record<string, unknown>) as [[string, unknown]];
  const flow = (inner as { flow?: string }).flow;
  return `${name}.${flow ?? pathOf(inner)}`;
}
