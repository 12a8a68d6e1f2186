/** Where in the page one is, kept in the fragment: `#/inspector/trader?at=1700000000000`. Every place has an address and "back" works. */
import { computed, signal } from '@preact/signals';

export interface Place {
  /** `dashboard`, `inspector`; the first part of the path. */
  readonly view: string;
  /** The parts after it, decoded. */
  readonly rest: readonly string[];
  readonly query: Readonly<Record<string, string>>;
}

export const DEFAULT_VIEW = 'dashboard';

/** Reads a fragment, whatever somebody wrote into it. */
export function readPlace(hash: string): Place {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [view = '', ...rest] = path.split('/').map(decode);
  return {
    view: view === '' ? DEFAULT_VIEW : view,
    rest: rest.filter((part) => part !== ''),
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

export function addressOf(
  view: string,
  rest: readonly string[] = [],
  query: Readonly<Record<string, string>> = {},
): string {
  const path = [view, ...rest].map(encodeURIComponent).join('/');
  const search = new URLSearchParams(query).toString();
  return `#/${path}${search === '' ? '' : `?${search}`}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const hash = signal(typeof location === 'undefined' ? '' : location.hash);
if (typeof window !== 'undefined') {
  window.addEventListener('hashchange', () => {
    hash.value = location.hash;
  });
}

export const place = computed(() => readPlace(hash.value));

/** Goes there. `quietly`: without a step that "back" would have to undo. */
export function goTo(address: string, how: 'step' | 'quietly' = 'step'): void {
  if (address === location.hash) return;
  if (how === 'step') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  hash.value = location.hash;
}
