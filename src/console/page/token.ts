/**
 * The operator's token: it arrives in the fragment of the address (`#token=…`), which no server and no log ever sees, and is kept
 * for this tab alone.
 */
import { signal } from '@preact/signals';

const KEY = 'bothsides.token';

/** Null: this page may look and not touch. */
export const token = signal<string | null>(read());

export function takeToken(): void {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get('token');
  if (given === null || given === '') return;
  token.value = given;
  try {
    sessionStorage.setItem(KEY, given);
  } catch {
    // A browser that keeps nothing: the token then lives as long as the page.
  }
  history.replaceState(null, '', `${location.pathname}${location.search}`);
}

function read(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch {
    return null;
  }
}
