/** The project's own files as a checker sees them: what there is, what a source imports, which globals it touches. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Made by tools or by running; never part of the project. */
const NOT_OURS = new Set(['node_modules', '.git', '.bothsides', 'coverage', '.env', 'dist']);

/** Every file, relative to the root with forward slashes, sorted. */
export function listFiles(folder = ROOT): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (NOT_OURS.has(entry.name) || /\.(log|heapsnapshot)$/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) found.push(...listFiles(path));
    else found.push(relative(ROOT, path).split(sep).join('/'));
  }
  return found.sort();
}

export function readText(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

interface AstNode {
  readonly type: string;
  readonly [key: string]: unknown;
}

function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

function* nodesOf(node: AstNode, parent: AstNode | null = null): Generator<readonly [AstNode, AstNode | null]> {
  yield [node, parent];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* nodesOf(child, node);
  }
}

export interface Import {
  /** As written: "../domain/units.ts", "node:fs", "zod". */
  readonly specifier: string;
  /** A file of ours relative to the root; null for a package or a module of Node. */
  readonly target: string | null;
  /** Types only: gone at run time. */
  readonly typeOnly: boolean;
  /** Loaded when it is needed (`await import`). */
  readonly lazy: boolean;
}

export interface Source {
  readonly file: string;
  readonly imports: readonly Import[];
  /** Names of banned globals that it touches, like "Date.now". */
  readonly globals: readonly string[];
  /** True when it does nothing but pass on what other files export. */
  readonly isBarrel: boolean;
}

/** Members of globals that bring in time, chance or printing by the back door. */
const BANNED_MEMBERS: Readonly<Record<string, RegExp>> = {
  Date: /^now$/,
  Math: /^random$/,
  performance: /./,
  console: /./,
  crypto: /^(randomUUID|getRandomValues)$/,
  AbortSignal: /^timeout$/,
  process: /^hrtime$/,
};
const BANNED_NAMES = new Set(['setTimeout', 'setInterval', 'randomUUID', 'randomBytes', 'randomInt']);
const BANNED_MODULES = /^(node:)?(timers|timers\/promises|perf_hooks)$/;

/** Reads one source text. `file` is relative to the root and decides where its relative imports lead. */
export function parseSource(file: string, text: string): Source {
  const program = parseAst(text, {
    lang: file.endsWith('.mjs') ? 'js' : file.endsWith('.tsx') ? 'tsx' : 'ts',
  }) as unknown as AstNode;
  const imports: Import[] = [];
  const globals = new Set<string>();
  for (const [node, parent] of nodesOf(program)) {
    const found = importOf(file, node);
    if (found !== null) {
      imports.push(found);
      if (BANNED_MODULES.test(found.specifier)) globals.add(found.specifier);
    }
    const banned = bannedGlobal(node, parent);
    if (banned !== null) globals.add(banned);
  }
  const body = program.body as AstNode[];
  const isBarrel =
    body.some((statement) => isReexport(statement)) &&
    body.every((statement) => isReexport(statement) || statement.type === 'ImportDeclaration');
  return { file, imports, globals: [...globals], isBarrel };
}

function isReexport(node: AstNode): boolean {
  return node.type === 'ExportAllDeclaration' || (node.type === 'ExportNamedDeclaration' && isNode(node.source));
}

function importOf(file: string, node: AstNode): Import | null {
  const isStatic = node.type === 'ImportDeclaration' || isReexport(node);
  if (!isStatic && node.type !== 'ImportExpression') return null;
  const source = node.source as AstNode;
  const specifier = typeof source.value === 'string' ? source.value : '';
  const specifiers = Array.isArray(node.specifiers) ? (node.specifiers as AstNode[]) : [];
  const kindOf = (item: AstNode) => item.importKind ?? item.exportKind;
  const typeOnly =
    kindOf(node) === 'type' || (specifiers.length > 0 && specifiers.every((item) => kindOf(item) === 'type'));
  const target = specifier.startsWith('.') ? posix.normalize(posix.join(posix.dirname(file), specifier)) : null;
  return { specifier, target, typeOnly, lazy: !isStatic };
}

function nameOf(value: unknown): string {
  return isNode(value) && value.type === 'Identifier' ? String(value.name) : '';
}

function bannedGlobal(node: AstNode, parent: AstNode | null): string | null {
  if (node.type === 'MemberExpression' && node.computed !== true) {
    const object = nameOf(node.object);
    const property = nameOf(node.property);
    if (object === 'globalThis' && BANNED_NAMES.has(property)) return `globalThis.${property}`;
    return BANNED_MEMBERS[object]?.test(property) ? `${object}.${property}` : null;
  }
  if ((node.type === 'NewExpression' || node.type === 'CallExpression') && nameOf(node.callee) === 'Date') {
    const bare = (node.arguments as unknown[]).length === 0;
    return node.type === 'CallExpression' || bare ? 'new Date()' : null;
  }
  const name = nameOf(node);
  if (!BANNED_NAMES.has(name) || parent === null) return null;
  // A clock's own method or property of that name, or the key of one, is no global.
  const isMember = parent.type === 'MemberExpression' && parent.property === node && parent.computed !== true;
  const isKey = parent.key === node && parent.shorthand !== true && parent.computed !== true;
  return isMember || isKey ? null : name;
}

/** The circles among run-time imports that load at once, each as the files on it. */
export function findCircles(sources: readonly Source[]): string[][] {
  const edges = new Map<string, string[]>();
  for (const { file, imports } of sources) {
    edges.set(
      file,
      imports.flatMap(({ target, typeOnly, lazy }) => (target === null || typeOnly || lazy ? [] : [target])),
    );
  }
  const circles: string[][] = [];
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start !== -1) circles.push([...path.slice(start), file]);
    if (start !== -1 || done.has(file)) return;
    path.push(file);
    for (const next of edges.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of edges.keys()) visit(file);
  return circles;
}
