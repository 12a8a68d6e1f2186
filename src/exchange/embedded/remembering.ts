/** An exchange's life with a memory: the past is lived through again, and from then on what comes from outside is kept. */
import { assert } from '../../domain/assert.ts';
import type { Clock, TimerId } from '../../domain/clock.ts';
import { BothsidesError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { UnixMs } from '../../domain/units.ts';
import type { AuditedEngine } from './engine.ts';
import { ACCOUNT_COMMANDS, COMMANDS, type Command, type Entry, type Memory } from './memory.ts';
import { CROWD, type EngineEvent, type UserId } from './model.ts';
import type { PacedClock } from './paced-clock.ts';

/** While the process lives, no more than this of wall time is forgotten when it dies. */
const MARK_EVERY_MS = 1_000;
const LONG_MS = 1_000;

export interface RememberingOptions {
  readonly memory: Memory;
  /** What was recalled of it. */
  readonly entries: Iterable<Entry>;
  readonly engine: AuditedEngine;
  /** Stands at the beginning. */
  readonly market: PacedClock;
  readonly wall: Clock;
  readonly openAccount: (user: UserId) => void;
  readonly startFlow: () => void;
  /** How often the flow has acted: tells one market from another. */
  readonly actions: () => number;
  readonly onFault: (error: unknown) => void;
  /** Once, when the past takes longer than a person waits without a word. */
  readonly onLongPast: () => void;
}

export interface Remembering {
  /** Keeps a command before it is done. Whatever comes from outside goes through this one. */
  readonly engine: AuditedEngine;
  readonly isRebuilding: boolean;
  /** Lives through the past; market time stands at its end. Throws what the memory throws, and DATA_VERSION. */
  rebuild(): void;
  /** The flow begins, unless it has in an earlier life. From here on market time is kept as well. */
  start(): void;
  /** Market time stays where it is now. */
  stop(): void;
}

export function createRemembering(options: RememberingOptions): Remembering {
  const { memory, engine, market, wall } = options;
  let isRebuilding = true;
  let isStarted = false;
  let keptMs = market.now();
  let timer: TimerId | null = null;

  function keep(act: Entry['act'], args: readonly Json[] = []): void {
    const atMs = market.now();
    memory.append({ atMs, act, args });
    keptMs = atMs;
  }

  function figures(): number[] {
    const { cash, openInterest, fees } = engine.audit();
    return [options.actions(), cash, openInterest, fees];
  }

  /** Whoever hears that something became of an account may rely on it: a later life must not come out before it. */
  function hear(event: EngineEvent): void {
    if (isRebuilding || keptMs >= market.now() || !concernsAccount(event)) return;
    try {
      keep('time');
    } catch (error) {
      options.onFault(error);
    }
  }

  function mark(): void {
    market.catchUp();
    if (market.now() > keptMs) keep('time', figures());
  }

  function beat(): void {
    timer = wall.setTimeout(() => {
      try {
        mark();
      } catch (error) {
        options.onFault(error);
      }
      beat();
    }, MARK_EVERY_MS);
  }

  function live({ atMs, act, args }: Entry): void {
    market.advanceTo(atMs);
    if (act === 'time') checkFigures(args, figures, atMs, memory.name);
    else if (act === 'start') begin();
    else {
      const [user] = args;
      if (OF_ACCOUNTS.has(act) && typeof user === 'string' && user !== CROWD && !engine.hasAccount(user)) {
        // It is served no more; what it did is part of the market all the same.
        options.openAccount(user);
      }
      try {
        command(engine, act, args);
      } catch (error) {
        // It failed then as it does now, and was told then; what it left behind is the same.
        options.onFault(error);
      }
    }
  }

  function begin(): void {
    isStarted = true;
    options.startFlow();
  }

  // Before any other listener: what is told is kept first.
  engine.events.subscribe(hear);
  return {
    engine: withCommands(engine, (act, args) => {
      assert(!market.isAdvancing, `${act} from within the market: commands come from outside`);
      market.catchUp();
      keep(act, args);
      return command(engine, act, args);
    }),
    get isRebuilding() {
      return isRebuilding;
    },
    rebuild() {
      const beganMs = wall.now();
      let isLong = false;
      for (const entry of options.entries) {
        live(entry);
        if (isLong || wall.now() - beganMs < LONG_MS) continue;
        isLong = true;
        options.onLongPast();
      }
      keptMs = market.now();
      isRebuilding = false;
    },
    start() {
      market.catchUp();
      if (!isStarted) {
        keep('start');
        begin();
      }
      beat();
    },
    stop() {
      if (timer !== null) wall.clearTimeout(timer);
      try {
        mark();
      } finally {
        memory.close();
      }
    },
  };
}

const OF_ACCOUNTS: ReadonlySet<Command> = new Set(ACCOUNT_COMMANDS);

const TELLS_OF_ACCOUNT: ReadonlySet<EngineEvent['type']> = new Set([
  'fill',
  'order',
  'position',
  'orderGroup',
  'settlement',
  'transfer',
]);

function concernsAccount({ type }: EngineEvent): boolean {
  return TELLS_OF_ACCOUNT.has(type);
}

function command(engine: AuditedEngine, act: Command, args: readonly unknown[]): unknown {
  return (engine[act] as (...args: readonly unknown[]) => unknown)(...args);
}

/** The same engine, but for its commands. */
function withCommands(engine: AuditedEngine, run: (act: Command, args: readonly Json[]) => unknown): AuditedEngine {
  const commands = COMMANDS.map((act) => [act, { value: (...args: readonly Json[]) => run(act, args) }] as const);
  return Object.create(engine, Object.fromEntries(commands)) as AuditedEngine;
}

/** A program that makes another market of the same past would carry on with accounts that have no history. */
function checkFigures(kept: readonly Json[], figures: () => number[], atMs: UnixMs, name: string): void {
  if (kept.length === 0) return;
  const now = figures();
  if (now.length === kept.length && now.every((figure, index) => figure === kept[index])) return;
  throw new BothsidesError(
    'DATA_VERSION',
    `The market that ${name} remembers does not come out again: at market time ${new Date(atMs).toISOString()} it has ${now.join(', ')} where there were ${kept.join(', ')} (actions, cash, open interest, fees).`,
    {
      remedy:
        'Start the version of the program that wrote it, or choose another folder with --data. Nothing was changed.',
    },
  );
}
