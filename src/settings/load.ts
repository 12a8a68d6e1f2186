/**
 * Puts the configuration together. Later layers win:
 *
 *   config/default.yaml → config/<mode>.yaml → --config FILE → environment → --set key=value → flags of their own
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import { checkConflicts } from './conflicts.ts';
import { expectedAt, nearestKey } from './keys.ts';
import {
  describeValue,
  formatOrigin,
  layerOf,
  leavesOf,
  nearest,
  type Origin,
  overlay,
  parseLayer,
  type Tree,
  valuesOf,
} from './layer.ts';
import { MODES, type Mode, type Settings, settingsSchema } from './schema.ts';

/** A value given by a flag of its own (`--seed 7`), above everything else. */
export interface Override {
  readonly key: string;
  readonly value: unknown;
  /** Shown as the value's origin: "--seed". */
  readonly source: string;
}

export interface LoadOptions {
  readonly mode: Mode;
  /** The name of a shipped profile ("conservative", "aggressive", "s2") or a path. */
  readonly configPath?: string | undefined;
  /** `--set` arguments: "quoting.gammaPerCent=0.04". */
  readonly sets?: readonly string[] | undefined;
  readonly overrides?: readonly Override[] | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Where default.yaml and its companions stand; the shipped ones unless a test says otherwise. */
  readonly folder?: string | undefined;
}

export interface LoadedSettings {
  /** Frozen: a configuration does not change while a process lives. */
  readonly settings: Settings;
  /** Where each value in force came from, by dotted key. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Sentences for the person who starts. */
  readonly warnings: readonly string[];
}

const SHIPPED = fileURLToPath(new URL('../../config', import.meta.url));

/** Shipped profiles that widen limits: what they relax is said at every start. */
const RELAXING = new Set(['aggressive']);

/**
 * The configuration in force, checked as a whole. Throws CONFIG_FILE, CONFIG_KEY, CONFIG_VALUE or CONFIG_CONFLICT, each
 * naming file, line and key; USAGE for a `--set` that is no assignment.
 */
export function loadSettings(options: LoadOptions): LoadedSettings {
  const folder = options.folder ?? SHIPPED;
  const base = readLayer(join(folder, 'default.yaml'), 'config/default.yaml');
  const layers: Tree[] = [base, readLayer(join(folder, `${options.mode}.yaml`), `config/${options.mode}.yaml`)];
  const warnings: string[] = [];

  if (options.configPath !== undefined) {
    const profile = findProfile(options.configPath, folder);
    const layer = readLayer(profile.path, profile.source);
    layers.push(layer);
    if (profile.shipped !== null && RELAXING.has(profile.shipped)) {
      warnings.push(describeRelaxation(profile.shipped, base, layer));
    }
  }
  layers.push(...environmentLayers(options.mode, options.env ?? {}));
  for (const text of options.sets ?? []) layers.push(parseSet(text));
  for (const { key, value, source } of options.overrides ?? []) layers.push(layerOf(key, value, source));

  const tree = layers.reduce(overlay);
  const parsed = settingsSchema.safeParse(valuesOf(tree));
  if (!parsed.success) throw refusal(parsed.error, tree);
  const origins = new Map([...leavesOf(tree)].map(([key, leaf]) => [key, leaf.origin]));
  checkConflicts(parsed.data, options.mode, (key) => {
    const origin = origins.get(key);
    return origin === undefined ? key : formatOrigin(origin);
  });
  return { settings: deepFreeze(parsed.data), origins, warnings };
}

function readLayer(path: string, source: string): Tree {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new BothsidesError('CONFIG_FILE', `The configuration file ${source} cannot be read: ${messageOf(error)}.`, {
      remedy: 'Check the path and its permissions.',
      cause: error,
    });
  }
  return parseLayer(text, source);
}

/** A bare name is a shipped profile; anything else, or a name that is not shipped, is a path. */
function findProfile(text: string, folder: string): { path: string; source: string; shipped: string | null } {
  const shipped = join(folder, `${text}.yaml`);
  if (/^[\w-]+$/.test(text) && existsSync(shipped)) {
    return { path: shipped, source: `config/${text}.yaml`, shipped: text };
  }
  if (existsSync(text)) {
    const name = basename(text, '.yaml');
    return { path: text, source: text, shipped: resolve(text) === resolve(folder, `${name}.yaml`) ? name : null };
  }
  const names = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .filter((name) => name !== 'default' && !MODES.some((mode) => mode === name));
  throw new BothsidesError('CONFIG_FILE', `There is no configuration file ${text}.`, {
    remedy: `Give a path, or one of the shipped profiles: ${names.join(', ')}.`,
  });
}

