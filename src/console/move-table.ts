/**
 * Every change of state of every machine, in columns: a million of them take 50 MB, and what everybody's state was at any
 * moment is found without reading the journal again. The oldest are forgotten first.
 */
import type { Json } from '../domain/json.ts';
import type { ActorFacts, Move } from './wire.ts';

/** So many moves are forgotten at a time, and between two full pictures. */
const CHUNK = 4_096;
export const MOVES_MAX = 1_000_000;
const NONE = 0xffff_ffff;
const STATUSES = ['active', 'done', 'error', 'stopped'] as const;

/** What a move was, as the journal has it. */
export interface MoveFacts extends Move {
  /** Known of an actor's first move. */
  readonly parent: string | null;
}

interface Chunk {
  readonly sequence: Float64Array;
  readonly atMs: Float64Array;
  readonly wallMs: Float64Array;
  readonly actor: Uint32Array;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly event: Uint32Array;
  readonly reason: Uint32Array;
  /** The same actor's move before. */
  readonly previous: Uint32Array;
  readonly status: Uint8Array;
  /** Who lived when this chunk began: actor → its state and since when. */
  readonly before: ReadonlyMap<number, Standing>;
}

interface Standing {
  readonly to: number;
  readonly sinceMs: number;
}

interface Actor {
  readonly id: string;
  readonly machine: string;
  parent: string | null;
  /** Number of its last move. */
  last: number;
}

/** Texts by number, so that a state is kept once. */
class Texts {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  numberOf(text: string | null): number {
    if (text === null) return NONE;
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#texts.length;
      this.#texts.push(text);
      this.#numbers.set(text, number);
    }
    return number;
  }
  textOf(number: number): string | null {
    return number === NONE ? null : this.#texts[number]!;
  }
}

