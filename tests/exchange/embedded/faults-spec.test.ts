/** How faults and latency are written, and what is said of a mistake. */
import { describe, expect, it } from 'vitest';
import { readFaults } from '../../../src/cli/exchange-faults.ts';
import { isWithin, untilChange } from '../../../src/exchange/embedded/faults/fault-book.ts';
import { parseLatency } from '../../../src/exchange/embedded/faults/latency.ts';
import { FAULTS, fits, parseFaults } from '../../../src/exchange/embedded/faults/spec.ts';

describe('A list of faults', () => {
  it('is YAML or JSON alike', () => {
    const yaml = '- fault: errorAfter\n  on: { method: POST }\n  probability: 0.1\n';
    const json = '[{"fault":"errorAfter","on":{"method":"POST"},"probability":0.1}]';
    expect(parseFaults(yaml, 'a')).toEqual([
      { fault: 'errorAfter', on: { method: 'POST' }, probability: 0.1, status: 503 },
    ]);
    expect(parseFaults(json, 'a')).toEqual(parseFaults(yaml, 'a'));
    expect(parseFaults('', 'a')).toEqual([]);
    expect(readFaults(json, '--faults')).toEqual(parseFaults(yaml, 'a'));
  });

  it.each([
    ['throttle', 'are not a list'],
    ['[{fault: throttle', 'are not YAML'],
    ['[throttle]', 'Fault 1 in a: Invalid input'],
    ['[{fault: throttle}, {fault: throttel}]', 'Fault 2 (throttel) in a: fault: Invalid'],
    ['[{fault: throttle, probability: 2}]', 'Fault 1 (throttle) in a: probability: Too big'],
    ['[{fault: throttle, at: [0]}]', 'at.0: Too small'],
    ['[{fault: throttle, at: [1], probability: 0.5}]', 'has both probability and at'],
    ['[{fault: throttle, on: {chanel: ticker}}]', 'on: Unrecognized key: "chanel"'],
    ['[{fault: loseFrame, on: {channel: ticker_v2}}]', 'on.channel: Invalid option'],
    ['[{fault: slowAnswer}]', 'delayMs: Invalid input'],
    ['[{fault: clockSkew, fromMs: 0, toMs: 1, skewMs: 0}]', 'skewMs: must not be 0'],
    ['[{fault: exchangePause}]', 'fromMs: Invalid input'],
    ['[{fault: exchangePause, fromMs: 5, toMs: 5}]', 'ends at 5 ms, not after its beginning at 5 ms'],
    ['[{fault: tradingPause, fromMs: 0, toMs: 5, everyMs: 5}]', 'comes again every 5 ms, before it is over'],
    ['[{fault: errorBefore, status: 404}]', 'status: Too small'],
  ])('refuses %s', (text, why) => {
    expect(() => parseFaults(text, 'a')).toThrow(expect.objectContaining({ code: 'CONFIG_VALUE' }));
    expect(() => parseFaults(text, 'a')).toThrow(why);
  });

  it('that is shipped names every fault there is', () => {
    const shipped = new URL('../../../config/faults/storm.yaml', import.meta.url).pathname;
    const named = new Set(readFaults(shipped, '--faults').map(({ fault }) => fault));
    expect([...named].sort()).toEqual([...FAULTS].sort());
  });

  it('that is a file which is not there is said to be so', () => {
    expect(() => readFaults('no-such.yaml', '--faults')).toThrow(expect.objectContaining({ code: 'CONFIG_FILE' }));
  });
});

it('A pattern’s stars stand for anything', () => {
  const texts = ['/orders', '/orders/1', '/orders/1/queue'];
  const fitting = (pattern: string) => texts.filter((text) => fits(pattern, text)).length;
  expect(
    ['/orders', '/orders*', '/orders/*', '*/1/*', '*queue', '/or*1*ue', '*', 'x*', '/ordersorders*orders'].map(fitting),
  ).toEqual([1, 3, 2, 1, 1, 1, 3, 0, 0]);
  expect(fits('aba*aba', 'aba')).toBe(false);
});

it('A window that comes again begins and ends in each round', () => {
  const window = { fromMs: 10, toMs: 20, everyMs: 100 };
  expect([0, 9, 10, 19, 20, 109, 110, 119, 120, 1_015].map((at) => isWithin(window, at))).toEqual([
    false,
    false,
    true,
    true,
    false,
    false,
    true,
    true,
    false,
    true,
  ]);
  expect([0, 10, 20, 115].map((at) => untilChange(window, at))).toEqual([10, 10, 90, 5]);
  expect(untilChange({ fromMs: 10, toMs: 20 }, 20)).toBeNull();
});

describe('Latency', () => {
  it('is one for all legs or one for each', () => {
    const leg = { baseMs: 5, meanMs: 3 };
    const none = { baseMs: 0, meanMs: 0 };
    expect(parseLatency('5+3')).toEqual({ request: leg, response: leg, stream: leg });
    expect(parseLatency('request=5+3, stream=1.5')).toEqual({
      request: leg,
      response: none,
      stream: { baseMs: 1.5, meanMs: 0 },
    });
  });
  it.each(['', '5+', '-1', 'both=5', 'request', '5+3+1'])('refuses %j', (text) => {
    expect(() => parseLatency(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
