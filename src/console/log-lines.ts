/** What the trader says to its log, for those who look at it on the console: the last lines, and every new one. */
import type { Clock, TimerId } from '../domain/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { MakePart } from './console-part.ts';
import { sanitize } from './sanitize.ts';
import type { Viewers } from './viewers.ts';
import type { LogLine } from './wire.ts';

const LAST_SHOWN = 300;
/** What is said within this time travels together. */
const GATHER_MS = 200;

type Level = LogLine['level'];

interface Said {
  readonly wallMs: number;
  readonly level: Level;
  readonly facts: object;
  readonly message: string;
}

/** A log that passes everything on, and keeps the last lines. */
export class LogLines implements Log {
  readonly #log: Log;
  readonly #wall: Clock;
  readonly #last: Said[] = [];
  #fresh: Said[] | null = null;
  #viewers: Viewers | null = null;
  #timer: TimerId | null = null;

  constructor(log: Log, wall: Clock) {
    this.#log = log;
    this.#wall = wall;
  }

  /** Nobody follows it here line by line: it is for those who look for a fault. */
  debug(facts: object, message: string): void {
    this.#log.debug(facts, message);
  }
  info(facts: object, message: string): void {
    this.#log.info(facts, message);
    this.#keep('info', facts, message);
  }
  warn(facts: object, message: string): void {
    this.#log.warn(facts, message);
    this.#keep('warn', facts, message);
  }
  error(facts: object, message: string): void {
    this.#log.error(facts, message);
    this.#keep('error', facts, message);
  }

  /** As a part of the console. */
  readonly part: MakePart = ({ viewers }) => {
    this.#viewers = viewers;
    return {
      topics: {
        log: {
          start: () => {
            this.#fresh = [];
          },
          stop: () => {
            this.#fresh = null;
          },
          greet: (viewer) => viewer.send({ type: 'log', lines: this.#last.map(lineOf) }),
        },
      },
      close: () => {
        this.#fresh = null;
        if (this.#timer !== null) this.#wall.clearTimeout(this.#timer);
      },
    };
  };

  #keep(level: Level, facts: object, message: string): void {
    const said = { wallMs: this.#wall.now(), level, facts, message };
    this.#last.push(said);
    if (this.#last.length > LAST_SHOWN) this.#last.shift();
    if (this.#fresh === null) return;
    this.#fresh.push(said);
    if (this.#fresh.length > LAST_SHOWN) this.#fresh.shift();
    this.#timer ??= this.#wall.setTimeout(() => this.#tell(), GATHER_MS);
  }

  #tell(): void {
    this.#timer = null;
    const lines = this.#fresh;
    if (lines === null || lines.length === 0) return;
    this.#fresh = [];
    this.#viewers?.publish('log', { type: 'log', lines: lines.map(lineOf) });
  }
}

function lineOf({ wallMs, level, facts, message }: Said): LogLine {
  return { wallMs, level, message: String(sanitize(message)), detail: sanitize(facts) };
}
