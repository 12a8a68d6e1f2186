/** All about the actor that is looked at: the part of its chart that was picked, its context, its history. */
import { duration, shortened, timeToTheMs } from '../format.ts';
import { marketTime } from '../live.ts';
import type { ChartState, ChartTransition } from './definition.ts';
import { eventName, guardText } from './definition.ts';
import { HistoryList } from './history-list.tsx';
import { lookedAt, picked, revision, selected, selectedLive, store } from './inspection.ts';
import { JsonView } from './json-view.tsx';
import { stateText } from './state-value.ts';

export function Details() {
  revision.value;
  const actor = selected.value;
  const live = selectedLive.value;
  if (actor === null) return <aside class="panel details" aria-label="Details" />;
  const now = lookedAt.value ?? marketTime.value;
  const isPast = lookedAt.value !== null;
  return (
    <aside class="panel details" aria-label="Details">
      <header>
        <h2 class="outside" title={shortened(actor.name, 500)}>
          {shortened(actor.name, 200)}
        </h2>
        <span class="space" />
        <StatusChip status={actor.status} isPast={isPast} />
      </header>
      <div class="details-body">
        <Picked machine={actor.machine} />
        <dl class="facts">
          <Fact name="Kind">{actor.machine ?? 'stream, timer or promise'}</Fact>
          {actor.parent !== null && <Fact name="Parent">{actor.parent}</Fact>}
          {actor.machine !== null && (
            <>
              <Fact name="State">{stateText(actor.value)}</Fact>
              <Fact name="Since">
                {timeToTheMs(actor.sinceMs)}{' '}
                <span class="muted">{Number.isFinite(now) ? `for ${duration(now - actor.sinceMs)}` : ''}</span>
              </Fact>
            </>
          )}
          {!isPast && live?.error != null && <Fact name="Broke on">{shortened(live.error, 2_000)}</Fact>}
        </dl>
        {actor.machine !== null && <HistoryList actor={actor.name} value={JSON.stringify(live?.value ?? null)} />}
        {isPast ? (
          <p class="hint">The journal keeps states; an actor’s context is known for now only.</p>
        ) : (
          <>
            {live?.output != null && <JsonView title="Output" value={live.output} />}
            {live?.context != null && <JsonView title="Context" value={live.context} />}
          </>
        )}
      </div>
    </aside>
  );
}

function StatusChip({ status, isPast }: { readonly status: string; readonly isPast: boolean }) {
  if (isPast) return <span class="chip warn">past</span>;
  if (status === 'active') return <span class="chip good">running</span>;
  return <span class={`chip ${status === 'error' ? 'bad' : ''}`}>{status === 'error' ? 'broken' : 'closed'}</span>;
}

function Fact({ name, children }: { readonly name: string; readonly children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="outside wraps">{children}</dd>
    </div>
  );
}

function Picked({ machine }: { readonly machine: string | null }) {
  const pick = picked.value;
  const chart = machine === null ? undefined : store.charts.get(machine);
  if (pick === null || chart === undefined) return null;
  const close = () => {
    picked.value = null;
  };
  if (pick.kind === 'state') {
    const state = chart.states.get(pick.id);
    if (state === undefined) return null;
    return (
      <PickedState
        state={state}
        transitions={chart.transitions.filter(({ source }) => source === pick.id)}
        onClose={close}
      />
    );
  }
  const transition = chart.transitions.find(({ key }) => key === pick.key);
  return transition === undefined ? null : <PickedTransition transition={transition} onClose={close} />;
}

function Card({
  kind,
  name,
  onClose,
  children,
}: {
  readonly kind: string;
  readonly name: string;
  readonly onClose: () => void;
  readonly children: preact.ComponentChildren;
}) {
  return (
    <section class="picked-card" aria-label={`${kind} ${name}`} data-picked={kind.toLowerCase()}>
      <header>
        <span class="label">{kind}</span>
        <strong class="outside wraps">{name}</strong>
        <button type="button" class="button small" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </header>
      {children}
    </section>
  );
}

function PickedState({
  state,
  transitions,
  onClose,
}: {
  readonly state: ChartState;
  readonly transitions: readonly ChartTransition[];
  readonly onClose: () => void;
}) {
  return (
    <Card kind="State" name={state.id} onClose={onClose}>
      {state.description !== '' && <p>{state.description}</p>}
      <dl class="facts">
        {state.invokes.length > 0 && <Fact name="Runs">{state.invokes.join(', ')}</Fact>}
        {state.entry.length > 0 && <Fact name="On entry">{state.entry.join(', ')}</Fact>}
        {state.exit.length > 0 && <Fact name="On exit">{state.exit.join(', ')}</Fact>}
      </dl>
      {transitions.length > 0 && (
        <ul class="ways">
          {transitions.map((transition, index) => (
            <li key={`${transition.key} ${index}`}>
              <button
                type="button"
                onClick={() => {
                  picked.value = { kind: 'transition', key: transition.key };
                }}
              >
                <span class="way-event">{nameOf(transition)}</span>
                <span class="muted">{targetsOf(transition)}</span>
                <span class="number muted">{store.counts.get(transition.key) ?? 0}×</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function PickedTransition({
  transition,
  onClose,
}: {
  readonly transition: ChartTransition;
  readonly onClose: () => void;
}) {
  const live = selectedLive.value;
  const isLast = live?.last?.key === transition.key;
  return (
    <Card kind="Transition" name={nameOf(transition)} onClose={onClose}>
      {transition.description !== '' && <p>{transition.description}</p>}
      <dl class="facts">
        <Fact name="From">{transition.source}</Fact>
        <Fact name="To">{transition.targets.join(', ') || 'stays where it is'}</Fact>
        <Fact name="Event">{transition.eventType === '' ? 'none: as soon as it holds' : transition.eventType}</Fact>
        <Fact name="Guard">{guardText(transition.guard) || 'none'}</Fact>
        {transition.actions.length > 0 && <Fact name="Does">{transition.actions.join(', ')}</Fact>}
        <Fact name="Taken">
          {store.counts.get(transition.key) ?? 0}× by all, {live?.taken.get(transition.key) ?? 0}× by this one since you
          look
        </Fact>
        {isLast && <Fact name="Last">{timeToTheMs(live!.last!.atMs)}</Fact>}
      </dl>
    </Card>
  );
}

function nameOf({ eventType, guard }: ChartTransition): string {
  return [eventName(eventType), guardText(guard)].filter((part) => part !== '').join(' ') || 'always';
}

function targetsOf({ targets }: ChartTransition): string {
  return targets.length === 0 ? 'stays' : `→ ${targets.map((id) => id.split('.').slice(1).join('.')).join(', ')}`;
}
