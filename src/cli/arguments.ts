/** What flags mean. Each parser refuses with a sentence that says how the value is written. */
import { InvalidArgumentError } from 'commander';
import { BothsidesError } from '../domain/errors.ts';

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** "500ms", "60s", "10m", "2h", "1.5h", "1d" → milliseconds, above 0. Throws USAGE. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim());
  const milliseconds = match === null ? 0 : Math.round(Number(match[1]) * DURATION_UNITS[match[2]!]!);
  if (milliseconds <= 0) {
    throw new BothsidesError('USAGE', `${JSON.stringify(text)} is not a duration.`, { remedy: HOW.duration });
  }
  return milliseconds;
}

const HOW = {
  duration: 'Write a number above 0 and a unit, like 500ms, 60s, 10m or 2h.',
  integer: 'Write a whole number.',
  speed: 'Write a number above 0 and at most 1000.',
  port: 'Write a port from 0 to 65535; 0 takes a free one.',
} as const;

/** For commander's options: the same as `parseDuration`, refused with the option's name. */
export function durationArgument(text: string): number {
  try {
    return parseDuration(text);
  } catch (error) {
    if (error instanceof BothsidesError) throw new InvalidArgumentError(HOW.duration);
    throw error;
  }
}

/** Any whole number, for seeds. */
export function integerArgument(text: string): number {
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(Number(text))) throw new InvalidArgumentError(HOW.integer);
  return Number(text);
}

/** No machine keeps up with a market that runs faster. */
const SPEED_MAX = 1_000;

/** Market time against wall time. */
export function speedArgument(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0) || value > SPEED_MAX) throw new InvalidArgumentError(HOW.speed);
  return value;
}

export function portArgument(text: string): number {
  if (!/^\d+$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError(HOW.port);
  return Number(text);
}

/** `A,B` → two names, trimmed; at least one. */
export function listArgument(text: string): readonly string[] {
  const names = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) throw new InvalidArgumentError('Write names separated by commas.');
  return names;
}

/** Collects a flag that may be given more than once. */
export function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
