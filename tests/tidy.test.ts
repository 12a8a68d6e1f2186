/** The rules of the house that a machine can check: who imports whom, where time and chance enter, what files look like. */
import { describe, expect, it } from 'vitest';
import { findCircles, listFiles, parseSource, readText, type Source } from './support/source-tree.ts';

const files = listFiles();
const isCode = (file: string) => /\.(tsx?|mjs)$/.test(file);
const sources: readonly Source[] = files
  .filter((file) => isCode(file) && /^(src|machines|tests)\//.test(file))
  .map((file) => parseSource(file, readText(file)));
const product = sources.filter(({ file }) => !file.startsWith('tests/'));

/** Time, chance and printing enter here and nowhere else. */
const HOMES: Readonly<Record<string, string>> = {
  'src/runtime/system-clock.ts': 'the system clock behind domain/clock.ts',
  'src/cli/secret.ts': 'a token that follows from a seed is no secret',
};

/** Longer than 400 lines because they hold one indivisible thing. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'machines/market-session.ts': 'one statechart, read as one',
};

/** The one package in domain: the generator behind domain/random.ts, arithmetic without a world. */
const DOMAIN_PACKAGES: Readonly<Record<string, RegExp>> = { 'src/domain/seeded-random.ts': /^pure-rand\// };

/** The console's page runs in a browser: it has a clock and timers of its own, and hears of ours. */
const PAGE = 'src/console/page/';
const isOfPage = (file: string) => file.startsWith(PAGE);
const BROWSER_GLOBALS = /^(performance\.now|setTimeout|setInterval)$/;
const PAGE_PACKAGES = /^(preact|@preact\/signals|uplot|elkjs)(\/|$)/;

/** One level of the tree under src, or a top folder; the page is a room in the console's. */
function roomOf(file: string): string {
  if (isOfPage(file)) return 'page';
  const [top, room] = file.split('/');
  return top === 'src' ? room! : top!;
}

interface RoomRule {
  /** Rooms and single files that may be imported. */
  readonly may: readonly string[];
  /** Rooms and files of which types may be imported besides. */
  readonly mayType?: readonly string[];
  /** Pure rooms have no business with Node's modules. */
  readonly pure?: true;
}

const PORT = 'src/exchange/port.ts';
const BASE = ['domain', 'settings'];
const RUNTIME = [
  ...BASE,
  'book',
  'signals',
  'ledger',
  'quoting',
  'discovery',
  'risk',
  'exchange',
  'feed',
  'store',
  'gateway',
  'analytics',
  'machines',
];
/** Pure, of the page: what it draws live is drawn into machines/README.md as well. */
const DRAWING = ['src/console/page/inspector/definition.ts', 'src/console/page/inspector/chart-layout.ts'];
/** What server and page say to each other, and the shapes that travel inside: types alone. */
const WIRE = [
  'src/console/wire.ts',
  'src/console/wire-dashboard.ts',
  'src/runtime/live-facts.ts',
  'src/analytics/kpis.ts',
];
const ROOMS: Readonly<Record<string, RoomRule>> = {
  domain: { may: [], pure: true },
  settings: { may: ['domain'] },
  book: { may: BASE, mayType: [PORT], pure: true },
  signals: { may: [...BASE, 'book'], pure: true },
  ledger: { may: [...BASE, 'book', 'signals'], pure: true },
  quoting: { may: [...BASE, 'book', 'signals', 'ledger'], pure: true },
  discovery: { may: [...BASE, 'book', 'signals', 'ledger', 'quoting'], pure: true },
  risk: { may: [...BASE, 'book', 'signals', 'ledger', 'quoting', 'discovery'], pure: true },
  exchange: { may: BASE },
  feed: { may: [...BASE, 'book', PORT] },
  store: { may: BASE },
  gateway: { may: [...BASE, PORT], mayType: ['risk'] },
  analytics: { may: ['domain', 'store', 'ledger'] },
  machines: { may: [...BASE, 'quoting', 'risk', 'discovery'], pure: true },
  runtime: { may: RUNTIME },
  backtest: { may: [...RUNTIME, 'runtime'] },
  console: {
    may: [...BASE, 'ledger', 'analytics', 'src/runtime/live-report.ts', 'src/runtime/why.ts'],
    mayType: ['runtime', 'analytics'],
  },
  page: { may: [], mayType: WIRE, pure: true },
  cli: { may: [...RUNTIME, 'runtime', 'backtest', 'console', 'package.json', ...DRAWING] },
};

/** What a source may not import, as sentences. */
function forbiddenImports({ file, imports }: Source): string[] {
  const room = roomOf(file);
  const rule = ROOMS[room];
  if (rule === undefined) return [`${file}: there is no room ${room}`];
  return imports.flatMap(({ specifier, target, typeOnly }) => {
    if (target === null) {
      const isNode = specifier.startsWith('node:');
      if (rule.pure && isNode) return [`${file}: ${room} is pure and imports ${specifier}`];
      if (DOMAIN_PACKAGES[file]?.test(specifier)) return [];
      if (room === 'page' && !/vite\.config\.ts$/.test(file) && !PAGE_PACKAGES.test(specifier))
        return [`${file}: the page is bundled without ${specifier}`];
      return room === 'domain' ? [`${file}: domain imports nothing, not even ${specifier}`] : [];
    }
    const allows = (list: readonly string[]) => list.includes(roomOf(target)) || list.includes(target);
    if (roomOf(target) === room || allows(rule.may) || (typeOnly && allows(rule.mayType ?? []))) return [];
    return [`${file}: ${room} may not import ${target}`];
  });
}

describe('Rooms', () => {
  it('import only the rooms before them', () => {
    expect(product.flatMap(forbiddenImports)).toEqual([]);
  });

  it('are told apart by the check itself', () => {
    const planted = (file: string, text: string) => forbiddenImports(parseSource(file, text)).length;
    expect(planted('src/book/a.ts', "import { x } from '../risk/limits.ts';")).toBe(1);
    expect(planted('src/gateway/a.ts', "import { approve } from '../risk/approve.ts';")).toBe(1);
    expect(planted('src/gateway/a.ts', "import type { Approved } from '../risk/approve.ts';")).toBe(0);
    expect(planted('src/feed/a.ts', "import { sign } from '../exchange/kalshi/sign.ts';")).toBe(1);
    expect(planted('src/feed/a.ts', "import { PRIORITIES } from '../exchange/port.ts';")).toBe(0);
    expect(planted('machines/a.ts', "import { readFile } from 'node:fs';")).toBe(1);
    expect(planted('src/domain/a.ts', "export { z } from 'zod';")).toBe(1);
    expect(planted('src/console/page/a.ts', "import type { Topic } from '../wire.ts';")).toBe(0);
    expect(planted('src/console/page/a.tsx', "import { TOPICS } from '../wire.ts';")).toBe(1);
    expect(planted('src/console/page/a.tsx', "import type { Json } from '../../domain/json.ts';")).toBe(1);
    expect(planted('src/console/page/a.tsx', "import { Hono } from 'hono';")).toBe(1);
    expect(planted('src/ledger/a.ts', "const later = await import('../runtime/trader.ts');")).toBe(1);
  });

  it('name files that exist, with their ending', () => {
    const known = new Set(files);
    const missing = sources.flatMap(({ file, imports }) =>
      imports.filter(({ target }) => target !== null && !known.has(target)).map(({ target }) => `${file} → ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it('form no circles', () => {
    expect(findCircles(sources)).toEqual([]);
    const planted = [
      parseSource('src/book/a.ts', "import { b } from './b.ts';"),
      parseSource('src/book/b.ts', "import { a } from './a.ts';"),
    ];
    expect(findCircles(planted)).toHaveLength(1);
  });

  it('have no barrels', () => {
    expect(sources.filter(({ isBarrel }) => isBarrel).map(({ file }) => file)).toEqual([]);
    expect(parseSource('src/book/index.ts', "export * from './a.ts';").isBarrel).toBe(true);
  });
});

describe('Time, chance and printing', () => {
  it('enter only through their homes', () => {
    const found = product
      .filter(({ file }) => HOMES[file] === undefined)
      .flatMap(({ file, globals }) =>
        globals.filter((name) => !isOfPage(file) || !BROWSER_GLOBALS.test(name)).map((name) => `${file}: ${name}`),
      );
    expect(found).toEqual([]);
  });

  it('are found wherever they hide, and a clock of ours is not mistaken for them', () => {
    const touched = (text: string) => parseSource('src/book/a.ts', text).globals;
    expect(touched('const at = Date.now();')).toEqual(['Date.now']);
    expect(touched('const clock = { now: Date.now };')).toEqual(['Date.now']);
    expect(touched('const at = new Date();')).toEqual(['new Date()']);
    expect(touched('const at = new Date(5).toISOString();')).toEqual([]);
    expect(touched('globalThis.setTimeout(() => {}, 1);')).toEqual(['globalThis.setTimeout']);
    expect(touched("import { setTimeout } from 'node:timers';")).toContain('node:timers');
    expect(touched("console.log('x'); Math.random();")).toEqual(['console.log', 'Math.random']);
    expect(touched('clock.setTimeout(f, 1); // setTimeout(f, 1)')).toEqual([]);
    expect(touched('class C { setTimeout(f: () => void): void { f(); } }')).toEqual([]);
    expect(touched('setTimeout(f, 1);')).toEqual(['setTimeout']);
  });
});

describe('Files', () => {
  it('of code hold at most 400 lines, or one indivisible thing', () => {
    const long = files
      .filter((file) => isCode(file) && LONG_FILES[file] === undefined)
      .map((file) => `${file}: ${readText(file).split('\n').length - 1}`)
      .filter((entry) => Number(entry.split(': ')[1]) > 400);
    expect(long).toEqual([]);
    for (const file of Object.keys(LONG_FILES)) expect(files).toContain(file);
  });

  it('have kebab-case names, and none is a drawer', () => {
    const code = files.filter((file) => /^(src|machines|tests|config)\//.test(file) && file !== 'machines/README.md');
    expect(code.filter((file) => !/^([a-z0-9]+(-[a-z0-9]+)*[./])+[a-z]+$/.test(file))).toEqual([]);
    expect(code.filter((file) => /(^|\/)(utils?|helpers?|misc|common)(\/|\.)/.test(file))).toEqual([]);
  });

  it('stand where the plan has a place for them', () => {
    const top = new Set(files.map((file) => file.split('/')[0]!));
    const rooms = new Set(['src', 'machines', 'config', 'tests']);
    const tools = new Set([
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'README.md',
      'LICENSE',
      'biome.json',
      'vitest.config.ts',
    ]);
    expect([...top].filter((name) => !rooms.has(name) && !tools.has(name) && !name.startsWith('.'))).toEqual([]);
  });

  it('leave nothing for later', () => {
    const marker = new RegExp(['\\bTO', 'DO\\b|\\bFIX', 'ME\\b|\\bXX', 'X\\b'].join(''));
    const isText = (file: string) => /\.(tsx?|mjs|css|html|md|ya?ml|json)$/.test(file) && file !== 'package-lock.json';
    expect(files.filter((file) => isText(file) && marker.test(readText(file)))).toEqual([]);
  });

  it('know no machine but the one they run on', () => {
    // Written in pieces so that this file does not find itself.
    const beside = ['..', 'shared'].join('/');
    const machine = /(?<![\w.:/])\/(?:home|Users|root|work|farm|mnt)\/\w/;
    const texts = files.filter((file) => file !== '.ci/run' && file !== 'package-lock.json');
    expect(texts.filter((file) => readText(file).includes(beside))).toEqual([]);
    expect(texts.filter((file) => machine.test(readText(file)))).toEqual([]);
  });
});

describe('Tests', () => {
  it('all run', () => {
    const paused = /\b(?:it|test|describe|suite)\.(?:skip|only|todo|fails)\b(?!If)/;
    const tests = files.filter((file) => file.endsWith('.test.ts') && file !== 'tests/tidy.test.ts');
    expect(tests.filter((file) => paused.test(readText(file)))).toEqual([]);
  });
});

describe('The package', () => {
  interface Package {
    readonly dependencies: Readonly<Record<string, string>>;
    readonly devDependencies: Readonly<Record<string, string>>;
  }
  const manifest = JSON.parse(readText('package.json')) as Package;
  const dependencies = { ...manifest.dependencies, ...manifest.devDependencies };

  it('pins every dependency to one version', () => {
    expect(Object.entries(dependencies).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('locks no download address', () => {
    expect(readText('package-lock.json')).not.toMatch(/"resolved":\s*"http/);
  });

  it('explains each dependency in the README, and no other', () => {
    const chapter = readText('README.md')
      .split(/^## /m)
      .find((text) => text.startsWith('Dependencies'));
    const section = [...chapter!.matchAll(/^\| `([^`]+)` \| ([^|]+) \|$/gm)];
    expect(section.map(([, name]) => name).sort()).toEqual(Object.keys(dependencies).sort());
    for (const [, name, reason] of section) expect(reason!.trim().length, name).toBeGreaterThan(10);
  });

  it('imports only packages that it names itself', () => {
    const own = new Set(Object.keys(dependencies));
    const packageOf = (specifier: string) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
    const foreign = sources.flatMap(({ file, imports }) =>
      imports
        .filter(({ target, specifier }) => target === null && specifier !== '' && !specifier.startsWith('node:'))
        .filter(({ specifier }) => !own.has(packageOf(specifier)))
        .map(({ specifier }) => `${file}: ${specifier}`),
    );
    expect(foreign).toEqual([]);
  });
});
