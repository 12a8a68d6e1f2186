import { describe, expect, it } from 'vitest';
import { modelAtRest, selfCheck } from '../../src/quoting/self-check.ts';
import { DEFAULTS, profile, withSettings } from '../support/default-settings.ts';

const codes = (settings: typeof DEFAULTS) => selfCheck(settings).map(({ code }) => code);

describe('the self-check', () => {
  it('has nothing against the values that ship', () => {
    expect(selfCheck(DEFAULTS)).toEqual([]);
    expect(selfCheck(profile('conservative'))).toEqual([]);
  });

  it('measures with the prior σ of a price in the middle: 1.5 × 0.0833 ¢/√s', () => {
    const { sigmaCentsPerSqrtSecond, spreadCents, skewCents } = modelAtRest(DEFAULTS);
    expect(sigmaCentsPerSqrtSecond).toBeCloseTo(0.12495, 10);
    const variance = 0.12495 ** 2 * 300;
    expect(spreadCents).toBeCloseTo(0.15 * variance + (2 / 0.15) * Math.log(1.15), 10);
    expect(skewCents).toBeCloseTo(0.05 * variance * 10, 10);
  });

  it('warns of the old profile: its spread is out of all proportion and its bounds switch the model off', () => {
    const warnings = selfCheck(profile('s2'));
    expect(warnings.map(({ code }) => code)).toEqual(expect.arrayContaining(['spreadTooWide', 'modelSwitchedOff']));
    const wide = warnings.find(({ code }) => code === 'spreadTooWide')!;
    expect(wide).toMatchObject({ parameter: 'quoting.gammaPerCent', value: 0.3 });
    expect(wide.message).toContain('quoting.gammaPerCent = 0.3');
  });

  it.each([
    ['spreadTooNarrow', { quoting: { kPerCent: 100, horizonSeconds: 1 } }, 'quoting.kPerCent', 100],
    ['skewTooWeak', { quoting: { gammaPerCent: 0.001 } }, 'quoting.gammaPerCent', 0.001],
    ['modelAlwaysClamped', { quoting: { tightSpreadCents: 6 } }, 'quoting.tightSpreadCents', 6],
    ['boundsContradict', { quoting: { tightSpreadCents: 11 } }, 'quoting.tightSpreadCents', 11],
    ['boundsContradict', { quoting: { throttledSpreadCentsMax: 9 } }, 'quoting.throttledSpreadCentsMax', 9],
    ['quantityBeyondCapacity', { session: { quantityContracts: 9.6 } }, 'session.quantityContracts', 9.6],
  ] as const)('%s names the parameter and its value', (code, changes, parameter, value) => {
    const settings = withSettings(changes);
    const warning = selfCheck(settings).find((found) => found.code === code);
    expect(warning).toMatchObject({ parameter, value });
    expect(warning!.message).toContain(`${parameter} = ${value}`);
  });

  it('says each thing once', () => {
    expect(codes(withSettings({ quoting: { wideSpreadCents: 1 } }))).toEqual(['modelSwitchedOff']);
  });
});
