/** What one check of the doctor found. */
import { BothsidesError, type ErrorCode, EXIT, type ExitCode, exitCodeOf, messageOf } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';

export interface Check {
  /** Stable. */
  readonly name: string;
  /** `skipped`: it could not or need not be looked at, and the text says why. */
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
  readonly text: string;
  /** What to do; empty where there is nothing. */
  readonly remedy: string;
  /** Of a failure. */
  readonly code: ErrorCode | null;
  /** Numbers for programs. */
  readonly detail: Json;
}

export function ok(name: string, text: string, detail: Json = null): Check {
  return { name, status: 'ok', text, remedy: '', code: null, detail };
}

export function skipped(name: string, text: string): Check {
  return { name, status: 'skipped', text, remedy: '', code: null, detail: null };
}

export function warn(name: string, text: string, remedy: string, detail: Json = null): Check {
  return { name, status: 'warn', text, remedy, code: null, detail };
}

export function fail(name: string, code: ErrorCode, text: string, remedy: string, detail: Json = null): Check {
  return { name, status: 'fail', text, remedy, code, detail };
}

/** An error that a start would end with. What nobody foresaw is our fault. */
export function failedWith(name: string, error: unknown): Check {
  if (error instanceof BothsidesError) return fail(name, error.code, error.message, error.remedy);
  return fail(name, 'FAULT', `This should not have happened: ${messageOf(error)}`, '');
}

/** From the worst: without data nothing is safe, and an exchange may be back in a minute. */
const WORST_FIRST: readonly ExitCode[] = [
  EXIT.fault,
  EXIT.dataFolder,
  EXIT.credentials,
  EXIT.configuration,
  EXIT.usage,
  EXIT.refused,
  EXIT.unreachable,
];

/** The exit code of the worst failure; 0 without one. */
export function exitOf(checks: readonly Check[]): ExitCode {
  const codes = new Set(
    checks.flatMap(({ code }) => (code === null ? [] : [exitCodeOf(new BothsidesError(code, ''))])),
  );
  return WORST_FIRST.find((code) => codes.has(code)) ?? EXIT.done;
}
