/** What leaves the process: plain JSON, bounded in every direction, without keys, tokens and secrets. */
import type { Json } from '../domain/json.ts';

/** Names of fields whose content is nobody's business. */
const SECRET_NAME =
  /token|secret|password|passphrase|credential|authorization|cookie|signature|private_?key|api_?key|key_?id|webhook/i;
/** A key's text, wherever it stands. */
const SECRET_TEXT = /-----BEGIN [A-Z ]*PRIVATE KEY-----|\bBearer \S{8,}/;
const WITHHELD = '(withheld)';

const DEPTH_MAX = 8;
const ITEMS_MAX = 100;
const TEXT_MAX = 2_000;

/** A copy that can be sent. What only a live object can hold is named, not shown. */
export function sanitize(value: unknown): Json {
  return copy(value, 0);
}

function copy(value: unknown, depth: number): Json {
  switch (typeof value) {
    case 'string':
      return SECRET_TEXT.test(value) ? WITHHELD : shortened(value);
    case 'number':
      // JSON has no −0.
      return Number.isFinite(value) ? value + 0 : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : copyObject(value, depth);
    default:
      return value === undefined ? null : `(${typeof value})`;
  }
}

function copyObject(value: object, depth: number): Json {
  if (depth >= DEPTH_MAX) return Array.isArray(value) ? `(list of ${value.length})` : '(more)';
  if (Array.isArray(value)) {
    const items = value.slice(0, ITEMS_MAX).map((item) => copy(item, depth + 1));
    if (value.length > ITEMS_MAX) items.push(`(${value.length - ITEMS_MAX} more)`);
    return items;
  }
  if (value instanceof Error) return { error: copy(value.message, depth + 1) };
  if ('sessionId' in value && 'send' in value) return { actor: String((value as { id?: unknown }).id) };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `(${value.constructor?.name ?? 'object'})`;
  const names = Object.keys(value);
  const fields: (readonly [string, Json])[] = [];
  for (const name of names.slice(0, ITEMS_MAX)) {
    const field = (value as Record<string, unknown>)[name];
    if (field !== undefined) fields.push([name, isSecret(name, field) ? WITHHELD : copy(field, depth + 1)]);
  }
  if (names.length > ITEMS_MAX) fields.push(['…', `(${names.length - ITEMS_MAX} more)`]);
  return Object.fromEntries(fields);
}

/** A number under such a name counts something: tokens of a budget. */
function isSecret(name: string, value: unknown): boolean {
  return SECRET_NAME.test(name) && (typeof value === 'string' || (typeof value === 'object' && value !== null));
}

function shortened(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX)}… (${text.length} characters)`;
}
