import { describe, expect, it } from 'vitest';
import { chooseMode, parseMode } from '../../src/settings/mode.ts';

const codeOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as { code?: string }).code;
  }
};

describe('The mode', () => {
  it('is sim unless a flag says otherwise', () => {
    expect(chooseMode({ flag: undefined, env: {} })).toBe('sim');
    expect(chooseMode({ flag: 'demo', env: {} })).toBe('demo');
  });

  it('is never chosen by TRADING_MODE', () => {
    expect(chooseMode({ flag: undefined, env: { TRADING_MODE: 'live' } })).toBe('sim');
    expect(chooseMode({ flag: undefined, env: { TRADING_MODE: 'live' }, confirmLive: true })).toBe('sim');
    expect(chooseMode({ flag: 'demo', env: { TRADING_MODE: 'live' } })).toBe('demo');
  });

  it.each([
    { confirmLive: false, env: {}, answer: 'LIVE_UNCONFIRMED' },
    { confirmLive: undefined, env: { TRADING_MODE: 'demo' }, answer: 'LIVE_UNCONFIRMED' },
    { confirmLive: undefined, env: { TRADING_MODE: 'LIVE' }, answer: 'LIVE_UNCONFIRMED' },
    { confirmLive: true, env: {}, answer: 'live' },
    { confirmLive: false, env: { TRADING_MODE: 'live' }, answer: 'live' },
  ])('live is confirmed by flag or variable: $confirmLive, $env → $answer', ({ confirmLive, env, answer }) => {
    expect(codeOf(() => chooseMode({ flag: 'live', env, confirmLive }))).toBe(answer);
  });

  it('that does not exist is refused with those that do', () => {
    expect(codeOf(() => parseMode('prod'))).toBe('USAGE');
    expect(codeOf(() => parseMode(''))).toBe('USAGE');
    expect(codeOf(() => parseMode('Live'))).toBe('USAGE');
  });
});
