import { describe, expect, it } from 'vitest';
import type { Microdollars, UnixMs } from '../../src/domain/units.ts';
import { dailyLoss, easternDay, errorRate, HOUR_MS, WindowCounter } from '../../src/risk/kill-switches.ts';
import { PLAIN } from '../support/default-settings.ts';

const dollars = (amount: number) => Math.round(amount * 1e6) as Microdollars;
const at = (ms: number) => ms as UnixMs;

describe('the daily loss', () => {
  it('breaches at 5 % of what the day began with', () => {
    expect(dailyLoss(dollars(950.01), dollars(1000), PLAIN)).toEqual({
      loss: dollars(49.99),
      limit: dollars(50),
      isBreached: false,
    });
    expect(dailyLoss(dollars(950), dollars(1000), PLAIN).isBreached).toBe(true);
  });
  it('breaches at $500 for an account of which that is less', () => {
    expect(dailyLoss(dollars(99_500), dollars(100_000), PLAIN)).toMatchObject({
      limit: dollars(500),
      isBreached: true,
    });
  });
  it('is nothing on a day that gains, or that began with nothing', () => {
    expect(dailyLoss(dollars(1100), dollars(1000), PLAIN)).toMatchObject({ loss: 0, isBreached: false });
    expect(dailyLoss(dollars(0), dollars(0), PLAIN).isBreached).toBe(false);
    expect(dailyLoss(dollars(-1), dollars(0), PLAIN).isBreached).toBe(true);
  });
});

describe('the day in New York', () => {
  it('begins at 00:00 there, in winter and in summer', () => {
    expect(easternDay(at(Date.UTC(2026, 0, 15, 4, 59, 59, 999)))).toBe('2026-01-14');
    expect(easternDay(at(Date.UTC(2026, 0, 15, 5)))).toBe('2026-01-15');
    expect(easternDay(at(Date.UTC(2026, 6, 15, 3, 59, 59, 999)))).toBe('2026-07-14');
    expect(easternDay(at(Date.UTC(2026, 6, 15, 4)))).toBe('2026-07-15');
  });
});

describe('a count within a window', () => {
  it('forgets what is an hour old', () => {
    const counter = new WindowCounter(10);
    counter.record(at(0));
    counter.record(at(1));
    expect(counter.count(at(HOUR_MS - 1))).toBe(2);
    expect(counter.count(at(HOUR_MS))).toBe(1);
    expect(counter.count(at(HOUR_MS + 1))).toBe(0);
  });
  it('has room below the allowed number and is exceeded above it', () => {
    const counter = new WindowCounter(2);
    counter.record(at(0));
    expect([counter.hasRoom(at(1)), counter.isExceeded(at(1))]).toEqual([true, false]);
    counter.record(at(1));
    expect([counter.hasRoom(at(1)), counter.isExceeded(at(1))]).toEqual([false, false]);
    counter.record(at(2));
    expect([counter.hasRoom(at(2)), counter.isExceeded(at(2))]).toEqual([false, true]);
  });
  it('remembers no more than it needs, however much happens', () => {
    const counter = new WindowCounter(2);
    for (let ms = 0; ms < 10_000; ms++) counter.record(at(ms));
    expect(counter.toJson()).toEqual([9_997, 9_998, 9_999]);
    expect(counter.isExceeded(at(9_999))).toBe(true);
  });
  it('goes on where another run ended', () => {
    const counter = new WindowCounter(2);
    counter.restore([1, 2, 3]);
    expect(counter.isExceeded(at(4))).toBe(true);
    expect(counter.lastMs).toBe(3);
  });
});

describe('the error rate', () => {
  it('breaches above ten within an hour and is clear after half an hour without one', () => {
    const errors = new WindowCounter(PLAIN.risk.errorsPerHourMax);
    expect(errorRate(errors, at(0), PLAIN)).toEqual({ count: 0, max: 10, isBreached: false, isClear: true });
    for (let ms = 1; ms <= 10; ms++) errors.record(at(ms));
    expect(errorRate(errors, at(10), PLAIN)).toMatchObject({ count: 10, isBreached: false, isClear: false });
    errors.record(at(11));
    expect(errorRate(errors, at(11), PLAIN)).toMatchObject({ count: 11, isBreached: true });
    expect(errorRate(errors, at(11 + HOUR_MS / 2 - 1), PLAIN).isClear).toBe(false);
    expect(errorRate(errors, at(11 + HOUR_MS / 2), PLAIN).isClear).toBe(true);
  });
});
