/**
 * Actors over time, from the journal: how one came to where it is, and who was where at any moment. Built when somebody
 * first asks, in pieces with pauses between them, then kept up with every entry that is written.
 */
import type { Subscription } from 'rxjs';
import { type Clocks, sleep } from '../domain/clock.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import type { Past } from './console-part.ts';
import { MoveTable } from './move-table.ts';
import type { History, Mark, Moment, Moments, Move } from './wire.ts';

const DENSITY_PARTS = 240;
const MARKS_MAX = 2_000;
/** Of the time that building takes, the pauses: whoever quotes in the same thread comes first. */
const PAUSE_SHARE = 4;

export class Timeline {
  readonly #past: Past;
  readonly #clocks: Clocks;
  readonly #isLive: boolean;
  readonly #table = new MoveTable();
  #marks: Mark[] = [];
  #building: Promise<void> | null = null;
  #subscription: Subscription | null = null;

  constructor(past: Past, clocks: Clocks, isLive: boolean) {
    this.#past = past;
    this.#clocks = clocks;
    this.#isLive = isLive;
  }

  async history(actor: string, before: number, limit: number): Promise<History> {
    await this.#built();
    return this.#table.history(actor, before, limit);
  }

  async at(ms: number): Promise<Moment> {
    await this.#built();
    return { atMs: ms, actors: this.#table.at(ms) };
  }

  async moments(): Promise<Moments> {
    await this.#built();
    const { firstMs, lastMs, forgotten } = this.#table;
    return { firstMs, lastMs, density: this.#table.density(DENSITY_PARTS), marks: this.#marks, forgotten };
  }

  close(): void {
    this.#subscription?.unsubscribe();
  }

  #built(): Promise<void> {
    this.#building ??= this.#build().catch((error: unknown) => {
      // The next one who asks tries again.
      this.#building = null;
      throw error;
    });
    return this.#building;
  }

  async #build(): Promise<void> {
    let next = 1;
    const waiting: JournalEntry[] = [];
    let isCaughtUp = false;
    this.#subscription?.unsubscribe();
    this.#subscription = this.#past.entries$.subscribe((entry) => {
      if (isCaughtUp) this.#take(entry);
      else if (isOfInterest(entry)) waiting.push(entry);
    });
    let beganMs = this.#clocks.monotonicMs();
    for await (const page of this.#past.readPages(1)) {
      for (const entry of page) this.#take(entry);
      next = (page.at(-1)?.sequence ?? next) + 1;
      if (this.#isLive) await sleep(this.#clocks.wall, (this.#clocks.monotonicMs() - beganMs) * PAUSE_SHARE);
      beganMs = this.#clocks.monotonicMs();
    }
    isCaughtUp = true;
    for (const entry of waiting) if (entry.sequence >= next) this.#take(entry);
  }

  #take({ sequence, marketMs, wallMs, kind, data }: JournalEntry): void {
    if (kind === 'actor.moved') {
      this.#table.add(moveOf(data, { sequence, atMs: marketMs, wallMs }));
      return;
    }
    const mark = markOf(kind, data);
    if (mark === null) return;
    if (mark.kind === 'started') this.#table.endAll();
    this.#marks.push({ sequence, atMs: marketMs, ...mark });
    if (this.#marks.length > MARKS_MAX) this.#marks.shift();
  }
}

function isOfInterest({ kind }: JournalEntry): boolean {
  return kind === 'actor.moved' || kind === 'risk.moded' || kind.startsWith('run.');
}

function moveOf(data: Json, at: Pick<Move, 'sequence' | 'atMs' | 'wallMs'>) {
  const moved = data as unknown as Partial<Move> &
    Pick<Move, 'actor' | 'machine'> & { readonly parent?: string | null };
  return {
    ...at,
    actor: moved.actor,
    machine: moved.machine,
    from: moved.from ?? null,
    to: moved.to ?? null,
    event: moved.event ?? null,
    reason: moved.reason ?? null,
    status: moved.status ?? 'active',
    parent: moved.parent ?? null,
  };
}

function markOf(kind: string, data: Json): Pick<Mark, 'kind' | 'text'> | null {
  const facts = data as Readonly<Record<string, Json>>;
  switch (kind) {
    case 'run.started':
      return { kind: 'started', text: `run ${facts.run} began in mode ${facts.mode}` };
    case 'run.ended':
      return { kind: 'ended', text: `ended with exit ${facts.exit}` };
    case 'run.refused':
      return { kind: 'refused', text: String(facts.error) };
    case 'run.faulted':
      return { kind: 'faulted', text: String(facts.error) };
    case 'risk.moded':
      return { kind: facts.mode === 'halted' ? 'halted' : 'moded', text: `risk mode ${facts.mode}` };
    default:
      return null;
  }
}
