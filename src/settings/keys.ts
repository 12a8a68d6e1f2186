/** What the schema says of a key: which keys exist, what a value must be, which unit its name carries. */
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { settingsSchema } from './schema.ts';

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Record<string, JsonSchema>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/** The JSON Schema of a configuration file for editors: the same shape, every key optional. */
export function editorSchema(): object {
  const optional = (schema: JsonSchema): object => {
    const { required: _, ...rest } = schema as JsonSchema & { required?: unknown };
    const { properties, items, additionalProperties } = rest;
    return {
      ...rest,
      ...(properties === undefined
        ? {}
        : { properties: Object.fromEntries(Object.entries(properties).map(([key, child]) => [key, optional(child)])) }),
      ...(items === undefined ? {} : { items: optional(items) }),
      ...(typeof additionalProperties === 'object' ? { additionalProperties: optional(additionalProperties) } : {}),
    };
  };
  return { ...optional(fullSchema()), title: 'Bothsides configuration', description: 'See config/default.yaml.' };
}

let cached: JsonSchema | null = null;
function fullSchema(): JsonSchema {
  cached ??= z.toJSONSchema(settingsSchema) as JsonSchema;
  return cached;
}

function schemaAt(path: readonly PropertyKey[]): JsonSchema | null {
  let schema = fullSchema();
  for (const key of path) {
    const next =
      schema.properties?.[String(key)] ??
      (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined) ??
      (typeof key === 'number' ? schema.items : undefined);
    if (next === undefined) return null;
    schema = next;
  }
  return schema;
}

/** Every key and section that the schema knows, dotted. */
export function knownKeys(): readonly string[] {
  const keys: string[] = [];
  const walk = (schema: JsonSchema, prefix: string): void => {
    for (const [key, child] of Object.entries(schema.properties ?? {})) {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      keys.push(path);
      walk(child, path);
    }
  };
  walk(fullSchema(), '');
  return keys;
}

/** The known key that was probably meant by an unknown one, or null when nothing is near. */
export function nearestKey(unknown: string): string | null {
  const last = (path: string) => path.slice(path.lastIndexOf('.') + 1);
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const key of knownKeys()) {
    // A right name in the wrong section is as likely as a wrong letter in the right one.
    const found = Math.min(distance(unknown, key), distance(last(unknown), last(key)) + 0.5);
    if (found < bestDistance) {
      best = key;
      bestDistance = found;
    }
  }
  return bestDistance <= Math.max(2, last(unknown).length * 0.4) ? best : null;
}

/** What a value at this path must be, as the end of a sentence: "a number above 0 (milliseconds)". */
export function expectedAt(path: readonly PropertyKey[]): string {
  const schema = schemaAt(path);
  if (schema === null) return 'a known value';
  const unit = unitOf(String(path[path.length - 1] ?? ''));
  const text = describeSchema(schema);
  return unit === '' || !/number/.test(text) ? text : `${text} (${unit})`;
}

function describeSchema(schema: JsonSchema): string {
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  if (schema.type === 'array') {
    const items = schema.items?.enum;
    return items === undefined ? 'a list of texts' : `a list of ${items.join(', ')}`;
  }
  if (schema.type === 'object') return 'a section of keys';
  if (schema.type === 'string') return schema.format === 'uri' ? 'a URL' : 'a text';
  if (schema.type === 'boolean') return 'true or false';
  const whole = schema.type === 'integer' ? 'a whole number' : 'a number';
  const max = schema.maximum !== undefined && schema.maximum < Number.MAX_SAFE_INTEGER ? schema.maximum : null;
  const min = schema.minimum !== undefined && schema.minimum > Number.MIN_SAFE_INTEGER ? schema.minimum : null;
  if (schema.exclusiveMinimum !== undefined) {
    return `${whole} above ${schema.exclusiveMinimum}${max === null ? '' : ` and at most ${max}`}`;
  }
  if (min !== null && max !== null) return `${whole} from ${min} to ${max}`;
  return min === null ? whole : `${whole} of at least ${min}`;
}

/** In the order in which they are tried: the longest name of a unit first. */
const UNITS: readonly (readonly [RegExp, string])[] = [
  [/CentsPerSqrtSecond$/, '¢/√s'],
  [/TokensPerSecond$/, 'tokens a second'],
  [/PerHour$/, 'an hour'],
  [/PerCent$/, '1/¢'],
  [/Cents$/, '¢'],
  [/Dollars$/, '$'],
  [/Contracts$/, 'contracts'],
  [/Seconds$/, 'seconds'],
  [/^hours$/i, 'hours'],
  [/Ms$/, 'milliseconds'],
  [/Share(OfEquity)?$|^share$/, 'share of 1'],
];

/** The unit that a key's name carries; empty for a plain number. */
export function unitOf(key: string): string {
  const name = key.replace(/(Min|Max)$/, '');
  return UNITS.find(([pattern]) => pattern.test(name))?.[1] ?? '';
}
