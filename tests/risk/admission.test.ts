import { describe, expect, it } from 'vitest';
import type { Microdollars } from '../../src/domain/units.ts';
import { type AdmissionInput, balanceSuffices, refuseSession } from '../../src/risk/admission.ts';
import { PLAIN } from '../support/default-settings.ts';

const dollars = (amount: number) => Math.round(amount * 1e6) as Microdollars;
const FREE: AdmissionInput = {
  mode: 'active',
  market: 'free',
  sessions: 2,
  isBlackout: false,
  isRegimeStable: null,
  hasEntryLeft: true,
  balanceSuffices: true,
  restingValue: dollars(10_000),
};

describe('a session', () => {
  it('is admitted when nothing speaks against it', () => {
    expect(refuseSession(FREE, PLAIN)).toBeNull();
    expect(refuseSession({ ...FREE, isRegimeStable: true }, PLAIN)).toBeNull();
  });
  it.each([
    ['riskMode', { mode: 'reducing' }],
    ['active', { market: 'active' }],
    ['unwinding', { market: 'unwinding' }],
    ['full', { sessions: 3 }],
    ['blackout', { isBlackout: true }],
    ['regime', { isRegimeStable: false }],
    ['entriesPerHour', { hasEntryLeft: false }],
    ['balance', { balanceSuffices: false }],
    ['restingValue', { restingValue: dollars(10_000.01) }],
  ] as const)('is refused: %s', (reason, changes) => {
    expect(refuseSession({ ...FREE, ...changes }, PLAIN)).toBe(reason);
  });
});

describe('the balance', () => {
  it('must be $5, or 5 % of equity where that is more', () => {
    expect(balanceSuffices(dollars(5), dollars(10), true, PLAIN)).toBe(true);
    expect(balanceSuffices(dollars(4.99), dollars(10), true, PLAIN)).toBe(false);
    expect(balanceSuffices(dollars(50), dollars(1000), true, PLAIN)).toBe(true);
    expect(balanceSuffices(dollars(49.99), dollars(1000), true, PLAIN)).toBe(false);
  });
  it('must recover beyond the minimum once it was too low', () => {
    expect(balanceSuffices(dollars(58.82), dollars(1000), false, PLAIN)).toBe(false);
    expect(balanceSuffices(dollars(58.83), dollars(1000), false, PLAIN)).toBe(true);
  });
});
