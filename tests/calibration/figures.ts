/**
 * What a market looks like, in figures that can be had of a recording and of a synthetic market alike. Only moments count in
 * which both sides stand and the middle lies between 5 and 95¢: nearer to certainty every market looks the same.
 */

/** A market at one moment; what a recording does not tell is null. */
export interface Look {
  readonly market: string;
  readonly atMs: number;
  /** Cents. */
  readonly bid: number;
  readonly ask: number;
  /** Contracts at the touch. */
  readonly touch: readonly [bid: number, ask: number] | null;
  /** Contracts at the ten best prices. */
  readonly ten: readonly [bid: number, ask: number] | null;
}

export type Quantile = 0.25 | 0.5 | 0.75 | 0.9;

/** In the order of the table. */
export const FIGURES = {
  spread25: 'spread ¢, lower quarter',
  spread50: 'spread ¢, median',
  spread75: 'spread ¢, upper quarter',
  spread90: 'spread ¢, 90 %',
  touch25: 'contracts at the touch, lower quarter',
  touch50: 'contracts at the touch, median',
  touch75: 'contracts at the touch, upper quarter',
  ten50: 'contracts over ten levels, median',
  updates: 'changes of the book a second',
  touchMoves: 'moves of the touch a minute',
  tradedSeconds: 'seconds with a trade a minute',
  contracts: 'contracts traded a minute',
  move50: '1-min change of the middle ¢, median',
  move75: '1-min change of the middle ¢, upper quarter',
  move90: '1-min change of the middle ¢, 90 %',
  move99: '1-min change of the middle ¢, 99 %',
} as const;
export type FigureName = keyof typeof FIGURES;
export type Figures = Readonly<Partial<Record<FigureName, number>>>;

const MID_CENTS_MIN = 5;
const MID_CENTS_MAX = 95;
const MINUTE_MS = 60_000;
/** Fewer observations make no figure. */
const ENOUGH = 30;

export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

/** No bid, no ask: 0. */
export function counts({ bid, ask }: Pick<Look, 'bid' | 'ask'>): boolean {
  const mid = (bid + ask) / 2;
  return bid > 0 && ask > bid && mid >= MID_CENTS_MIN && mid <= MID_CENTS_MAX;
}

export class Observer {
  readonly #everyMs: number;
  readonly #spreads: number[] = [];
  readonly #touches: number[] = [];
  readonly #tens: number[] = [];
  /** By market and look's number. */
  readonly #mids = new Map<string, Map<number, number>>();
  #looks = 0;
  #updates: number | null = null;
  #touchMoves: number | null = null;
  #tradedSeconds: number | null = null;
  #contracts: number | null = null;

  /** @param everyMs between two looks at a market; a divisor of a minute */
  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  look(look: Look): void {
    if (!counts(look)) return;
    this.#looks++;
    // A price of 0.1¢ ticks as a float.
    this.#spreads.push(Math.round((look.ask - look.bid) * 100) / 100);
    if (look.touch !== null) this.#touches.push(...look.touch);
    if (look.ten !== null) this.#tens.push(...look.ten);
    let mids = this.#mids.get(look.market);
    if (mids === undefined) {
      mids = new Map();
      this.#mids.set(look.market, mids);
    }
    mids.set(Math.round(look.atMs / this.#everyMs), (look.bid + look.ask) / 2);
  }

  /** While the market counts; whoever tells of some tells of all. */
  updated(count = 1): void {
    this.#updates = (this.#updates ?? 0) + count;
  }
  touchMoved(count = 1): void {
    this.#touchMoves = (this.#touchMoves ?? 0) + count;
  }
  /** What was traded within one second. */
  traded(contracts: number): void {
    this.#contracts = (this.#contracts ?? 0) + contracts;
    this.#tradedSeconds = (this.#tradedSeconds ?? 0) + (contracts > 0 ? 1 : 0);
  }

  figures(): Figures {
    const found: Partial<Record<FigureName, number>> = {};
    const put = (name: FigureName, values: readonly number[], share: number): void => {
      if (values.length >= ENOUGH) found[name] = quantile(values, share);
    };
    for (const [name, share] of [
      ['spread25', 0.25],
      ['spread50', 0.5],
      ['spread75', 0.75],
      ['spread90', 0.9],
    ] as const)
      put(name, this.#spreads, share);
    for (const [name, share] of [
      ['touch25', 0.25],
      ['touch50', 0.5],
      ['touch75', 0.75],
    ] as const)
      put(name, this.#touches, share);
    put('ten50', this.#tens, 0.5);
    const moves = this.#moves();
    for (const [name, share] of [
      ['move50', 0.5],
      ['move75', 0.75],
      ['move90', 0.9],
      ['move99', 0.99],
    ] as const)
      put(name, moves, share);
    const minutes = (this.#looks * this.#everyMs) / MINUTE_MS;
    const rate = (name: FigureName, count: number | null, per: number): void => {
      if (count !== null && this.#looks >= ENOUGH) found[name] = count / per;
    };
    rate('updates', this.#updates, minutes * 60);
    rate('touchMoves', this.#touchMoves, minutes);
    rate('tradedSeconds', this.#tradedSeconds, minutes);
    rate('contracts', this.#contracts, minutes);
    return found;
  }

  #moves(): number[] {
    const step = Math.round(MINUTE_MS / this.#everyMs);
    const moves: number[] = [];
    for (const mids of this.#mids.values()) {
      for (const [at, mid] of mids) {
        const later = mids.get(at + step);
        if (later !== undefined) moves.push(Math.abs(later - mid));
      }
    }
    return moves;
  }
}
