/**
 * One layer of the configuration: a YAML file or a `--set`, as a tree that remembers where each value stands.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node as YamlNode } from 'yaml';
import { BothsidesError } from '../domain/errors.ts';

/** Where a value came from: a file and its line (from 1), or a flag or variable and no line. */
export interface Origin {
  readonly source: string;
  readonly line: number | null;
}

/** A section has children; a value has none. Both know where they stand. */
export type Tree =
  | { readonly kind: 'section'; readonly origin: Origin; readonly children: Map<string, Tree> }
  | { readonly kind: 'value'; readonly origin: Origin; readonly value: unknown };

/** "config/demo.yaml:12", or the flag's name. */
export function formatOrigin(origin: Origin): string {
  return origin.line === null ? origin.source : `${origin.source}:${origin.line}`;
}

export function emptySection(origin: Origin): Tree & { kind: 'section' } {
  return { kind: 'section', origin, children: new Map() };
}

/** Reads a file's text. Throws CONFIG_FILE with line and column when it is not YAML, or is no map of keys. */
export function parseLayer(text: string, source: string): Tree & { kind: 'section' } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const at = lines.linePos(problem.pos[0]);
    const message = problem.message.replace(/\.$/, '');
    throw new BothsidesError('CONFIG_FILE', `${source}:${at.line}:${at.col} is not valid YAML: ${message}.`, {
      remedy: 'Correct the file; values are indented below their section with spaces.',
    });
  }
  const origin = { source, line: 1 };
  if (document.contents === null) return emptySection(origin);

  const convert = (node: YamlNode | null, fallback: Origin): Tree => {
    const at = node?.range ? { source, line: lines.linePos(node.range[0]).line } : fallback;
    const target = isAlias(node) ? node.resolve(document) : node;
    if (isMap(target)) {
      const section = emptySection(at);
      for (const pair of target.items) {
        const key = pair.key as YamlNode;
        // A value stands where its key stands: that is the line one looks for.
        const keyOrigin = key.range ? { source, line: lines.linePos(key.range[0]).line } : at;
        const child = convert(pair.value as YamlNode | null, keyOrigin);
        section.children.set(isScalar(key) ? String(key.value) : String(key), { ...child, origin: keyOrigin });
      }
      return section;
    }
    if (isSeq(target)) return { kind: 'value', origin: at, value: target.toJSON() };
    return { kind: 'value', origin: at, value: isScalar(target) ? target.value : null };
  };

  const tree = convert(document.contents as YamlNode, origin);
  if (tree.kind === 'section') return tree;
  if (tree.value === null) return emptySection(origin);
  throw new BothsidesError('CONFIG_FILE', `${source} holds no sections but ${describeValue(tree.value)}.`, {
    remedy: 'A configuration file is a map of sections, like `quoting: { gammaPerCent: 0.05 }`.',
  });
}

/** A dotted key and a YAML value, as `--set` and other flags give them. */
export function layerOf(key: string, value: unknown, source: string): Tree & { kind: 'section' } {
  const origin = { source, line: null };
  let tree = treeOf(value, origin);
  for (const part of key.split('.').reverse()) {
    const section = emptySection(origin);
    section.children.set(part, tree);
    tree = section;
  }
  return tree as Tree & { kind: 'section' };
}

function treeOf(value: unknown, origin: Origin): Tree {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return { kind: 'value', origin, value };
  const section = emptySection(origin);
  for (const [key, child] of Object.entries(value)) section.children.set(key, treeOf(child, origin));
  return section;
}

/**
 * Lays `above` over `below`: sections merge key by key, values and lists replace. A section that is written without
 * content ("quoting:" with everything commented out) changes nothing.
 */
export function overlay(below: Tree, above: Tree): Tree {
  if (below.kind === 'section' && above.kind === 'value' && above.value === null) return below;
  if (below.kind === 'value' || above.kind === 'value') return above;
  const children = new Map(below.children);
  for (const [key, child] of above.children) {
    const under = children.get(key);
    children.set(key, under === undefined ? child : overlay(under, child));
  }
  return { kind: 'section', origin: below.origin, children };
}

/** The plain values of a tree. */
export function valuesOf(tree: Tree): unknown {
  if (tree.kind === 'value') return tree.value;
  return Object.fromEntries([...tree.children].map(([key, child]) => [key, valuesOf(child)]));
}

/** Every value of a tree by its dotted key, in order. */
export function* leavesOf(tree: Tree, prefix = ''): Generator<readonly [string, Tree & { kind: 'value' }]> {
  if (tree.kind === 'value') yield [prefix, tree];
  else
    for (const [key, child] of tree.children) {
      yield* leavesOf(child, prefix === '' ? key : `${prefix}.${key}`);
    }
}

/** What stands at a path, or the nearest thing above it. */
export function nearest(tree: Tree, path: readonly PropertyKey[]): Tree {
  let found = tree;
  for (const key of path) {
    const child = found.kind === 'section' ? found.children.get(String(key)) : undefined;
    if (child === undefined) return found;
    found = child;
  }
  return found;
}

/** A value as a person wrote it, for error messages. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (typeof value === 'string') return `the text ${JSON.stringify(value)}`;
  if (Array.isArray(value)) return `the list ${JSON.stringify(value)}`;
  if (typeof value === 'object') return 'a section of keys';
  return String(value);
}
