/** A laid-out chart as SVG: what is active is lit (and marked, and said), the last transition is traced, each is counted. */
import { useRef } from 'preact/hooks';
import { count, shortened } from '../format.ts';
import type { TakenLast } from './actor-store.ts';
import type { Camera } from './camera.ts';
import {
  type Drawing,
  type DrawnEdge,
  type DrawnState,
  LINE_HEIGHT,
  NAME_HEIGHT,
  NAME_MAX,
  ROW_HEIGHT,
  rowText,
} from './chart-layout.ts';
import type { ChartTransition } from './definition.ts';
import type { Pick } from './inspection.ts';

/** As long as the animation in chart.css, and a breath. */
const TRACE_MS = 1_500;
/** From so far away only the names of states are read. */
const FAR_SCALE = 0.42;

export interface ChartSvgProps {
  readonly drawing: Drawing;
  readonly active: ReadonlySet<string>;
  readonly activeKey: string;
  readonly last: TakenLast | null;
  readonly taken: ReadonlyMap<string, number> | null;
  readonly counts: ReadonlyMap<string, number> | null;
  readonly camera: Camera;
  readonly width: number;
  readonly height: number;
  readonly picked: Pick | null;
  readonly onPick: (pick: Pick) => void;
}

export function ChartSvg(props: ChartSvgProps) {
  const { drawing, last, camera, width, height } = props;
  const trace = useRef({ serial: 0, atMs: Number.NEGATIVE_INFINITY });
  // One at a time: a chart that moves all the time would be nothing but traces.
  if (last !== null && last.serial !== trace.current.serial && performance.now() - trace.current.atMs > TRACE_MS) {
    trace.current = { serial: last.serial, atMs: performance.now() };
  }
  const traced = drawing.edges.find(({ transitions }) => transitions.some(({ key }) => key === last?.key));
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: the window around it has the label
    <svg class={`chart-svg${camera.scale < FAR_SCALE ? ' far' : ''}`} width={width} height={height}>
      <defs>
        {['plain', 'hot'].map((kind) => (
          <marker
            key={kind}
            id={`arrow-${kind}`}
            class={`arrow ${kind}`}
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            markerUnits="userSpaceOnUse"
            orient="auto-start-reverse"
          >
            <path d="M0 0.8 8 4 0 7.2Z" />
          </marker>
        ))}
      </defs>
      <g transform={`translate(${camera.dx} ${camera.dy}) scale(${camera.scale})`}>
        {drawing.states.map((drawn) => (
          <StateBox key={drawn.state.id} drawn={drawn} {...props} />
        ))}
        {drawing.edges.map((edge) => edge !== traced && <Line key={edge.id} edge={edge} kind="plain" />)}
        {traced !== undefined && (
          <g class="traced">
            <Line edge={traced} kind="hot" />
            <path key={trace.current.serial} class="trace" d={pathOf(traced)} pathLength="1" />
          </g>
        )}
        {drawing.dots.map((dot) =>
          dot.kind === 'initial' ? (
            <circle
              key={`initial:${dot.of}`}
              class="initial"
              cx={dot.x + dot.width / 2}
              cy={dot.y + dot.height / 2}
              r={dot.width / 2 - 0.5}
            />
          ) : (
            <g key={`any:${dot.of}`} class="any">
              <rect x={dot.x} y={dot.y} width={dot.width} height={dot.height} rx={dot.height / 2} />
              <text x={dot.x + dot.width / 2} y={dot.y + 12.5}>
                any
              </text>
              <title>From any state in here</title>
            </g>
          ),
        )}
        {drawing.edges.map((edge) => edge.label !== null && <Label key={edge.id} edge={edge} {...props} />)}
      </g>
    </svg>
  );
}

