/** Exact numbers stay exact on the page: what is written says the same amount as the text that came, to the last digit. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cents, contracts, dollars, exact, shortDollars, signOf } from '../../src/console/page/dashboard/numbers.ts';
import { reasonWords, stateWords } from '../../src/console/page/dashboard/words.ts';
import {
  type Centicents,
  formatMoney,
  formatPrice,
  type Microdollars,
  parseMoney,
  parsePrice,
} from '../../src/domain/units.ts';

/** What a person would type who reads it. */
const read = (text: string) => text.replaceAll(',', '').replace('−', '-').replace('$', '').replace('+', '');

describe('Money', () => {
  it('is never rounded, at no size', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (micros) => {
        const text = formatMoney(micros as Microdollars);
        expect(parseMoney(read(dollars(text)))).toBe(micros);
        expect(parseMoney(read(dollars(text, 'always', 4)))).toBe(micros);
      }),
    );
  });

  it('is grouped, and has at least cents', () => {
    expect(dollars('1012.345600')).toBe('$1,012.3456');
    expect(dollars('-1234567.000000')).toBe('−$1,234,567.00');
    expect(dollars('0.000001')).toBe('$0.000001');
    expect(dollars('2.500000', 'always')).toBe('+$2.50');
    expect(dollars('0.000000', 'always')).toBe('$0.00');
    expect(dollars('12.403000', 'negative', 4)).toBe('$12.4030');
  });

  it('is cut, not rounded up, where it is only compared', () => {
    expect(shortDollars('50.599999')).toBe('$50.59');
    expect(shortDollars('8.000000')).toBe('$8.00');
  });
});

describe('Prices and quantities', () => {
  it('are cents that say the whole price', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), (price) => {
        const text = cents(formatPrice(price as Centicents));
        expect(parsePrice(formatPrice(Math.round(Number(text) * 100) as Centicents))).toBe(price);
        expect(text).not.toMatch(/\.\d*0$/);
      }),
    );
    expect(cents('0.5600')).toBe('56');
    expect(cents('0.5625')).toBe('56.25');
    expect(cents('0.0050')).toBe('0.5');
    expect(cents('1.0000')).toBe('100');
  });

  it('lose zeros that say nothing, and nothing else', () => {
    expect(contracts('10.00')).toBe('10');
    expect(contracts('-3.50')).toBe('−3.5');
    expect(exact('1000.00', 0)).toBe('1,000');
    expect([signOf('0.00'), signOf('-0.01'), signOf('0.01')]).toEqual([0, -1, 1]);
  });
});

describe('Words', () => {
  it('say what of a session is not as usual', () => {
    const usual = ['quoting', 'quoting.flow', 'quoting.flow.live', 'quoting.width', 'quoting.width.normal'];
    expect(stateWords([...usual, 'quoting.sides', 'quoting.sides.both'])).toBe('quoting');
    expect(stateWords(['quoting', 'quoting.sides', 'quoting.sides.bidOnly'])).toBe('quoting · bid only');
    expect(stateWords(['softExit', 'softExit.working'])).toBe('soft exit · working');
    expect(stateWords([])).toBe('');
  });

  it('show a code that nobody wrote words for', () => {
    expect(reasonWords('someNewReason')).toBe('some new reason');
  });
});
