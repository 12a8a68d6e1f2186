/**
 * Exact units. What must hold:
 *
 * 1. Text of a unit reads back as the same integer; a decimal with more digits than the unit has is not a unit, never rounded.
 * 2. price × quantity is money without rounding.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Centicents,
  type Centicontracts,
  centicents,
  centicontracts,
  complement,
  cost,
  DOLLAR,
  formatMoney,
  formatPrice,
  formatQuantity,
  fromDollars,
  type Microdollars,
  microdollars,
  parseDecimal,
  parseMoney,
  parsePrice,
  parseQuantity,
  toCents,
  toContracts,
  toDollars,
  unixMs,
} from '../../src/domain/units.ts';

describe('Units', () => {
  it('read the texts of the exchange', () => {
    expect(parsePrice('0.5600')).toBe(5_600);
    expect(parsePrice('0.56')).toBe(5_600);
    expect(parsePrice('1')).toBe(10_000);
    expect(parseQuantity('10.00')).toBe(1_000);
    expect(parseQuantity('0.01')).toBe(1);
    expect(parseMoney('0.018900')).toBe(18_900);
    expect(parseMoney('-2.5')).toBe(-2_500_000);
    expect(parsePrice('0.560000000')).toBe(5_600);
  });

  it('are nothing where the text is not such a decimal', () => {
    for (const text of [
      '',
      ' ',
      '-',
      '.',
      '.5',
      '5.',
      '+1',
      '1e3',
      '0x10',
      'NaN',
      'Infinity',
      '1,5',
      ' 1',
      '1 ',
      '--1',
    ]) {
      expect(parseDecimal(text, 4), JSON.stringify(text)).toBeNull();
    }
    expect(parsePrice('0.56001')).toBeNull();
    expect(parseQuantity('1.001')).toBeNull();
    expect(parseMoney('0.0000001')).toBeNull();
    expect(parseMoney('9007199254.740992')).toBeNull();
    expect(parseMoney('9007199254.740991')).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('have no negative zero', () => {
    expect(Object.is(parseMoney('-0.00'), 0)).toBe(true);
  });

  it('become the text that reads back as themselves', () => {
    const integer = fc.maxSafeInteger();
    fc.assert(
      fc.property(integer, (value) => {
        expect(parsePrice(formatPrice(value as Centicents))).toBe(value);
        expect(parseQuantity(formatQuantity(value as Centicontracts))).toBe(value);
        expect(parseMoney(formatMoney(value as Microdollars))).toBe(value);
      }),
    );
    expect(formatPrice(5 as Centicents)).toBe('0.0005');
    expect(formatMoney(-18_900 as Microdollars)).toBe('-0.018900');
    expect(formatQuantity(1_000 as Centicontracts)).toBe('10.00');
  });

  it('multiply without rounding', () => {
    const price = fc.integer({ min: 0, max: 10_000 }) as fc.Arbitrary<Centicents>;
    const quantity = fc.integer({ min: -1e9, max: 1e9 }) as fc.Arbitrary<Centicontracts>;
    fc.assert(
      fc.property(price, quantity, (p, q) => {
        expect(BigInt(cost(p, q))).toBe(BigInt(p) * BigInt(q));
        expect(cost(p, q) + cost(complement(p), q)).toBe(cost(DOLLAR, q));
      }),
    );
  });

  it('refuse what is not an integer of theirs, or beyond exactness', () => {
    for (const make of [centicents, centicontracts, microdollars]) {
      for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])
        expect(() => make(value)).toThrow(/integer/);
    }
    expect(() => unixMs(Number.NaN)).toThrow(/finite/);
    expect(() => cost(10_000 as Centicents, 1e12 as Centicontracts)).toThrow(/integer/);
  });

  it('leave exactness only towards the models', () => {
    expect(toCents(5_650 as Centicents)).toBe(56.5);
    expect(toContracts(1_050 as Centicontracts)).toBe(10.5);
    expect(toDollars(2_500_000 as Microdollars)).toBe(2.5);
    expect(fromDollars(0.1 + 0.2)).toBe(300_000);
  });
});
