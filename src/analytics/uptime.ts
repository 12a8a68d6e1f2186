/**
 * For how much of the time in which it should trade it could: in control, the stream live, not halted and not paused. Time
 * between runs is nobody's; a run that died without a word is up until its last entry. Follows the journal, market time.
 */
import type { JournalEntry } from '../domain/journal.ts';

export class Uptime {
  #isRunning = false;
  #isInControl = false;
  #isLive = false;
  #mode = 'active';
  #atMs: number | null = null;
  #upMs = 0;
  #wholeMs = 0;

  take(entry: JournalEntry): void {
    const { kind, data } = entry;
    if (kind === 'run.started') {
      // Of a run that died: what was after its last entry is not known.
      this.#isRunning = true;
      this.#isInControl = false;
      this.#isLive = false;
      this.#atMs = entry.marketMs;
      return;
    }
    this.#count(entry.marketMs);
    switch (kind) {
      case 'run.ready':
        this.#isInControl = true;
        break;
      case 'run.ended':
      case 'run.refused':
        this.#isRunning = false;
        break;
      case 'risk.moded':
        this.#mode = (data as { mode: string }).mode;
        break;
      case 'actor.moved': {
        const { machine, to } = data as { machine: string; to: { stream?: { connected?: string } } | null };
        if (machine === 'marketFeed') this.#isLive = to?.stream?.connected === 'live';
        break;
      }
    }
  }

  get wholeMs(): number {
    return this.#wholeMs;
  }
  share(): number | null {
    return this.#wholeMs === 0 ? null : this.#upMs / this.#wholeMs;
  }

  #count(nowMs: number): void {
    if (!this.#isRunning || this.#atMs === null) return;
    const ms = Math.max(0, nowMs - this.#atMs);
    this.#atMs = nowMs;
    this.#wholeMs += ms;
    if (this.#isInControl && this.#isLive && (this.#mode === 'active' || this.#mode === 'reducing')) this.#upMs += ms;
  }
}
