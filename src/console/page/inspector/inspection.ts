/** What the inspector shows: live or a moment of the past, which actor, which part of its chart. Fed by the one connection. */
import { computed, effect, signal } from '@preact/signals';
import type { MachineFacts, Moment, Moments } from '../../wire.ts';
import { addressOf } from '../address.ts';
import { type ApiError, getJson } from '../api.ts';
import { hello, listen } from '../live.ts';
import { goTo, place } from '../router.ts';
import { type Actor, ActorStore } from './actor-store.ts';
import { layoutOf } from './chart-cache.ts';
import { EventLog } from './event-log.ts';
import { type Listed, subjectOf, type TreeFilter } from './tree-rows.ts';

export const store = new ActorStore();
export const events = new EventLog();
/** Of everybody who said or heard something lately, also of those who are forgotten: what to call them. */
const parties = new Map<string, Party>();
const PARTIES_MAX = 5_000;

export interface Party {
  readonly name: string;
  readonly machine: string | null;
}

export function partyOf(key: string): Party {
  return parties.get(key) ?? { name: key, machine: null };
}

function remember({ key, name, machine }: Actor): string {
  if (!parties.has(key)) {
    parties.set(key, { name, machine });
    if (parties.size > PARTIES_MAX) parties.delete(parties.keys().next().value!);
  }
  return key;
}
/** Raised when something changed here that is to be drawn. */
export const revision = signal(0);

export const filter = signal<TreeFilter>({ search: '', machine: '', closed: true, others: false });
export const folded = signal<ReadonlySet<string>>(new Set());

/** A state or a transition of the chart that somebody wants to know more of. */
export type Pick =
  | { readonly kind: 'state'; readonly id: string }
  | { readonly kind: 'transition'; readonly key: string };
export const picked = signal<Pick | null>(null);

export const isReadOnly = computed(() => hello.value?.run.readOnly === true);
export const moments = signal<Moments | null>(null);

const asked = computed(() => {
  const at = Number(place.value.query.at ?? Number.NaN);
  return Number.isFinite(at) ? at : null;
});
/** The market time that is looked at; null: now. A run that is over has no now: its end stands for it. */
export const lookedAt = computed(() => asked.value ?? (isReadOnly.value ? (moments.value?.lastMs ?? null) : null));
/** Somebody chose a moment, and there is a way back from it. */
export const hasTravelled = computed(() => asked.value !== null);

export interface PastActor extends Listed {
  readonly sinceMs: number;
}
const moment = signal<Moment | null>(null);
export const pastFailure = signal<string | null>(null);
export const pastActors = computed<ReadonlyMap<string, PastActor> | null>(() => {
  if (lookedAt.value === null || moment.value === null) return null;
  return new Map(
    moment.value.actors.map(({ id, machine, parent, state, sinceMs }) => [
      id,
      {
        ...{ key: id, name: id, machine, parent, status: 'active', value: state, sinceMs },
        // Its market, where it is still known: the same then as now.
        subject: subjectOf(store.actors.get(id) ?? {}),
      },
    ]),
  );
});

/** Everybody there is, now or then. */
export const everybody = computed<readonly (Actor | PastActor)[]>(() => {
  if (lookedAt.value !== null) return [...(pastActors.value?.values() ?? [])];
  revision.value;
  return [...store.actors.values()];
});

export const selectedKey = computed<string | null>(() => {
  const wished = place.value.view === 'inspector' ? place.value.rest[0] : undefined;
  if (wished !== undefined) return wished;
  const machines = everybody.value.filter(({ machine }) => machine !== null);
  return (machines.find(({ parent }) => parent === null) ?? machines[0])?.key ?? null;
});

/** The actor that is looked at, as it is now; also for one of the past, if it still lives. */
export const selectedLive = computed<Actor | null>(() => {
  revision.value;
  return selectedKey.value === null ? null : (store.actors.get(selectedKey.value) ?? null);
});
export const selected = computed<Actor | PastActor | null>(() => {
  if (lookedAt.value === null) return selectedLive.value;
  return (selectedKey.value === null ? undefined : pastActors.value?.get(selectedKey.value)) ?? null;
});