function StateBox({ drawn, active, picked, onPick }: ChartSvgProps & { readonly drawn: DrawnState }) {
  const { state, x, y, width, height, lines, depth } = drawn;
  const isActive = active.has(state.id);
  const isPicked = picked?.kind === 'state' && picked.id === state.id;
  const name = shortened(state.key, NAME_MAX);
  const kinds = [state.type, depth % 2 === 1 ? 'odd' : '', isActive ? 'active' : '', isPicked ? 'picked' : ''];
  const choose = () => onPick({ kind: 'state', id: state.id });
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      class={`state ${kinds.join(' ')}`}
      role="button"
      tabindex={0}
      aria-label={`State ${state.key}${state.type === 'final' ? ', final' : ''}${isActive ? ', active' : ''}`}
      aria-pressed={isPicked}
      data-state={state.id}
      data-active={isActive}
      onClick={choose}
      onKeyDown={pressed(choose)}
    >
      <title>{state.description === '' ? state.id : `${state.id}\n${state.description}`}</title>
      <rect x={x} y={y} width={width} height={height} rx="6" />
      {state.type === 'final' && (
        <rect class="inner" x={x + 3} y={y + 3} width={width - 6} height={height - 6} rx="4" />
      )}
      <circle class="lamp" cx={x + 13} cy={y + 13.5} r="3.5" />
      <text class="name" x={x + 22} y={y + 17.5}>
        {name}
      </text>
      {state.type === 'parallel' && (
        <text class="kind" x={x + width - 10} y={y + 17.5}>
          all at once
        </text>
      )}
      {lines.map((line, index) => (
        <text key={line} class="line" x={x + 12} y={y + NAME_HEIGHT + 9 + index * LINE_HEIGHT}>
          {line}
        </text>
      ))}
    </g>
  );
}

function Line({ edge, kind }: { readonly edge: DrawnEdge; readonly kind: 'plain' | 'hot' }) {
  const isBegin = edge.id.startsWith('begin:');
  return <path class={`edge ${kind}${isBegin ? ' begin' : ''}`} d={pathOf(edge)} marker-end={`url(#arrow-${kind})`} />;
}

/** With corners that are a little round. */
function pathOf({ points }: DrawnEdge): string {
  return points
    .map(([x, y], index) => {
      if (index === 0) return `M${x} ${y}`;
      const next = points[index + 1];
      if (next === undefined) return `L${x} ${y}`;
      const before = points[index - 1]!;
      const reach = (to: readonly [number, number]) => Math.min(5, Math.hypot(to[0] - x, to[1] - y) / 2);
      const toward = (to: readonly [number, number]) => {
        const length = Math.hypot(to[0] - x, to[1] - y) || 1;
        const by = reach(to) / length;
        return `${x + (to[0] - x) * by} ${y + (to[1] - y) * by}`;
      };
      return `L${toward(before)} Q${x} ${y} ${toward(next)}`;
    })
    .join(' ');
}

function Label({ edge, last, counts, taken, picked, onPick }: ChartSvgProps & { readonly edge: DrawnEdge }) {
  const { x, y, width, height } = edge.label!;
  return (
    <g class="label-box">
      <rect x={x} y={y + 1} width={width} height={height - 2} rx="3" />
      {edge.transitions.map((transition, index) => (
        <LabelRow
          key={`${transition.key} ${index}`}
          transition={transition}
          x={x}
          y={y + 2 + index * ROW_HEIGHT}
          width={width}
          isLast={last?.key === transition.key}
          times={counts?.get(transition.key) ?? 0}
          own={taken?.get(transition.key) ?? 0}
          isPicked={picked?.kind === 'transition' && picked.key === transition.key}
          onPick={() => onPick({ kind: 'transition', key: transition.key })}
        />
      ))}
    </g>
  );
}

interface LabelRowProps {
  readonly transition: ChartTransition;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly isLast: boolean;
  readonly times: number;
  readonly own: number;
  readonly isPicked: boolean;
  readonly onPick: () => void;
}

function LabelRow({ transition, x, y, width, isLast, times, own, isPicked, onPick }: LabelRowProps) {
  const { event, guard } = rowText(transition);
  const kinds = [isLast ? 'last' : '', isPicked ? 'picked' : '', times === 0 ? 'never' : ''];
  const said = [event, guard, times === 0 ? '' : `taken ${times} times`, isLast ? 'the last one' : ''];
  return (
    // biome-ignore lint/a11y/useSemanticElements: SVG has no button
    <g
      class={`transition ${kinds.join(' ')}`}
      role="button"
      tabindex={-1}
      aria-label={`Transition ${said.filter((part) => part !== '').join(', ')}`}
      aria-pressed={isPicked}
      data-transition={transition.key}
      data-count={times}
      data-last={isLast}
      onClick={onPick}
      onKeyDown={pressed(onPick)}
    >
      <title>{`${event} ${guard}\ntaken ${times} times by all of this machine, ${own} times by this one since you look`}</title>
      <rect class="hit" x={x} y={y} width={width} height={ROW_HEIGHT} rx="3" />
      <text x={x + 5} y={y + 11}>
        {event}
        {event !== '' && guard !== '' ? ' ' : ''}
        <tspan class="guard">{guard}</tspan>
      </text>
      {times > 0 && (
        <text class="times" x={x + width - 5} y={y + 11}>
          {count(times)}
        </text>
      )}
    </g>
  );
}

function pressed(action: () => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    event.stopPropagation();
    action();
  };
}
