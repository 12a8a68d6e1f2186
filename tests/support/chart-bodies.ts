/** Bodies for a chart's actors that a test drives by hand: streams that know who listens, promises that wait for their answer. */
import { Observable, Subject } from 'rxjs';
import {
  type AnyActorRef,
  type AnyEventObject,
  type AnyStateMachine,
  createActor,
  type EventObject,
  fromEventObservable,
  fromPromise,
  type InspectionEvent,
  type NonReducibleUnknown,
  setup,
} from 'xstate';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { unixMs } from '../../src/domain/units.ts';

/** Where the test clocks begin. */
export const T0_MS = 1_800_000_000_000;

export function clockAt(startMs = T0_MS): ManualClock {
  return new ManualClock(unixMs(startMs));
}

/** One macrotask: everything that promises of this turn woke has run. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A stream that a test speaks into. */
export class Tap<TEvent extends EventObject, TInput extends NonReducibleUnknown = NonReducibleUnknown> {
  listeners = 0;
  readonly inputs: TInput[] = [];
  /** Called when somebody begins to listen. */
  onOpen: () => void = () => undefined;
  #subject = new Subject<TEvent>();

  say(...events: readonly TEvent[]): void {
    for (const event of events) this.#subject.next(event);
  }
  fail(error: unknown): void {
    const broken = this.#subject;
    this.#subject = new Subject();
    // Who is told of the break listens no more, whatever the break makes them do next.
    const left = this.listeners;
    this.listeners = 0;
    broken.error(error);
    this.listeners += left;
  }
  end(): void {
    const ended = this.#subject;
    this.#subject = new Subject();
    ended.complete();
  }

  readonly body = fromEventObservable<TEvent, TInput>(
    ({ input }) =>
      new Observable((subscriber) => {
        this.listeners++;
        this.inputs.push(input);
        this.onOpen();
        const subscription = this.#subject.subscribe(subscriber);
        subscription.add(() => this.listeners--);
        return subscription;
      }),
  );
}

interface Question<TAnswer, TInput> {
  readonly input: TInput;
  readonly signal: AbortSignal;
  resolve(answer: TAnswer): void;
  reject(error: unknown): void;
}

/** A promise that a test answers, as often as it is asked. */
export class Asked<TAnswer, TInput extends NonReducibleUnknown = NonReducibleUnknown> {
  readonly questions: Question<TAnswer, TInput>[] = [];
  /** Called when it is asked. */
  onAsked: (input: TInput) => void = () => undefined;

  /** Asked, not answered and not called off. */
  get open(): Question<TAnswer, TInput>[] {
    return this.questions.filter((question) => !question.signal.aborted && !this.#answered.has(question));
  }
  readonly #answered = new Set<Question<TAnswer, TInput>>();

  async answer(answer: TAnswer): Promise<void> {
    this.#last().resolve(answer);
    await settle();
  }
  async refuse(error: unknown): Promise<void> {
    this.#last().reject(error);
    await settle();
  }
  #last(): Question<TAnswer, TInput> {
    const question = this.open.at(-1);
    if (question === undefined) throw new Error('Nobody waits for an answer');
    this.#answered.add(question);
    return question;
  }

  readonly body = fromPromise<TAnswer, TInput>(
    ({ input, signal }) =>
      new Promise((resolve, reject) => {
        this.questions.push({ input, signal, resolve, reject });
        this.onAsked(input);
      }),
  );
}

/** A chart under a parent that only listens: what it tells upwards is in `heard`. */
export function underParent(
  chart: AnyStateMachine,
  options: {
    readonly clock: ManualClock;
    readonly inspect: (event: InspectionEvent) => void;
    readonly input?: unknown;
  },
): { readonly child: AnyActorRef; readonly heard: AnyEventObject[]; readonly stop: () => void } {
  const heard: AnyEventObject[] = [];
  const parent = setup({
    actors: { chart },
    actions: { hear: ({ event }) => void heard.push(event) },
  }).createMachine({
    invoke: { id: 'child', src: 'chart', input: options.input as never },
    on: { '*': { actions: 'hear' } },
  });
  const actor = createActor(parent, { clock: options.clock, inspect: options.inspect });
  actor.start();
  return {
    child: (actor.getSnapshot().children as Record<string, AnyActorRef>).child!,
    heard,
    stop: () => actor.stop(),
  };
}
