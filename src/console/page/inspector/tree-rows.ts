/** The actors as rows of a tree: children under their parents, living ones first, narrowed down by what was searched for. */
import { stateText } from './state-value.ts';

/** What the tree needs of an actor, now or at a moment of the past. */
export interface Listed {
  readonly key: string;
  readonly name: string;
  readonly machine: string | null;
  readonly parent: string | null;
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly value?: unknown;
  readonly context?: unknown;
  readonly subject?: string;
}

/** What it works on, where it says so: a session's market. */
export function subjectOf({ context, subject }: Pick<Listed, 'context' | 'subject'>): string {
  if (subject !== undefined) return subject;
  const { market } = (context ?? {}) as { market?: unknown };
  return typeof market === 'string' ? market : '';
}

export interface TreeFilter {
  /** Words that must all occur in name, machine or state. */
  readonly search: string;
  /** '' for all. */
  readonly machine: string;
  readonly closed: boolean;
  /** Promises, callbacks and streams, too. */
  readonly others: boolean;
}

export interface TreeRow<T extends Listed = Listed> {
  readonly actor: T;
  readonly level: number;
  readonly isParent: boolean;
  readonly isOpen: boolean;
  /** Among its siblings that are shown, from 1. */
  readonly position: number;
  readonly siblings: number;
}

export function treeRows<T extends Listed>(
  actors: Iterable<T>,
  filter: TreeFilter,
  folded: ReadonlySet<string>,
): TreeRow<T>[] {
  const all = [...actors];
  const byKey = new Map(all.map((actor) => [actor.key, actor]));
  const words = filter.search
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const wanted = new Set<string>();
  for (const actor of all) {
    if (!isWanted(actor, filter, words)) continue;
    // With its ancestors, or it would hang in the air.
    for (let at: T | undefined = actor; at !== undefined && !wanted.has(at.key); at = byKey.get(at.parent ?? '')) {
      wanted.add(at.key);
    }
  }
  const children = new Map<string | null, T[]>();
  for (const actor of all) {
    if (!wanted.has(actor.key)) continue;
    const parent = actor.parent !== null && wanted.has(actor.parent) ? actor.parent : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [actor]);
    else siblings.push(actor);
  }
  const rows: TreeRow<T>[] = [];
  const list = (parent: string | null, level: number): void => {
    const siblings = children.get(parent) ?? [];
    const living = siblings.filter(({ status }) => status === 'active');
    const over = siblings.filter(({ status }) => status !== 'active').reverse();
    [...living, ...over].forEach((actor, index) => {
      const isParent = children.has(actor.key);
      const isOpen = isParent && (words.length > 0 || !folded.has(actor.key));
      rows.push({ actor, level, isParent, isOpen, position: index + 1, siblings: siblings.length });
      if (isOpen) list(actor.key, level + 1);
    });
  };
  list(null, 1);
  return rows;
}

function isWanted(actor: Listed, filter: TreeFilter, words: readonly string[]): boolean {
  if (!filter.others && actor.machine === null) return false;
  if (!filter.closed && actor.status !== 'active') return false;
  if (filter.machine !== '' && actor.machine !== filter.machine) return false;
  if (words.length === 0) return true;
  const text = `${actor.name} ${actor.machine ?? ''} ${subjectOf(actor)} ${stateText(actor.value)}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
