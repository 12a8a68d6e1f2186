import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editorSchema, knownKeys, nearestKey, unitOf } from '../../src/settings/keys.ts';

const CONFIG = join(import.meta.dirname, '../../config');

describe('The schema for editors', () => {
  it('is the one that the code checks with (else: npm run config:schema)', () => {
    expect(JSON.parse(readFileSync(join(CONFIG, 'settings.schema.json'), 'utf8'))).toEqual(editorSchema());
  });

  it('demands nothing: every file but the first holds overrides only', () => {
    expect(JSON.stringify(editorSchema())).not.toContain('"required"');
  });

  it('is named by every shipped file', () => {
    for (const file of readdirSync(CONFIG).filter((name) => name.endsWith('.yaml'))) {
      expect(readFileSync(join(CONFIG, file), 'utf8'), file).toMatch(/^# yaml-language-server: \$schema=settings/);
    }
  });
});

describe('Keys', () => {
  it('carry their unit in the name', () => {
    expect(unitOf('requestTimeoutMs')).toBe('milliseconds');
    expect(unitOf('lagMedianMsMax')).toBe('milliseconds');
    expect(unitOf('sigmaFloorCentsPerSqrtSecond')).toBe('¢/√s');
    expect(unitOf('gammaPerCent')).toBe('1/¢');
    expect(unitOf('totalShareOfEquity')).toBe('share of 1');
    expect(unitOf('marketDollarsMax')).toBe('$');
    expect(unitOf('readTokensPerSecond')).toBe('tokens a second');
    expect(unitOf('errorsPerHourMax')).toBe('an hour');
    expect(unitOf('seed')).toBe('');
  });

  it('are found by what was probably meant', () => {
    for (const key of knownKeys()) expect(nearestKey(`${key}x`), key).toBe(key);
    expect(nearestKey('risk.totalDollarMax')).toBe('risk.totalDollarsMax');
    expect(nearestKey('qwertyuiop.asdfghjkl')).toBeNull();
  });
});
