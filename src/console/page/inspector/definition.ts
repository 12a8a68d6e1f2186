/**
 * A statechart as its machine declares it, ready to be drawn: states in their tree and transitions with resolved targets.
 * Reads the machine's configuration (what `createMachine` was given, as JSON), which is what Stately's protocol carries.
 * Ids and event types are xstate's, so that what the running machine reports can be matched.
 */

export interface ChartState {
  readonly id: string;
  readonly key: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  readonly parent: string | null;
  readonly children: readonly string[];
  readonly initial: string | null;
  /** What runs while the state is active. */
  readonly invokes: readonly string[];
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly description: string;
}

export interface ChartTransition {
  /** What the running machine's report of it has, too: see `transitionKey`. */
  readonly key: string;
  readonly source: string;
  /** '' for one that needs no event. */
  readonly eventType: string;
  readonly guard: string | null;
  /** Empty: it stays where it is, and only does something. */
  readonly targets: readonly string[];
  readonly actions: readonly string[];
  readonly description: string;
}

export interface Chart {
  readonly root: string;
  readonly states: ReadonlyMap<string, ChartState>;
  readonly transitions: readonly ChartTransition[];
}

type OneOrMore<T> = T | readonly T[];
type Named = string | { readonly type?: unknown };
type TransitionConfig =
  | string
  | {
      readonly target?: OneOrMore<string>;
      readonly guard?: Named;
      readonly actions?: OneOrMore<Named>;
      readonly description?: string;
    };
type Transitions = OneOrMore<TransitionConfig>;
interface InvokeConfig {
  readonly id?: string;
  readonly src?: Named;
  readonly onDone?: Transitions;
  readonly onError?: Transitions;
  readonly onSnapshot?: Transitions;
}
interface StateConfig {
  readonly id?: string;
  readonly type?: ChartState['type'];
  readonly initial?: string | { readonly target?: OneOrMore<string> };
  readonly states?: Readonly<Record<string, StateConfig>>;
  readonly on?: Readonly<Record<string, Transitions>>;
  readonly always?: Transitions;
  readonly after?: Readonly<Record<string, Transitions>>;
  readonly onDone?: Transitions;
  readonly invoke?: OneOrMore<InvokeConfig>;
  readonly entry?: OneOrMore<Named>;
  readonly exit?: OneOrMore<Named>;
  readonly description?: string;
}

interface Node {
  readonly state: ChartState;
  readonly config: StateConfig;
}

/** The same for a declared transition and for one that was reported as taken. */
export function transitionKey(
  source: string,
  eventType: string,
  guard: string | null,
  targets: readonly string[],
): string {
  return `${source} ${eventType} ${guard ?? ''} ${targets.join(',')}`;
}

/** Null for what is no definition of a chart. */
export function readChart(definition: unknown): Chart | null {
  let config = definition;
  if (typeof config === 'string') {
    try {
      config = JSON.parse(config);
    } catch {
      return null;
    }
  }
  if (typeof config !== 'object' || config === null || Array.isArray(config)) return null;
  const root = config as StateConfig;
  const nodes = new Map<string, Node>();
  const rootId = typeof root.id === 'string' ? root.id : '(machine)';
  collect(root, rootId, rootId, null, nodes);
  const transitions = [...nodes.values()].flatMap((node) => transitionsOf(node, nodes));
  return { root: rootId, states: new Map([...nodes].map(([id, { state }]) => [id, state])), transitions };
}

