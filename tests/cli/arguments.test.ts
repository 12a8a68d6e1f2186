import { describe, expect, it } from 'vitest';
import {
  durationArgument,
  integerArgument,
  listArgument,
  parseDuration,
  portArgument,
  repeated,
  speedArgument,
} from '../../src/cli/arguments.ts';
import { alignColumns } from '../../src/cli/output.ts';

describe('Durations', () => {
  it.each([
    ['500ms', 500],
    ['60s', 60_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['1.5h', 5_400_000],
    ['1d', 86_400_000],
  ])('%s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
    expect(durationArgument(text)).toBe(milliseconds);
  });

  it.each(['', '60', 's', '-5s', '0s', '5 s', '5sec', '1e3s', '0x10s', 'Infinitys'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow('is not a duration');
    expect(() => durationArgument(text)).toThrow('like 500ms, 60s, 10m or 2h');
  });
});

describe('Other arguments', () => {
  it('are read or refused whole', () => {
    expect(integerArgument('-7')).toBe(-7);
    for (const text of ['', '1.5', '7x', '1e3', '99999999999999999999']) {
      expect(() => integerArgument(text), text).toThrow('whole number');
    }
    expect(speedArgument('0.5')).toBe(0.5);
    for (const text of ['', ' ', '0', '-1', 'fast', 'Infinity', '1001']) {
      expect(() => speedArgument(text), text).toThrow('above 0');
    }
    expect(portArgument('0')).toBe(0);
    for (const text of ['', '65536', '-1', '80a']) expect(() => portArgument(text), text).toThrow('0 to 65535');
    expect(listArgument('A, B,,C')).toEqual(['A', 'B', 'C']);
    expect(() => listArgument(' , ')).toThrow('separated by commas');
    expect(repeated('b', repeated('a'))).toEqual(['a', 'b']);
  });
});

describe('Columns', () => {
  it('line up and leave no blanks behind', () => {
    const text = alignColumns([
      ['a', 'long', 'x'],
      ['abc', 'b', ''],
    ]);
    expect(text).toBe('a    long  x\nabc  b');
  });
});
