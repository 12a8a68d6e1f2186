/** Signals that ask for an end, counted: the first one is heeded in order, the next one at once. */
import type { Clock } from '../domain/clock.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Ctrl-C under `npm start` arrives twice, from the terminal and from npm: what comes so close together is one. */
const SAME_WITHIN_MS = 200;

export interface StopSignals {
  readonly count: number;
  /** Resolves with the first. */
  readonly first: Promise<void>;
  /** Called for every one, those before it included. One listener. */
  heed(listener: () => void): void;
  /** Gives the signals their own meaning back. */
  release(): void;
}

export function listenForSignals(wall: Clock): StopSignals {
  let count = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  let listener: () => void = () => {};
  const first = Promise.withResolvers<void>();
  const onSignal = (): void => {
    const nowMs = wall.now();
    const isSame = nowMs - lastMs < SAME_WITHIN_MS;
    lastMs = nowMs;
    if (isSame) return;
    count++;
    first.resolve();
    listener();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    get count() {
      return count;
    },
    first: first.promise,
    heed(next) {
      listener = next;
      for (let heard = 0; heard < count; heard++) next();
    },
    release() {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
