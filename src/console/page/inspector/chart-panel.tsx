/** The chart of the actor that is looked at, in a window that can be moved and enlarged. */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { addressOf } from '../address.ts';
import { duration, shortened, timeOfDay } from '../format.ts';
import { marketTime } from '../live.ts';
import { type Camera, centred, fitted, moved, zoomed } from './camera.ts';
import { layoutOf, layoutsDone } from './chart-cache.ts';
import type { Direction, Drawing } from './chart-layout.ts';
import { ChartSvg } from './chart-svg.tsx';
import type { Chart } from './definition.ts';
import { lookedAt, type Pick, picked, revision, selected, selectedLive, store } from './inspection.ts';
import { activeStates, stateText } from './state-value.ts';
import { type Listed, subjectOf } from './tree-rows.ts';

/** Below this nobody reads it: the window then follows what is active instead of showing everything. */
const LEGIBLE = 0.62;
const FOLLOW_SCALE = 0.85;
const SIDEWAYS_STATES_MAX = 12;
const ZOOM_STEP = 1.25;
const PAN_PX = 60;

export function ChartPanel({ onPicked }: { readonly onPicked: () => void }) {
  revision.value;
  const actor = selected.value;
  const live = selectedLive.value;
  const machine = actor?.machine ?? null;
  const chart = machine === null ? undefined : store.charts.get(machine);
  const isPast = lookedAt.value !== null;
  return (
    <section class="panel chart" aria-label="Statechart" data-machine={machine ?? ''}>
      {actor === null || actor.machine === null || chart === undefined ? (
        <p class="empty">
          {actor === null
            ? isPast
              ? 'Nobody of this name was there at that moment.'
              : 'Choose an actor.'
            : actor.machine === null
              ? 'This is a stream, a timer or a promise: it has no chart.'
              : 'Its chart is not known yet.'}
        </p>
      ) : (
        <>
          <header>
            <h2 class="outside" title={actor.name}>
              {actor.name}
            </h2>
            <span class="machine muted outside">{actor.machine}</span>
            <Subject of={actor} />
            <span class="chart-value outside" data-value={stateText(actor.value)} title={stateText(actor.value)}>
              {stateText(actor.value)}
            </span>
            <Since sinceMs={actor.sinceMs} />
            {actor.status !== 'active' && <span class={`chip ${actor.status === 'error' ? 'bad' : ''}`}>closed</span>}
          </header>
          <ChartWindow
            key={machine}
            chart={chart}
            active={activeStates(chart, actor.value)}
            last={isPast ? null : (live?.last ?? null)}
            taken={isPast ? null : (live?.taken ?? null)}
            counts={isPast ? null : store.counts}
            onPick={(pick) => {
              picked.value = pick;
              if (pick !== null) onPicked();
            }}
          />
        </>
      )}
    </section>
  );
}

/** The market that a session works in, as a way there. */
function Subject({ of }: { readonly of: Listed }) {
  const market = subjectOf(of);
  if (market === '') return null;
  return (
    <a class="mono outside" href={addressOf('dashboard', ['market', market])} title={`${market} on the dashboard`}>
      {shortened(market, 80)}
    </a>
  );
}

function Since({ sinceMs }: { readonly sinceMs: number }) {
  const now = lookedAt.value ?? marketTime.value;
  return (
    <span class="muted since" title={`In this state since ${timeOfDay(sinceMs)} market time`}>
      for {Number.isFinite(now) ? duration(now - sinceMs) : '–'}
    </span>
  );
}

interface WindowProps {
  readonly chart: Chart;
  readonly active: ReadonlySet<string>;
  readonly last: Parameters<typeof ChartSvg>[0]['last'];
  readonly taken: ReadonlyMap<string, number> | null;
  readonly counts: ReadonlyMap<string, number> | null;
  readonly onPick: (pick: Pick | null) => void;
}