export class MoveTable {
  readonly #chunks: Chunk[] = [];
  readonly #max: number;
  readonly #texts = new Texts();
  readonly #actors: Actor[] = [];
  readonly #numberOfActor = new Map<string, number>();
  readonly #living = new Map<number, Standing>();
  /** Before which moves all actors ended, rising. */
  readonly #ends: number[] = [];
  /** Moves by number: those before `#first` are forgotten. */
  #first = 0;
  #next = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(max = MOVES_MAX) {
    this.#max = max;
  }

  get count(): number {
    return this.#next - this.#first;
  }
  get forgotten(): number {
    return this.#first;
  }
  get firstMs(): number | null {
    return this.count === 0 ? null : this.#timeOf(this.#first);
  }
  get lastMs(): number | null {
    return this.count === 0 ? null : this.#lastMs;
  }

  add(move: MoveFacts): void {
    const index = this.#next % CHUNK;
    if (index === 0) this.#grow();
    const chunk = this.#chunks.at(-1)!;
    const actor = this.#actorNumber(move);
    const to = this.#texts.numberOf(JSON.stringify(move.to));
    // A clock that was corrected does not put moves out of their order.
    this.#lastMs = Math.max(this.#lastMs, move.atMs);
    chunk.sequence[index] = move.sequence;
    chunk.atMs[index] = this.#lastMs;
    chunk.wallMs[index] = move.wallMs;
    chunk.actor[index] = actor;
    chunk.from[index] = this.#texts.numberOf(move.from === null ? null : JSON.stringify(move.from));
    chunk.to[index] = to;
    chunk.event[index] = this.#texts.numberOf(move.event);
    chunk.reason[index] = this.#texts.numberOf(move.reason);
    chunk.previous[index] = this.#actors[actor]!.last;
    chunk.status[index] = STATUSES.indexOf(move.status);
    this.#actors[actor]!.last = this.#next++;
    if (move.status === 'active') this.#living.set(actor, { to, sinceMs: this.#lastMs });
    else this.#living.delete(actor);
  }

  /** A process ended, and all its actors with it. */
  endAll(): void {
    this.#living.clear();
    if (this.#ends.at(-1) !== this.#next) this.#ends.push(this.#next);
  }

  /** Newest first, before this entry of the journal. */
  history(actor: string, before: number, limit: number): { moves: Move[]; before: number | null } {
    const moves: Move[] = [];
    const number = this.#numberOfActor.get(actor);
    let at = number === undefined ? NONE : this.#actors[number]!.last;
    while (this.#isHeld(at)) {
      const [chunk, index] = this.#find(at);
      if (chunk.sequence[index]! < before) {
        if (moves.length === limit) return { moves, before: moves.at(-1)!.sequence };
        moves.push(this.#moveAt(chunk, index));
      }
      at = chunk.previous[index]!;
    }
    return { moves, before: null };
  }

  /** Everybody who lived at this time, in the state of then. */
  at(ms: number): ActorFacts[] {
    const end = this.#numberAfter(ms);
    if (end <= this.#first) return [];
    const chunk = this.#chunks[this.#chunkOf(end - 1)]!;
    const living = new Map(chunk.before);
    const begin = Math.floor((end - 1) / CHUNK) * CHUNK;
    let ended = this.#ends.findIndex((number) => number > begin);
    for (let number = begin; number < end; number++) {
      if (ended >= 0 && this.#ends[ended] === number) {
        living.clear();
        ended++;
      }
      const index = number - begin;
      const actor = chunk.actor[index]!;
      if (chunk.status[index] === 0) living.set(actor, { to: chunk.to[index]!, sinceMs: chunk.atMs[index]! });
      else living.delete(actor);
    }
    return [...living].map(([actor, standing]) => this.#factsOf(actor, standing));
  }

  /** How many moves fell into each of so many equal parts of the time. */
  density(parts: number): number[] {
    const { firstMs, lastMs } = this;
    if (firstMs === null || lastMs === null) return [];
    const counts: number[] = [];
    let before = this.#first;
    for (let part = 1; part <= parts; part++) {
      const end = part === parts ? this.#next : this.#numberAfter(firstMs + ((lastMs - firstMs) * part) / parts);
      counts.push(end - before);
      before = end;
    }
    return counts;
  }

  #factsOf(actor: number, { to, sinceMs }: Standing): ActorFacts {
    const { id, machine, parent } = this.#actors[actor]!;
    return { id, machine, parent, state: JSON.parse(this.#texts.textOf(to)!) as Json, sinceMs };
  }

  #moveAt(chunk: Chunk, index: number): Move {
    const { id, machine } = this.#actors[chunk.actor[index]!]!;
    const from = this.#texts.textOf(chunk.from[index]!);
    return {
      sequence: chunk.sequence[index]!,
      atMs: chunk.atMs[index]!,
      wallMs: chunk.wallMs[index]!,
      actor: id,
      machine,
      from: from === null ? null : (JSON.parse(from) as Json),
      to: JSON.parse(this.#texts.textOf(chunk.to[index]!)!) as Json,
      event: this.#texts.textOf(chunk.event[index]!),
      reason: this.#texts.textOf(chunk.reason[index]!),
      status: STATUSES[chunk.status[index]!]!,
    };
  }

  #actorNumber({ actor, machine, parent }: MoveFacts): number {
    const known = this.#numberOfActor.get(actor);
    if (known !== undefined) {
      this.#actors[known]!.parent = parent ?? this.#actors[known]!.parent;
      return known;
    }
    const number = this.#actors.length;
    this.#actors.push({ id: actor, machine, parent, last: NONE });
    this.#numberOfActor.set(actor, number);
    return number;
  }

  #grow(): void {
    if (this.count + CHUNK > this.#max && this.#chunks.length > 1) {
      this.#chunks.shift();
      this.#first += CHUNK;
    }
    this.#chunks.push({
      sequence: new Float64Array(CHUNK),
      atMs: new Float64Array(CHUNK),
      wallMs: new Float64Array(CHUNK),
      actor: new Uint32Array(CHUNK),
      from: new Uint32Array(CHUNK),
      to: new Uint32Array(CHUNK),
      event: new Uint32Array(CHUNK),
      reason: new Uint32Array(CHUNK),
      previous: new Uint32Array(CHUNK),
      status: new Uint8Array(CHUNK),
      before: new Map(this.#living),
    });
  }

  #isHeld(number: number): boolean {
    return number !== NONE && number >= this.#first;
  }

  #chunkOf(number: number): number {
    return Math.floor((number - this.#first) / CHUNK);
  }

  #find(number: number): [Chunk, number] {
    return [this.#chunks[this.#chunkOf(number)]!, number % CHUNK];
  }

  #timeOf(number: number): number {
    const [chunk, index] = this.#find(number);
    return chunk.atMs[index]!;
  }

  /** The number of the first move after this time. */
  #numberAfter(ms: number): number {
    let low = this.#first;
    let high = this.#next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#timeOf(middle) <= ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
