/** Places in the page as fragments of its address: `#/inspector/trader?at=1700000000000`. */

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