function ChartWindow({ chart, active, last, taken, counts, onPick }: WindowProps) {
  layoutsDone.value;
  const box = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 0, height: 0 });
  const camera = useSignal<Camera | null>(null);
  const down = layoutOf(chart, 'DOWN');
  // A large one is wider than any window when it is laid out from left to right.
  const right = chart.states.size > SIDEWAYS_STATES_MAX ? down : layoutOf(chart, 'RIGHT');
  const direction = useMemo(
    () => better(down.drawing, right.drawing, size.value),
    [down.drawing, right.drawing, size.value.width > size.value.height * 1.2],
  );
  const { drawing, failure } = direction === 'DOWN' ? down : right;
  const activeKey = [...active].join(' ');

  useEffect(() => {
    const element = box.current!;
    const observer = new ResizeObserver(() => {
      size.value = { width: element.clientWidth, height: element.clientHeight };
    });
    observer.observe(element);
    // Passive listeners cannot keep the page from scrolling.
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener('wheel', onWheel);
    };
  }, []);
  const seen = camera.value ?? (drawing === null ? null : automatic(drawing, active, size.value));
  // For handlers that live longer than one drawing.
  const latest = useRef(seen);
  latest.current = seen;

  function change(next: (from: Camera) => Camera): void {
    if (latest.current !== null) camera.value = next(latest.current);
  }
  function onWheel(event: WheelEvent): void {
    event.preventDefault();
    const bounds = box.current!.getBoundingClientRect();
    change((from) => zoomed(from, 2 ** (-event.deltaY / 320), event.clientX - bounds.left, event.clientY - bounds.top));
  }
  const zoom = (factor: number) => change((from) => zoomed(from, factor, size.value.width / 2, size.value.height / 2));
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, () => void>> = {
      '+': () => zoom(ZOOM_STEP),
      '-': () => zoom(1 / ZOOM_STEP),
      '0': () => {
        camera.value = null;
      },
      ArrowLeft: () => change((from) => moved(from, PAN_PX, 0)),
      ArrowRight: () => change((from) => moved(from, -PAN_PX, 0)),
      ArrowUp: () => change((from) => moved(from, 0, PAN_PX)),
      ArrowDown: () => change((from) => moved(from, 0, -PAN_PX)),
      Escape: () => onPick(null),
    };
    if (steps[event.key] === undefined) return;
    event.preventDefault();
    steps[event.key]!();
  };
  const pointers = useRef(new Map<number, PointerEvent>());
  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId);
    if (before === undefined) return;
    const other = [...pointers.current.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    pointers.current.set(event.pointerId, event);
    if (other === undefined) {
      change((from) => moved(from, event.clientX - before.clientX, event.clientY - before.clientY));
      return;
    }
    const apart = (one: PointerEvent) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const bounds = box.current!.getBoundingClientRect();
    const factor = apart(event) / Math.max(1, apart(before));
    change((from) => zoomed(from, factor, other.clientX - bounds.left, other.clientY - bounds.top));
  };
  const release = (event: PointerEvent) => pointers.current.delete(event.pointerId);

  return (
    // biome-ignore lint/a11y/useSemanticElements: no element of HTML is a window over a drawing
    <div
      class="chart-window"
      ref={box}
      role="group"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys and + − move the window
      tabIndex={0}
      aria-label={`Statechart ${chart.root}. Active: ${activeNames(chart, active)}. Plus and minus zoom, arrows move.`}
      data-camera={camera.value === null ? 'automatic' : 'moved'}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => pointers.current.set(event.pointerId, event)}
      onPointerMove={onPointerMove}
      onPointerUp={release}
      onPointerCancel={release}
      onPointerLeave={release}
      onDblClick={() => {
        camera.value = null;
      }}
    >
      {failure !== null && <p class="empty">This chart could not be laid out: {failure}</p>}
      {failure === null && drawing === null && <p class="empty">Laying the chart out…</p>}
      {drawing !== null && seen !== null && size.value.width > 0 && (
        <ChartSvg
          drawing={drawing}
          active={active}
          activeKey={activeKey}
          last={last}
          taken={taken}
          counts={counts}
          camera={seen}
          width={size.value.width}
          height={size.value.height}
          picked={picked.value}
          onPick={onPick}
        />
      )}
      <div class="chart-tools">
        <button type="button" onClick={() => zoom(ZOOM_STEP)} aria-label="Larger" title="Larger (+)">
          +
        </button>
        <button type="button" onClick={() => zoom(1 / ZOOM_STEP)} aria-label="Smaller" title="Smaller (−)">
          −
        </button>
        <button
          type="button"
          onClick={() => {
            if (drawing !== null) camera.value = fitted(drawing, size.value);
          }}
          title="The whole chart"
        >
          All
        </button>
        <button
          type="button"
          aria-pressed={camera.value === null}
          onClick={() => {
            camera.value = null;
          }}
          title="Keep what is active in view (0)"
        >
          Follow
        </button>
      </div>
    </div>
  );
}

function better(down: Drawing | null, right: Drawing | null, size: { width: number; height: number }): Direction {
  if (down === null || right === null || size.width === 0) return 'DOWN';
  return fitted(right, size).scale > fitted(down, size).scale * 1.1 ? 'RIGHT' : 'DOWN';
}

/** All of it where it can be read, else the part that is active. */
function automatic(drawing: Drawing, active: ReadonlySet<string>, size: { width: number; height: number }): Camera {
  const all = fitted(drawing, size);
  if (all.scale >= LEGIBLE) return all;
  const lit = drawing.states.filter(({ state }) => active.has(state.id) && state.parent !== null);
  return lit.length === 0 ? all : centred(lit, drawing, size, FOLLOW_SCALE);
}

function activeNames(chart: Chart, active: ReadonlySet<string>): string {
  const names = [...active].filter((id) => !chart.states.get(id)?.children.some((child) => active.has(child)));
  return names.map((id) => id.slice(chart.root.length + 1)).join(', ') || 'none';
}