export function select(key: string, how: 'step' | 'quietly' = 'step'): void {
  if (key !== selectedKey.value) picked.value = null;
  goTo(addressOf('inspector', [key], queryAt(asked.value)), how);
}

/** Goes to a moment of the past, or back to now. */
export function travel(atMs: number | null, how: 'step' | 'quietly' = 'step'): void {
  const key = selectedKey.value;
  goTo(addressOf('inspector', key === null ? [] : [key], queryAt(atMs)), how);
}

function queryAt(atMs: number | null): Record<string, string> {
  return atMs === null ? {} : { at: String(Math.round(atMs)) };
}

/** The slider's ends move on while the trader runs. */
const MOMENTS_EVERY_MS = 5_000;

/** What was heard is taken with every frame; what is drawn of it changes no oftener than an eye can follow. */
const SHOWN_EVERY_MS = 125;
let shownAt = Number.NEGATIVE_INFINITY;
let isShowPlanned = false;

function show(): void {
  if (isShowPlanned) return;
  const waitMs = shownAt + SHOWN_EVERY_MS - performance.now();
  const showNow = () => {
    isShowPlanned = false;
    shownAt = performance.now();
    revision.value++;
  };
  if (waitMs <= 0) {
    showNow();
    return;
  }
  isShowPlanned = true;
  setTimeout(showNow, waitMs);
}

/** Watches actors until the returned function is called. */
export function startInspection(): () => void {
  store.clear();
  const stopListening = listen(['inspection'], (batch) => {
    let changed = false;
    for (const message of batch) {
      store.apply(message);
      if (message.type === 'hello') {
        events.clear();
        void readMachines();
        void readMoments();
      } else if (message.type === '@xstate.event') {
        const target = store.of(message.sessionId);
        if (target === undefined) continue;
        const from = message.sourceId === undefined ? undefined : store.of(message.sourceId);
        const source = from === undefined ? null : remember(from);
        events.add({
          atMs: message.atMs,
          source,
          target: remember(target),
          type: message.event.type,
          event: message.event,
        });
      } else if (!/^(@xstate|bothsides)\./.test(message.type)) continue;
      changed = true;
    }
    if (changed) show();
  });
  void readMachines();
  void readMoments();
  const timer = setInterval(() => {
    void readMoments();
    store.settle(performance.now());
  }, MOMENTS_EVERY_MS);
  const stopReading = effect(() => {
    const atMs = lookedAt.value;
    if (atMs !== null) void readMoment(atMs);
  });
  return () => {
    stopListening();
    stopReading();
    clearInterval(timer);
  };
}

async function readMachines(): Promise<void> {
  try {
    store.define(await getJson<readonly MachineFacts[]>('/api/machines'));
    revision.value++;
    // Laid out before anybody asks: the one that is looked at goes first, these wait behind it.
    for (const chart of store.charts.values()) layoutOf(chart, 'DOWN');
  } catch {
    // The live messages bring them, too; the connection's own sign tells when nothing answers.
  }
}

async function readMoments(): Promise<void> {
  try {
    moments.value = await getJson<Moments>('/api/moments');
  } catch {
    // The slider stays as it was.
  }
}

let reading: AbortController | null = null;

/** One question at a time: while the slider moves, only the last place counts. */
async function readMoment(atMs: number): Promise<void> {
  reading?.abort();
  const mine = new AbortController();
  reading = mine;
  try {
    const answer = await getJson<Moment>(`/api/at?ms=${Math.round(atMs)}`, mine.signal);
    if (reading !== mine) return;
    moment.value = answer;
    pastFailure.value = null;
  } catch (error) {
    if (reading !== mine || (error as Error).name === 'AbortError') return;
    pastFailure.value = (error as ApiError).message;
  }
}
