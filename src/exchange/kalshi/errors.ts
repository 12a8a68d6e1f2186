/** What the venue says when it refuses. Four shapes are on record; all become `{ status, code, message }`. */
import { BothsidesError } from '../../domain/errors.ts';

export interface VenueRefusal {
  readonly status: number;
  /** Snake case, stable; may embed dynamic text after a colon. */
  readonly code: string;
  readonly message: string;
}

const TEXT_MAX = 300;

/**
 * Reads `{error: {code, message, details?}}`, `{code, message, details?}`, `{msg}` and `{error: text}`; null for
 * anything else (a proxy's page, a truncated answer).
 */
export function parseRefusal(status: number, body: string): VenueRefusal | null {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return null;
  }
  return refusalOf(status, json);
}

/** The same from parsed JSON: the envelope of an answer, or the `error` of one item of a batch. */
export function refusalOf(status: number, json: unknown): VenueRefusal | null {
  if (!isRecord(json)) return null;
  if (typeof json.error === 'string') return { status, code: codeFrom(json.error), message: short(json.error) };
  if (isRecord(json.error)) return flat(status, json.error);
  if (typeof json.msg === 'string') return { status, code: 'invalid_parameters', message: short(json.msg) };
  return flat(status, json);
}

function flat(status: number, json: Record<string, unknown>): VenueRefusal | null {
  const { code, message, details } = json;
  if (typeof code !== 'string' || code === '') return null;
  const parts = [message, details].filter((part) => typeof part === 'string' && part !== '' && part !== code);
  return { status, code, message: short(parts.join(': ') || code) };
}

function codeFrom(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\W+/g, '_');
}

function short(text: string): string {
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An answer that cannot be believed. */
export function nonsense(path: string, what: string): BothsidesError {
  return new BothsidesError('EXCHANGE_NONSENSE', `GET ${path} answered ${what}.`, {
    remedy: 'The venue may have changed its protocol: nothing is guessed from such an answer.',
  });
}
