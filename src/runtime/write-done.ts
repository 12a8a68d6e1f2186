/** A write's outcome where only one answer will do. */
import type { WriteOutcome } from '../exchange/port.ts';

export function isNotFound(outcome: WriteOutcome<unknown>): boolean {
  return outcome.kind === 'rejected' && outcome.status === 404;
}

/** What was done; otherwise an error that says what came instead. */
export function doneOf<T>(outcome: WriteOutcome<T>): T {
  switch (outcome.kind) {
    case 'accepted':
      return outcome.value;
    case 'rejected':
      throw new Error(`the venue refused: ${outcome.code} ${outcome.message}`.trim());
    case 'throttled':
      throw new Error('too many requests');
    case 'denied':
      throw new Error(`not sent: ${outcome.reason}`);
    case 'unknown':
      throw new Error(`no clear answer: ${outcome.cause}`);
  }
}