function parseSet(text: string): Tree {
  const split = text.indexOf('=');
  const key = text.slice(0, Math.max(split, 0)).trim();
  if (!/^[^.\s]+(\.[^.\s]+)*$/.test(key)) {
    throw new BothsidesError('USAGE', `--set ${JSON.stringify(text)} is not of the form section.key=value.`, {
      remedy: 'For example: --set quoting.gammaPerCent=0.04.',
    });
  }
  try {
    return layerOf(key, parseYaml(text.slice(split + 1)), '--set');
  } catch (error) {
    const found = text.slice(split + 1);
    throw new BothsidesError('CONFIG_VALUE', `--set: ${key} must be ${expectedAt(key.split('.'))}, found ${found}.`, {
      remedy: 'The value is read as YAML; quote it for the shell.',
      cause: error,
    });
  }
}

/** KALSHI_BASE_URL moves the venue of the modes that have one; the stream is looked for on the same host. */
function environmentLayers(mode: Mode, env: Readonly<Record<string, string | undefined>>): Tree[] {
  const base = env.KALSHI_BASE_URL;
  if (base === undefined || base === '' || (mode !== 'demo' && mode !== 'live')) return [];
  const rest = layerOf(`exchange.${mode}RestUrl`, base, 'KALSHI_BASE_URL');
  if (!URL.canParse(base)) return [rest];
  const stream = new URL(base);
  stream.protocol = stream.protocol === 'http:' ? 'ws:' : 'wss:';
  stream.pathname = stream.pathname.replace(/\/v2\/?$/, '/ws/v2');
  return [rest, layerOf(`exchange.${mode}WsUrl`, stream.href, 'KALSHI_BASE_URL')];
}

/** The error of a refused configuration: the first problem in full, the others by key and place. */
function refusal(error: z.ZodError, tree: Tree): BothsidesError {
  const problems = error.issues.flatMap((issue) => describeIssue(issue, tree));
  const first = problems.find((problem) => problem.code === 'CONFIG_KEY') ?? problems[0];
  if (first === undefined) return new BothsidesError('FAULT', `The schema refused without a reason: ${error.message}`);
  const others = problems.filter((problem) => problem !== first).map(({ key, where }) => `${key} (${where})`);
  const more = others.length === 0 ? '' : ` Also wrong: ${others.join(', ')}.`;
  return new BothsidesError(first.code, first.message + more, { remedy: first.remedy });
}

interface Problem {
  readonly code: 'CONFIG_KEY' | 'CONFIG_VALUE';
  readonly key: string;
  readonly where: string;
  readonly message: string;
  readonly remedy: string;
}

function describeIssue(issue: z.core.$ZodIssue, tree: Tree): Problem[] {
  const path = issue.path;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => {
      const key = [...path, name].join('.');
      const where = formatOrigin(nearest(tree, [...path, name]).origin);
      const near = nearestKey(key);
      return {
        code: 'CONFIG_KEY',
        key,
        where,
        message: `${where}: there is no key ${key}.`,
        remedy: near === null ? 'See config/default.yaml for every key.' : `Did you mean ${near}?`,
      };
    });
  }
  const found = nearest(tree, path);
  const where = formatOrigin(found.origin);
  const key = path.filter((part) => typeof part !== 'number').join('.');
  const value = path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    valuesOf(tree),
  );
  const expected = issue.code === 'custom' ? issue.message : `must be ${expectedAt(path)}`;
  const message = `${where}: ${key} ${expected}, found ${describeValue(value)}.`;
  return [{ code: 'CONFIG_VALUE', key, where, message, remedy: 'config/default.yaml says what the value is for.' }];
}

function describeRelaxation(name: string, base: Tree, layer: Tree): string {
  const before = new Map(leavesOf(base));
  const changes = [...leavesOf(layer)]
    .filter(([key, leaf]) => JSON.stringify(before.get(key)?.value) !== JSON.stringify(leaf.value))
    .map(([key, leaf]) => `${key} ${JSON.stringify(before.get(key)?.value ?? null)} → ${JSON.stringify(leaf.value)}`);
  return `The profile ${name} relaxes: ${changes.join(', ')}.`;
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object' && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
