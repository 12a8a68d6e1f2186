import { BothsidesError } from './errors.ts';

/** Checks an invariant of our own code. A failure is our fault (exit 70), never the user's or the venue's. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BothsidesError('FAULT', `Invariant broken: ${message}`);
}

/** Marks a branch that the types say cannot be reached. */
export function unreachable(value: never, message = 'unreachable value'): never {
  throw new BothsidesError('FAULT', `${message}: ${JSON.stringify(value)}`);
}
