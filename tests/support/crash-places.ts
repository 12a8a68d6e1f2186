/**
 * Every place at which a process can die, numbered as it is passed: each entry of the journal, each batch of the disk
 * before, while and after it is safe, each request before and after its bytes left, when the exchange has done it and when
 * its answer is there, each private frame before and after it was taken. The same seed passes the same places.
 */
import type { VirtualClock } from '../../src/backtest/virtual-clock.ts';
import type { Bystander } from '../../src/backtest/virtual-world.ts';
import type { Random } from '../../src/domain/random.ts';
import type { Socket } from '../../src/exchange/kalshi/sockets.ts';
import type { HttpRequest } from '../../src/exchange/kalshi/transport.ts';
import type { MemoryStore } from '../../src/store/memory-store.ts';
import type { Store } from '../../src/store/store.ts';

export interface Place {
  /** From 1, over all lives of a run. */
  readonly number: number;
  readonly kind: string;
  /** What the trader was doing: states of its charts and its sessions. */
  readonly states: readonly string[];
}

/** One process of the trader, as long as it lives. */
export interface Life {
  readonly number: number;
  isAlive: boolean;
  states: readonly string[];
}

export class Places {
  /** Of the life that began last, in order. */
  seen: Place[] = [];
  readonly #deaths: readonly number[];
  readonly #die: (place: Place) => void;
  #count = 0;
  #next = 0;

  /** @param deaths numbers of the places where the process dies, ascending */
  constructor(deaths: readonly number[], die: (place: Place) => void) {
    this.#deaths = deaths;
    this.#die = die;
  }

  /** Returns whether the process goes on. */
  pass(life: Life | null, kind: string): boolean {
    if (life === null || !life.isAlive) return false;
    const place = { number: ++this.#count, kind, states: life.states };
    this.seen.push(place);
    if (place.number !== this.#deaths[this.#next]) return true;
    this.#next++;
    life.isAlive = false;
    this.#die(place);
    return false;
  }

  /** Deaths that have not come yet. */
  get left(): readonly number[] {
    return this.#deaths.slice(this.#next);
  }
}

/** What a request does, in a word: the part of a place's name that says which. */
export function errandOf({ method, url }: Pick<HttpRequest, 'method' | 'url'>): string {
  const { pathname } = new URL(url);
  if (method === 'GET') return 'read';
  if (pathname.includes('/order_groups')) return 'group';
  if (pathname.endsWith('/amend')) return 'amend';
  if (pathname.endsWith('/decrease')) return 'decrease';
  if (!pathname.includes('/portfolio/events/orders')) return 'write';
  return method === 'DELETE' ? 'cancel' : 'create';
}

export interface Witness {
  /** The bytes of a request are on their way. */
  left(life: Life, request: HttpRequest): void;
  /** The answer of a request reached a process that lives. */
  answered(life: Life, request: HttpRequest, status: number): void;
}

const PRIVATE = ['"type":"fill"', '"type":"user_order"', '"type":"market_position"'];

/** Stands beside a process: its requests as they are handed over, leave and are answered, its private frames. */
export function besideOf(places: Places, life: Life, witness: Witness): Bystander {
  return {
    transport: (inner) => ({
      async send(request) {
        const errand = errandOf(request);
        if (!places.pass(life, `${errand}.handed`)) return never();
        const answer = await inner.send({
          ...request,
          beforeWrite: () => {
            request.beforeWrite?.();
            witness.left(life, request);
            places.pass(life, `${errand}.left`);
          },
        });
        if (!places.pass(life, `${errand}.answered`)) return never();
        witness.answered(life, request, answer.status);
        return answer;
      },
    }),
    sockets: (inner) => ({
      open(url, headers) {
        const socket = inner.open(url, headers);
        const outer: Socket = { ...socket };
        socket.onopen = () => outer.onopen();
        socket.onpong = () => outer.onpong();
        socket.onerror = (message) => outer.onerror(message);
        socket.onclose = (code, reason) => outer.onclose(code, reason);
        socket.onmessage = (text) => {
          const isPrivate = PRIVATE.some((type) => text.includes(type));
          if (isPrivate && !places.pass(life, 'frame.heard')) return;
          outer.onmessage(text);
          if (isPrivate) places.pass(life, 'frame.taken');
        };
        return outer;
      },
    }),
  };
}

/**
 * A disk that takes its time: a batch is written first and safe later, and a death in between leaves it to chance whether
 * it is there. Batches of LevelDB are atomic: what survives is whole batches, in their order.
 */
export function slowDisk(
  disk: MemoryStore,
  options: {
    readonly clock: VirtualClock;
    readonly random: Random;
    readonly places: Places;
    readonly life: Life;
    /** A batch is safe now. */
    readonly onSafe: (keys: readonly { readonly key: string; readonly value: string }[]) => void;
  },
): Store {
  const { clock, random, places, life, onSafe } = options;
  return {
    get: (key) => disk.get(key),
    entries: (range) => disk.entries(range),
    pages: (range) => disk.pages(range),
    close: () => disk.close(),
    async batch(operations, { sync }) {
      const kind = operations.some(({ key }) => key.startsWith('snapshot/')) ? 'snapshot' : 'batch';
      if (!places.pass(life, `${kind}.handed`)) return never();
      await disk.batch(operations, { sync: false });
      if (!places.pass(life, `${kind}.written`)) return never();
      if (!sync) return;
      const tookMs = random.uniform() < 0.03 ? random.integer(20, 120) : random.integer(1, 4);
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, tookMs));
      if (!life.isAlive) return never();
      await disk.batch([], { sync: true });
      onSafe(operations.flatMap((operation) => (operation.type === 'put' ? [operation] : [])));
      if (!places.pass(life, `${kind}.safe`)) return never();
    },
  };
}

export function never<T>(): Promise<T> {
  return new Promise(() => undefined);
}
