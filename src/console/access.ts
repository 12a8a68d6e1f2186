/** Who may ask: pages of this console and programs on this machine; whoever changes something shows the run's token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Refusal } from './wire.ts';

/** A page elsewhere can make a browser ask us under its own name (DNS rebinding): only our own names are answered. */
const OWN_NAMES = new Set(['127.0.0.1', 'localhost', '[::1]']);

export interface Denial {
  readonly status: 401 | 403;
  readonly body: Refusal;
}

/**
 * Why a request under this host and from this origin is refused, or null. No origin: a program, or a browser's own
 * navigation; a page always names its origin when it opens a WebSocket or asks another server.
 */
export function denialOf(host: string | undefined, origin: string | undefined): Denial | null {
  const name = (host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (!OWN_NAMES.has(name)) return deny(403, 'FOREIGN_HOST', 'Served only under a name of this machine.');
  if (origin !== undefined && origin !== `http://${host}`) {
    return deny(403, 'FOREIGN_ORIGIN', 'Only pages of this console may ask.');
  }
  return null;
}

/** Viewers that speak Stately's protocol have a page of their own; it has to be one of this machine. */
export function denialOfViewer(host: string | undefined, origin: string | undefined): Denial | null {
  if (origin === undefined) return denialOf(host, undefined);
  const isOurs =
    /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(origin) || origin.startsWith('vscode-webview://');
  return isOurs ? denialOf(host, undefined) : deny(403, 'FOREIGN_ORIGIN', 'Only viewers on this machine may ask.');
}

/** Whether `authorization` carries the token of this run. */
export function showsToken(authorization: string | undefined, token: string): boolean {
  const shown = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
  if (shown === undefined || token === '') return false;
  // Of equal length whatever was shown, so that the comparison takes always the same time.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(shown), digest(token));
}

export const NO_TOKEN: Denial = deny(401, 'NO_TOKEN', 'Whoever changes something shows the token of this run.');

function deny(status: 401 | 403, code: string, message: string): Denial {
  return { status, body: { error: { code, message } } };
}
