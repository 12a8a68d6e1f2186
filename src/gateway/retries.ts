/**
 * When a request that was refused may be made again: soon at first, since a cancel is urgent, then ever later, since each
 * try costs tokens.
 */
import type { ClientOrderId } from '../domain/ids.ts';
import type { Result } from './requests.ts';

/** Market milliseconds after the first refusal; every further one in a row doubles it, to the cap. */
const FIRST_MS = 100;
const CAP_MS = 5_000;

interface Retry {
  readonly failures: number;
  readonly notBeforeMs: number;
}

export class Retries {
  readonly #retries = new Map<ClientOrderId, Retry>();

  /** When the next try is due; null when nothing is in its way. Infinity: the venue was closed by us. */
  dueMs(id: ClientOrderId): number | null {
    return this.#retries.get(id)?.notBeforeMs ?? null;
  }

  note(id: ClientOrderId, result: Result, nowMs: number): void {
    const isRefused = result.kind === 'refused' || (result.kind === 'denied' && !HARMLESS.has(result.reason));
    if (!isRefused) {
      this.#retries.delete(id);
      return;
    }
    const failures = (this.#retries.get(id)?.failures ?? 0) + 1;
    const isOver = result.kind === 'denied' && result.reason === 'rateBudget';
    const waitMs = isOver ? Number.POSITIVE_INFINITY : Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
    this.#retries.set(id, { failures, notBeforeMs: nowMs + waitMs });
  }

  forget(id: ClientOrderId): void {
    this.#retries.delete(id);
  }
}

/** Our own second thoughts. */
const HARMLESS: ReadonlySet<string> = new Set(['superseded', 'nothingToCancel']);