function collect(config: StateConfig, id: string, key: string, parent: string | null, nodes: Map<string, Node>): void {
  const children = Object.entries(config.states ?? {}).map(
    ([childKey, child]) => [child.id ?? `${id}.${childKey}`, childKey, child] as const,
  );
  const initial = typeof config.initial === 'string' ? config.initial : list(config.initial?.target)[0];
  const initialKey = initial?.replace(/^[.#]/, '').split('.').at(-1);
  const state: ChartState = {
    id,
    key,
    type: config.type ?? (children.length > 0 ? 'compound' : 'atomic'),
    parent,
    children: children.map(([childId]) => childId),
    initial: children.find(([, childKey]) => childKey === initialKey)?.[0] ?? null,
    invokes: list(config.invoke).map(({ src, id: own }) => nameOf(src) ?? own ?? 'an actor'),
    entry: namesOf(config.entry),
    exit: namesOf(config.exit),
    description: config.description ?? '',
  };
  nodes.set(id, { state, config });
  for (const [childId, childKey, child] of children) collect(child, childId, childKey, id, nodes);
}

function transitionsOf({ state, config }: Node, nodes: ReadonlyMap<string, Node>): ChartTransition[] {
  const found: ChartTransition[] = [];
  const add = (eventType: string, transitions: Transitions | undefined) => {
    for (const transition of list(transitions)) {
      const {
        target,
        guard,
        actions,
        description = '',
      } = typeof transition === 'string' ? { target: transition } : transition;
      const targets = list(target).flatMap((text) => resolve(text, state, nodes) ?? []);
      const name = nameOf(guard);
      const key = transitionKey(state.id, eventType, name, targets);
      found.push({ key, source: state.id, eventType, guard: name, targets, actions: namesOf(actions), description });
    }
  };
  for (const [eventType, transitions] of Object.entries(config.on ?? {})) add(eventType, transitions);
  list(config.invoke).forEach(({ id, onDone, onError, onSnapshot }, index) => {
    const actor = id ?? `${index}.${state.id}`;
    add(`xstate.done.actor.${actor}`, onDone);
    add(`xstate.error.actor.${actor}`, onError);
    add(`xstate.snapshot.${actor}`, onSnapshot);
  });
  for (const [delay, transitions] of Object.entries(config.after ?? {})) {
    add(`xstate.after.${delay}.${state.id}`, transitions);
  }
  add(`xstate.done.state.${state.id}`, config.onDone);
  add('', config.always);
  return found;
}

/** `#id.path` from an id, `.path` from the state itself, `path` from its parent. */
function resolve(target: string, from: ChartState, nodes: ReadonlyMap<string, Node>): string | null {
  if (target.startsWith('#')) {
    const name = target.slice(1);
    if (nodes.has(name)) return name;
    // An id may have dots of its own: the longest one that is known begins the path.
    const parts = name.split('.');
    for (let taken = parts.length - 1; taken > 0; taken--) {
      const start = nodes.get(parts.slice(0, taken).join('.'));
      if (start !== undefined) return walk(start.state, parts.slice(taken), nodes);
    }
    return null;
  }
  if (target.startsWith('.')) return walk(from, target.slice(1).split('.'), nodes);
  const start = from.parent === null ? from : nodes.get(from.parent)!.state;
  return walk(start, target.split('.'), nodes);
}

function walk(start: ChartState, path: readonly string[], nodes: ReadonlyMap<string, Node>): string | null {
  let at: ChartState | undefined = start;
  for (const key of path) {
    const next: string | undefined = at.children.find((id) => nodes.get(id)!.state.key === key);
    at = next === undefined ? undefined : nodes.get(next)!.state;
    if (at === undefined) return null;
  }
  return at.id;
}

function list<T>(value: OneOrMore<T> | undefined | null): readonly T[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value as T];
}

function nameOf(named: Named | undefined | null): string | null {
  if (typeof named === 'string') return named;
  const type = named?.type;
  return typeof type === 'string' ? type : null;
}

function namesOf(named: OneOrMore<Named> | undefined | null): string[] {
  return list(named).flatMap((one) => nameOf(one) ?? []);
}

/** An inline function is called after its place in the definition, which says nothing. */
export function guardText(guard: string | null): string {
  if (guard === null) return '';
  return guard === 'guard' || guard === '' ? '[…]' : `[${guard}]`;
}

/** An event's type as a person reads it: `done: withdraw` for xstate's `xstate.done.actor.withdraw`. */
export function eventName(eventType: string): string {
  const actor = /^xstate\.(done|error)\.actor\.(.+)$/.exec(eventType);
  if (actor !== null) return `${actor[1]}: ${actor[2]!.replace(/^\d+\..*\./, '')}`;
  if (eventType.startsWith('xstate.done.state.')) return 'done';
  if (eventType.startsWith('xstate.snapshot.')) return `news: ${eventType.slice(16)}`;
  const after = /^xstate\.after\.([^.]+)\./.exec(eventType);
  if (after !== null) return `after ${/^\d+$/.test(after[1]!) ? `${after[1]} ms` : after[1]}`;
  if (eventType === 'xstate.init') return 'start';
  if (eventType === 'xstate.stop') return 'stop';
  const own = /^xstate\.(?:promise|observable)\.(\w+)$/.exec(eventType);
  if (own !== null) return own[1]!;
  return eventType;
}
