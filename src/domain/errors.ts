/**
 * Every failure that a person or a program may have to act on carries a stable code.
 * Codes are part of the public surface: logs, `--json` output and tests key on them; texts may be reworded.
 */
export type ErrorCode =
  | 'USAGE'
  | 'NOT_BUILT'
  | 'CONFIG_FILE'
  | 'CONFIG_KEY'
  | 'CONFIG_VALUE'
  | 'CONFIG_CONFLICT'
  | 'CREDENTIALS_MISSING'
  | 'CREDENTIALS_UNREADABLE'
  | 'CREDENTIALS_REFUSED'
  | 'DATA_IN_USE'
  | 'DATA_MISMATCH'
  | 'DATA_DAMAGED'
  | 'DATA_UNWRITABLE'
  | 'DATA_VERSION'
  | 'RECONCILE_REFUSED'
  | 'ORDERS_LEFT'
  | 'EXCHANGE_UNREACHABLE'
  | 'EXCHANGE_NONSENSE'
  | 'PORT_IN_USE'
  | 'RECORDING_UNREADABLE'
  | 'LIVE_UNCONFIRMED'
  | 'HALTED'
  | 'FAULT';

/** Exit codes of every command (stable): see `exitCodeOf`. */
export const EXIT = {
  done: 0,
  usage: 2,
  configuration: 3,
  credentials: 4,
  dataFolder: 5,
  refused: 6,
  ordersLeft: 7,
  unreachable: 8,
  halted: 9,
  fault: 70,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const EXIT_OF: Record<ErrorCode, ExitCode> = {
  USAGE: EXIT.usage,
  NOT_BUILT: EXIT.usage,
  CONFIG_FILE: EXIT.configuration,
  CONFIG_KEY: EXIT.configuration,
  CONFIG_VALUE: EXIT.configuration,
  CONFIG_CONFLICT: EXIT.configuration,
  PORT_IN_USE: EXIT.configuration,
  LIVE_UNCONFIRMED: EXIT.usage,
  CREDENTIALS_MISSING: EXIT.credentials,
  CREDENTIALS_UNREADABLE: EXIT.credentials,
  CREDENTIALS_REFUSED: EXIT.credentials,
  DATA_IN_USE: EXIT.dataFolder,
  DATA_MISMATCH: EXIT.dataFolder,
  DATA_DAMAGED: EXIT.dataFolder,
  DATA_UNWRITABLE: EXIT.dataFolder,
  DATA_VERSION: EXIT.dataFolder,
  RECORDING_UNREADABLE: EXIT.usage,
  RECONCILE_REFUSED: EXIT.refused,
  ORDERS_LEFT: EXIT.ordersLeft,
  EXCHANGE_UNREACHABLE: EXIT.unreachable,
  EXCHANGE_NONSENSE: EXIT.unreachable,
  HALTED: EXIT.halted,
  FAULT: EXIT.fault,
};

/** A failure with a code, a sentence that says what failed on what, and what to do about it. */
export class BothsidesError extends Error {
  override readonly name = 'BothsidesError';
  readonly code: ErrorCode;
  /** What the reader can do; a full sentence, or empty. */
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy ?? '';
  }
}

/** The process exit code that belongs to an error; anything unforeseen is our fault (70). */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof BothsidesError ? EXIT_OF[error.code] : EXIT.fault;
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
