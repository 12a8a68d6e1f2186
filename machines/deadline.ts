/**
 * A timer that survives a restart: an actor whose input is an absolute time. XState's own `after` is forgotten by a
 * snapshot and then never fires; an invoked callback starts again from its input, and an overdue one fires at once,
 * in a later turn, never inside `start()`.
 *
 *   waiting (at most an hour at a time: Node's timers overflow past 24.8 days) → `deadline.<name>` to the parent
 */
import { fromCallback } from 'xstate';
import type { Clock } from '../src/domain/clock.ts';

export interface DeadlineInput {
  /** The event that the parent hears is `deadline.<name>`. */
  readonly name: string;
  /** Market time, milliseconds since 1970. */
  readonly atMs: number;
}

/** The longest single wait. */
const STRETCH_MS_MAX = 3_600_000;

/** The deadline logic on a clock (the market's, in a trader). */
export function deadlineOn(clock: Clock) {
  return fromCallback<{ type: string }, DeadlineInput>(({ input, sendBack }) => {
    let timer: unknown;
    const wait = (): void => {
      const leftMs = input.atMs - clock.now();
      timer = clock.setTimeout(
        () => {
          if (clock.now() >= input.atMs) sendBack({ type: `deadline.${input.name}` });
          else wait();
        },
        Math.min(Math.max(leftMs, 0), STRETCH_MS_MAX),
      );
    };
    wait();
    return () => clock.clearTimeout(timer);
  });
}

export type DeadlineLogic = ReturnType<typeof deadlineOn>;
