/** Stands where a body belongs until `provide()` gives it in src/runtime: running a bare chart is a mistake. */
import { fromCallback, fromEventObservable, fromPromise, type NonReducibleUnknown } from 'xstate';
import type { DeadlineLogic } from './deadline.ts';

function missing(name: string): never {
  throw new Error(`The actor "${name}" has no body: provide it in src/runtime`);
}

export function promiseOf<TOutput, TInput extends NonReducibleUnknown = NonReducibleUnknown>(name: string) {
  return fromPromise<TOutput, TInput>(() => missing(name));
}
export function eventsOf<TEvent extends { type: string }, TInput extends NonReducibleUnknown = NonReducibleUnknown>(
  name: string,
) {
  return fromEventObservable<TEvent, TInput>(() => missing(name));
}
export function deadlineOf(): DeadlineLogic {
  return fromCallback(() => missing('deadline')) as DeadlineLogic;
}
