/**
 * Which states of a chart a test file has been in, and which of its transitions it has seen taken. Enumerated from the
 * chart's own definition, so that a state or an arrow that is added without a test fails its test file.
 */
import type { AnyMachineSnapshot, AnyStateMachine, AnyTransitionDefinition, InspectionEvent } from 'xstate';

type Node = AnyStateMachine['root'];

export class ChartWalk {
  readonly #chart: AnyStateMachine;
  readonly #nodes: readonly Node[];
  readonly #visited = new Set<string>();
  readonly #taken = new Set<string>();

  /** Of a chart that is tested in several files, `parts` names the top-level states of this one; '' is the root. */
  constructor(chart: AnyStateMachine, parts?: readonly string[]) {
    this.#chart = chart;
    this.#nodes = nodesOf(chart.root).filter((node) => parts === undefined || parts.includes(node.path[0] ?? ''));
  }

  /** For `createActor`'s `inspect`; actors of other charts pass unseen. */
  readonly inspect = (event: InspectionEvent): void => {
    if (event.type !== '@xstate.microstep' && event.type !== '@xstate.snapshot') return;
    const snapshot = event.snapshot as AnyMachineSnapshot;
    if (snapshot.machine?.id !== this.#chart.id) return;
    for (const node of snapshot._nodes) this.#visited.add(node.id);
    if (event.type === '@xstate.snapshot') return;
    for (const transition of event._transitions) {
      this.#taken.add(nameOf(transition));
      // A state that is left in the microstep after it was entered is in no snapshot at rest.
      this.#visited.add(transition.source.id);
    }
  };

  unvisited(): string[] {
    return this.#nodes.map((node) => node.id).filter((id) => !this.#visited.has(id));
  }

  untaken(): string[] {
    return this.#nodes
      .flatMap((node) => [...[...node.transitions.values()].flat(), ...(node.always ?? [])])
      .map((transition) => nameOf(transition as AnyTransitionDefinition))
      .filter((name) => !this.#taken.has(name));
  }
}

/** Every state of a chart, as a path: `quoting.flow.live`. */
export function leavesOf(chart: AnyStateMachine): string[] {
  return nodesOf(chart.root)
    .filter((node) => Object.keys(node.states).length === 0)
    .map((node) => node.path.join('.'));
}

function nodesOf(node: Node): Node[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesOf(child))];
}

/** Provided charts are copies of the definition: arrows are told apart by what they say. */
function nameOf({ source, eventType, guard, target }: AnyTransitionDefinition): string {
  const condition =
    guard === undefined
      ? ''
      : ` [${typeof guard === 'string' ? guard : ((guard as { type?: string }).type ?? String(guard))}]`;
  const to = target === undefined ? 'stays' : target.map((node) => node.id).join(', ');
  return `${source.id}: ${eventType === '' ? 'always' : eventType}${condition} → ${to}`;
}
