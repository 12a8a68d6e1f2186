/**
 * From a chart to a drawing: what ELK is asked, and what its answer means. Transitions between the same two states share
 * one line with a row of text for each; those that lead nowhere are told inside their state, not drawn.
 */
import type { ElkEdgeSection, ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk-api.js';
import { type Chart, type ChartState, type ChartTransition, eventName, guardText } from './definition.ts';

export type Direction = 'DOWN' | 'RIGHT';
/** Width in pixels of a text as the page will draw it. */
export type Measure = (text: string, style: 'name' | 'label') => number;

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface DrawnState extends Box {
  readonly state: ChartState;
  readonly depth: number;
  /** `runs quoter`, `notes 3 events`: what is said under the name. */
  readonly lines: readonly string[];
}
/** Where a chart begins (`initial`), or the place from which "any state in here" leads on (`any`). */
export interface DrawnDot extends Box {
  readonly kind: 'initial' | 'any';
  readonly of: string;
}
export interface DrawnEdge {
  readonly id: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly transitions: readonly ChartTransition[];
  readonly label: Box | null;
}
export interface Drawing {
  readonly width: number;
  readonly height: number;
  readonly states: readonly DrawnState[];
  readonly dots: readonly DrawnDot[];
  readonly edges: readonly DrawnEdge[];
}

export const NAME_HEIGHT = 26;
export const LINE_HEIGHT = 14;
export const ROW_HEIGHT = 15;
const SIDE = 12;
const DOT = 9;
/** Longer names are cut; the whole of them is the element's title. */
export const NAME_MAX = 40;
/** Room for how often a transition was taken. */
const COUNT_WIDTH = 36;

export function rowText({ eventType, guard }: ChartTransition): { readonly event: string; readonly guard: string } {
  const event = eventName(eventType).slice(0, NAME_MAX);
  return { event, guard: guard === null ? (event === '' ? 'always' : '') : guardText(guard.slice(0, NAME_MAX)) };
}

export function linesOf(state: ChartState, chart: Chart): string[] {
  const notes = chart.transitions.filter(({ source, targets }) => source === state.id && targets.length === 0).length;
  const runs = [...new Set(state.invokes)].join(', ');
  return [
    ...(runs === '' ? [] : [`runs ${runs}`.slice(0, NAME_MAX)]),
    ...(notes === 0 ? [] : [`notes ${notes} event${notes === 1 ? '' : 's'}`]),
  ];
}

function common(direction: Direction): Readonly<Record<string, string>> {
  return {
    'elk.algorithm': 'layered',
    'elk.direction': direction,
    'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
    'elk.edgeRouting': 'ORTHOGONAL',
    'elk.json.edgeCoords': 'ROOT',
    'elk.json.shapeCoords': 'ROOT',
    'elk.spacing.nodeNode': '18',
    'elk.spacing.edgeNode': '10',
    'elk.spacing.edgeEdge': '9',
    'elk.layered.spacing.nodeNodeBetweenLayers': '18',
    'elk.layered.spacing.edgeNodeBetweenLayers': '9',
    'elk.layered.spacing.edgeEdgeBetweenLayers': '8',
    'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  };
}

interface Bundle {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly transitions: ChartTransition[];
  /** To a state that is declared before the one it leaves. */
  readonly leadsBack: boolean;
}

export function layoutRequest(chart: Chart, direction: Direction, measure: Measure): ElkNode {
  const bundles = bundlesOf(chart);
  const anyOf = new Set(bundles.filter(({ from }) => from.startsWith('any:')).map(({ from }) => from.slice(4)));
  // As its author wrote it down, from the first state to the last: what leads back is laid out as if it led on.
  const edges: ElkExtendedEdge[] = bundles.map(({ id, from, to, transitions, leadsBack }) => ({
    id,
    sources: [leadsBack ? to : from],
    targets: [leadsBack ? from : to],
    labels: [labelOf(transitions, measure)],
  }));
  const nodeOf = (state: ChartState): ElkNode => {
    const isRoot = state.parent === null;
    const lines = isRoot ? [] : linesOf(state, chart);
    const head = isRoot ? 0 : NAME_HEIGHT + lines.length * LINE_HEIGHT + (lines.length > 0 ? 4 : 0);
    const width = Math.ceil(
      Math.max(56, measure(state.key.slice(0, NAME_MAX), 'name') + 18, ...lines.map((line) => measure(line, 'label'))) +
        2 * SIDE,
    );
    const dots: ElkNode[] = [];
    if (state.initial !== null) {
      dots.push({ id: `initial:${state.id}`, width: DOT, height: DOT });
      edges.push({ id: `begin:${state.id}`, sources: [`initial:${state.id}`], targets: [state.initial] });
    }
    if (anyOf.has(state.id)) dots.push({ id: `any:${state.id}`, width: measure('any', 'label') + 14, height: 18 });
    if (state.children.length === 0) return { id: state.id, width, height: head + (lines.length > 0 ? 2 : 4) };
    return {
      id: state.id,
      children: [...dots, ...state.children.map((id) => nodeOf(chart.states.get(id)!))],
      layoutOptions: isRoot
        ? { 'elk.padding': '[top=14,left=14,bottom=14,right=14]' }
        : {
            ...common(direction),
            'elk.padding': `[top=${head + 8},left=${SIDE},bottom=${SIDE},right=${SIDE}]`,
            'elk.nodeSize.constraints': '[MINIMUM_SIZE]',
            'elk.nodeSize.minimum': `(${width},${head})`,
          },
    };
  };
  const root = nodeOf(chart.states.get(chart.root)!);
  return {
    ...root,
    edges,
    layoutOptions: {
      ...root.layoutOptions,
      ...common(direction),
    },
  };
}

/** Reads ELK's answer to `layoutRequest`. */
export function drawingOf(chart: Chart, answer: ElkNode): Drawing {
  const states: DrawnState[] = [];
  const dots: DrawnDot[] = [];
  const bundles = new Map(bundlesOf(chart).map((bundle) => [bundle.id, bundle]));
  const read = (node: ElkNode, depth: number): void => {
    for (const child of node.children ?? []) {
      const box = { x: child.x ?? 0, y: child.y ?? 0, width: child.width ?? 0, height: child.height ?? 0 };
      const state = chart.states.get(child.id);
      if (state !== undefined) states.push({ ...box, state, depth, lines: linesOf(state, chart) });
      else {
        const [kind, of] = child.id.split(/:(.*)/s) as ['initial' | 'any', string];
        dots.push({ ...box, kind, of });
      }
      read(child, depth + 1);
    }
  };
  read(answer, 0);
  const edges = edgesIn(answer).map((edge): DrawnEdge => {
    const [section] = (edge.sections ?? []) as ElkEdgeSection[];
    const [label] = edge.labels ?? [];
    const points = section === undefined ? [] : [section.startPoint, ...(section.bendPoints ?? []), section.endPoint];
    const bundle = bundles.get(edge.id);
    if (bundle?.leadsBack) points.reverse();
    return {
      id: edge.id,
      points: points.map(({ x, y }) => [x, y] as const),
      transitions: bundle?.transitions ?? [],
      label:
        label === undefined
          ? null
          : { x: label.x ?? 0, y: label.y ?? 0, width: label.width ?? 0, height: label.height ?? 0 },
    };
  });
  return { width: answer.width ?? 0, height: answer.height ?? 0, states, dots, edges };
}

function edgesIn(node: ElkNode): ElkExtendedEdge[] {
  return [...(node.edges ?? []), ...(node.children ?? []).flatMap(edgesIn)];
}

/** A transition into a state's own inside starts at that state's "any" dot. */
function bundlesOf(chart: Chart): Bundle[] {
  const bundles = new Map<string, Bundle>();
  const order = new Map([...chart.states.keys()].map((id, index) => [id, index]));
  for (const transition of chart.transitions) {
    for (const to of transition.targets) {
      const from = isInside(chart, to, transition.source) ? `any:${transition.source}` : transition.source;
      const id = `${from} → ${to}`;
      const leadsBack = from === transition.source && order.get(to)! < order.get(from)!;
      const bundle = bundles.get(id) ?? { id, from, to, transitions: [], leadsBack };
      bundle.transitions.push(transition);
      bundles.set(id, bundle);
    }
  }
  return [...bundles.values()];
}

function isInside(chart: Chart, id: string, ancestor: string): boolean {
  for (let at = chart.states.get(id)?.parent; at !== null && at !== undefined; at = chart.states.get(at)?.parent) {
    if (at === ancestor) return true;
  }
  return false;
}

function labelOf(transitions: readonly ChartTransition[], measure: Measure) {
  const widths = transitions.map((transition) => {
    const { event, guard } = rowText(transition);
    return measure([event, guard].filter((part) => part !== '').join(' '), 'label');
  });
  return {
    text: ' ',
    layoutOptions: { 'elk.edgeLabels.inline': 'true' },
    width: Math.ceil(Math.max(...widths)) + COUNT_WIDTH + 10,
    height: transitions.length * ROW_HEIGHT + 4,
  };
}
