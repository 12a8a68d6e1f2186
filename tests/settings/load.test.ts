import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BothsidesError, type ErrorCode } from '../../src/domain/errors.ts';
import { type LoadOptions, loadSettings } from '../../src/settings/load.ts';
import { MODES } from '../../src/settings/schema.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bothsides-settings-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let written = 0;
/** A configuration file of its own for one test. */
function writeConfig(text: string): string {
  const path = join(folder, `test-${written++}.yaml`);
  writeFileSync(path, text);
  return path;
}

const load = (options: Partial<LoadOptions> = {}) => loadSettings({ mode: 'sim', ...options });

/** The error that a configuration is refused with. */
function refusal(options: Partial<LoadOptions>): BothsidesError {
  try {
    load(options);
  } catch (error) {
    if (error instanceof BothsidesError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

function expectRefused(options: Partial<LoadOptions>, code: ErrorCode, ...says: string[]): void {
  const error = refusal(options);
  expect(error.code).toBe(code);
  for (const part of says) expect(`${error.message} ${error.remedy}`).toContain(part);
}

/** The line (from 1) on which a shipped file sets a key. */
function lineOf(file: string, key: string): number {
  const lines = readFileSync(join(import.meta.dirname, '../../config', file), 'utf8').split('\n');
  return lines.findIndex((line) => line.trim().startsWith(`${key}:`)) + 1;
}

describe('Every shipped configuration', () => {
  for (const mode of MODES) {
    for (const configPath of [undefined, 'conservative', 'aggressive', 's2']) {
      it(`is whole: ${mode} with ${configPath ?? 'no profile'}`, () => {
        expect(() => load({ mode, configPath })).not.toThrow();
      });
    }
  }

  it('cannot be changed once it is loaded', () => {
    const { settings } = load();
    expect(() => {
      settings.risk.totalDollarsMax = 1e9;
    }).toThrow(TypeError);
  });
});

describe('Layers', () => {
  it('let the mode win over default, a file over the mode, --set over the file, a flag over --set', () => {
    const file = writeConfig('session:\n  restMs: 7000\n');
    const restMs = (options: Partial<LoadOptions>) => load(options).settings.session.restMs;
    expect(restMs({ mode: 'demo' })).toBe(10_000);
    expect(restMs({})).toBe(5_000);
    expect(restMs({ configPath: file })).toBe(7_000);
    expect(restMs({ configPath: file, sets: ['session.restMs=8000'] })).toBe(8_000);
    const overrides = [{ key: 'session.restMs', value: 9_000, source: '--rest' }];
    expect(restMs({ configPath: file, sets: ['session.restMs=8000'], overrides })).toBe(9_000);
  });

  it('take the last of two equal --set', () => {
    expect(load({ sets: ['sim.seed=1', 'sim.seed=2'] }).settings.sim.seed).toBe(2);
  });

  it('merge sections key by key and replace lists', () => {
    const file = writeConfig('regimes: { allowed: [QUIET] }\ndiscovery:\n  timeWindows: { crypto: { hoursMin: 2 } }\n');
    const { settings } = load({ mode: 'demo', configPath: file });
    expect(settings.regimes.allowed).toEqual(['QUIET']);
    expect(settings.discovery.timeWindows.crypto).toEqual({ hoursMin: 2, hoursMax: 2160 });
    expect(settings.discovery.timeWindows.default).toEqual({ hoursMin: 24, hoursMax: 1440 });
  });

  it('take no harm from an empty file or a section whose keys are all commented out', () => {
    const untouched = load({ mode: 'demo' }).settings;
    expect(load({ mode: 'demo', configPath: writeConfig('') }).settings).toEqual(untouched);
    expect(load({ mode: 'demo', configPath: writeConfig('quoting:\n  # paceMs: 1\n') }).settings).toEqual(untouched);
  });

  it('read a --set as YAML: lists, sections, texts', () => {
    const { settings } = load({
      sets: ['discovery.markets=[A, B]', 'quoting={ paceMs: 100 }', "sim.recording='x'", 'exit.onClose=carry'],
    });
    expect(settings.discovery.markets).toEqual(['A', 'B']);
    expect(settings.quoting.paceMs).toBe(100);
    expect(settings.sim.recording).toBe('x');
    expect(settings.exit.onClose).toBe('carry');
  });
});

describe('The origin of a value', () => {
  it('is the file and the line on which its key stands, or the flag', () => {
    const file = writeConfig('# first\nquoting:\n  # third\n  paceMs: 100\nrisk: { feedStaleMs: 1000 }\n');
    const { origins } = load({ configPath: file, sets: ['sim.seed=5'] });
    expect(origins.get('quoting.paceMs')).toEqual({ source: file, line: 4 });
    expect(origins.get('risk.feedStaleMs')).toEqual({ source: file, line: 5 });
    expect(origins.get('sim.seed')).toEqual({ source: '--set', line: null });
    expect(origins.get('quoting.gammaPerCent')).toEqual({
      source: 'config/default.yaml',
      line: lineOf('default.yaml', 'gammaPerCent'),
    });
    expect(origins.get('discovery.sweepEveryMs')).toEqual({
      source: 'config/sim.yaml',
      line: lineOf('sim.yaml', 'sweepEveryMs'),
    });
  });

  it('is known for every value in force', () => {
    const { settings, origins } = load();
    const count = (value: unknown): number =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.values(value).reduce<number>((sum, child) => sum + count(child), 0)
        : 1;
    expect(origins.size).toBe(count(settings));
  });
});

describe('A refused file', () => {
  it('that is not YAML is named with line and column', () => {
    const file = writeConfig('quoting:\n  paceMs: [1\nrisk: {}\n');
    expectRefused({ configPath: file }, 'CONFIG_FILE', `${file}:`, 'is not valid YAML');
    expect(refusal({ configPath: file }).message).toMatch(/\.yaml:\d+:\d+ /);
  });

  it('that says a key twice is named with the second line', () => {
    const file = writeConfig('risk:\n  feedStaleMs: 1\n  feedStaleMs: 2\n');
    expectRefused({ configPath: file }, 'CONFIG_FILE', `${file}:3:3`);
  });

  it('that holds no sections says what it holds', () => {
    expectRefused({ configPath: writeConfig('- a\n- b\n') }, 'CONFIG_FILE', 'the list ["a","b"]');
  });

  it('that is not there names the shipped profiles', () => {
    expectRefused({ configPath: 'agressive' }, 'CONFIG_FILE', 'agressive', 'aggressive, conservative, s2');
  });

  it('that cannot be read is named', () => {
    expectRefused({ configPath: folder }, 'CONFIG_FILE', folder, 'cannot be read');
  });
});

describe('An unknown key', () => {
  it('is named with file, line and the nearest known key', () => {
    const file = writeConfig('quoting:\n  paceMs: 100\n  gamaPerCent: 0.1\n');
    expectRefused({ configPath: file }, 'CONFIG_KEY', `${file}:3`, 'quoting.gamaPerCent', 'mean quoting.gammaPerCent?');
  });

  it('is led to the section in which it exists', () => {
    expectRefused({ sets: ['gammaPerCent=1'] }, 'CONFIG_KEY', '--set', 'mean quoting.gammaPerCent?');
  });

  it('far from everything is sent to the list', () => {
    expectRefused({ sets: ['zzzzzzzzz=1'] }, 'CONFIG_KEY', 'zzzzzzzzz', 'config/default.yaml');
  });

  it('comes first when values are wrong too, and those are named after it', () => {
    const file = writeConfig('risk: { feedStaleMs: soon }\nnonsense: 1\n');
    expectRefused({ configPath: file }, 'CONFIG_KEY', 'nonsense', `Also wrong: risk.feedStaleMs (${file}:1)`);
  });

  it.each(['__proto__.x=1', 'quoting.__proto__=1', 'constructor=1'])('hides nothing: %s', (set) => {
    expectRefused({ sets: [set] }, 'CONFIG_KEY');
  });
});

describe('A wrong value', () => {
  it.each([
    ['risk.feedStaleMs=soon', 'a number above 0 (milliseconds), found the text "soon"'],
    ['risk.feedStaleMs=0', 'a number above 0 (milliseconds), found 0'],
    ['risk.feedStaleMs=', 'a number above 0 (milliseconds), found nothing'],
    ['risk.feedStaleMs=.inf', 'a number above 0 (milliseconds), found Infinity'],
    ['risk.feedStaleMs={ a: 1 }', 'a number above 0 (milliseconds), found a section of keys'],
    ['quoting.gammaPerCent=-1', '(1/¢), found -1'],
    ['risk.groupShareOfEquity=1.5', 'a number from 0 to 1 (share of 1), found 1.5'],
    ['session.concurrentMax=2.5', 'a whole number of at least 1, found 2.5'],
    ['exit.onClose=sell', 'one of flat, carry, found the text "sell"'],
    ['regimes.allowed=[QUIET, LOUD]', 'found the text "LOUD"'],
    ['exchange.liveRestUrl=nowhere', 'a URL, found the text "nowhere"'],
    ['quoting=5', 'a section of keys, found 5'],
    ['signals.sigmaCapCentsPerSqrtSecond=no', '(¢/√s)'],
  ])('says what was expected and found: %s', (set, says) => {
    expectRefused({ sets: [set] }, 'CONFIG_VALUE', '--set', set.split('=')[0]!, says);
  });

  it('is named with file and line', () => {
    const file = writeConfig('risk:\n\n  feedStaleMs: "30000"\n');
    expectRefused({ configPath: file }, 'CONFIG_VALUE', `${file}:3: risk.feedStaleMs`, 'the text "30000"');
  });

  it('that is no YAML in a --set is refused as a value', () => {
    expectRefused({ sets: ['risk.feedStaleMs=['] }, 'CONFIG_VALUE', 'risk.feedStaleMs', 'found [');
  });

  it.each(['risk.feedStaleMs', '=5', 'risk..feedStaleMs=5', ''])('without a key is misuse of --set: %j', (set) => {
    expectRefused({ sets: [set] }, 'USAGE', 'section.key=value');
  });
});

describe('Values that contradict each other', () => {
  it.each([
    ['quoting.tightSpreadCents=12', 'quoting.wideSpreadCents'],
    ['quoting.wideSpreadCents=16', 'quoting.throttledSpreadCentsMax'],
    ['discovery.midCentsMin=95', 'discovery.midCentsMax'],
    ['risk.orderDollarsMax=9', 'risk.marketDollarsMax'],
    ['risk.totalDollarsMax=7', 'risk.marketDollarsMax'],
    ['exchange.retryBaseMs=6000', 'exchange.retryCapMs'],
    ['discovery.timeWindows.default.hoursMin=1440', 'discovery.timeWindows.default.hoursMax'],
    ['quoting.renewBeforeMs=300000', 'quoting.expirationMs'],
    ['signals.sigmaFloorCentsPerSqrtSecond=0.1333', 'signals.sigmaCapCentsPerSqrtSecond'],
    ['regimes.meanReversionBad=0.7', 'regimes.meanReversionGood'],
    ['regimes.noiseSpreadCentsMin=13', 'regimes.noiseSpreadCentsMax'],
    ['session.quantityContracts=11', 'quoting.positionContractsMax'],
    ['feed.pingEveryMs=5000', 'feed.aliveWithinMs'],
  ])('are refused with both and where each came from: %s', (set, other) => {
    expectRefused({ sets: [set] }, 'CONFIG_CONFLICT', set.split('=')[0]!, '--set)', other, 'config/');
  });

  it('may meet where equality makes sense', () => {
    expect(() => load({ sets: ['quoting.tightSpreadCents=10', 'risk.marketDollarsMax=24'] })).not.toThrow();
  });

  it('include a demo run that would reach the venue where money is real', () => {
    const sets = ['exchange.demoRestUrl=https://external-api.kalshi.com/trade-api/v2'];
    expectRefused({ mode: 'demo', sets }, 'CONFIG_CONFLICT', 'external-api.kalshi.com', '--mode live');
    expect(() => load({ mode: 'sim', sets })).not.toThrow();
  });
});

describe('The environment', () => {
  const env = { KALSHI_BASE_URL: 'http://127.0.0.1:8080/trade-api/v2' };

  it('moves demo, its stream on the same host, and nothing else', () => {
    const { settings, origins } = load({ mode: 'demo', env });
    expect(settings.exchange.demoRestUrl).toBe('http://127.0.0.1:8080/trade-api/v2');
    expect(settings.exchange.demoWsUrl).toBe('ws://127.0.0.1:8080/trade-api/ws/v2');
    expect(settings.exchange.liveRestUrl).toContain('kalshi.com');
    expect(origins.get('exchange.demoRestUrl')).toEqual({ source: 'KALSHI_BASE_URL', line: null });
  });

  it('is refused by name when it is no URL', () => {
    expectRefused({ mode: 'live', env: { KALSHI_BASE_URL: 'kalshi' } }, 'CONFIG_VALUE', 'KALSHI_BASE_URL', 'a URL');
  });

  it('does not touch a simulation', () => {
    expect(load({ env }).settings).toEqual(load().settings);
  });
});

describe('The profile aggressive', () => {
  it('says at every start which limits it relaxes, from what to what', () => {
    const { warnings } = load({ configPath: 'aggressive' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('risk.totalShareOfEquity 0.2 → 0.5');
    expect(warnings[0]).toContain('session.concurrentMax 3 → 10');
  });

  it('is recognised by its path too, and others say nothing', () => {
    const path = join(import.meta.dirname, '../../config/aggressive.yaml');
    expect(load({ configPath: path }).warnings).toHaveLength(1);
    expect(load({ configPath: 'conservative' }).warnings).toEqual([]);
  });
});
