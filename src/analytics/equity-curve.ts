/**
 * What trading made of the account: drawdown from every sample, volatility and Sharpe from whole hours. Deposits and
 * withdrawals are no gains: everything is read off equity less what was put in since the first sample. Constant memory.
 */

const HOUR_MS = 3_600_000;
/** Markets are open at any hour of the year. */
const HOURS_A_YEAR = 8_760;

/** Money in $0.000001. */
export interface EquityPoint {
  readonly atMs: number;
  readonly equity: number;
  /** All that was put in so far, with its sign. */
  readonly transfers: number;
}

export class EquityCurve {
  #transfersBefore: number | null = null;
  #value = 0;
  #peak = 0;
  #worstShare = 0;
  #samples = 0;
  #hour = 0;
  #valueAtHour = 0;
  #returns = 0;
  #mean = 0;
  /** Σ (return − mean)², by Welford's way. */
  #squares = 0;

  /** In order of time. */
  take({ atMs, equity, transfers }: EquityPoint): void {
    const hour = Math.floor(atMs / HOUR_MS);
    if (this.#transfersBefore === null) {
      this.#transfersBefore = transfers;
      this.#hour = hour;
      this.#valueAtHour = equity;
      this.#peak = equity;
    }
    this.#samples++;
    if (hour !== this.#hour) this.#endHour(hour);
    this.#value = equity - (transfers - this.#transfersBefore);
    this.#peak = Math.max(this.#peak, this.#value);
    if (this.#peak > 0) this.#worstShare = Math.max(this.#worstShare, (this.#peak - this.#value) / this.#peak);
  }

  get samples(): number {
    return this.#samples;
  }
  /** Whole hours that a return is known of. */
  get hours(): number {
    return this.#returns;
  }
  /** Deepest fall below a peak before it, as a share of that peak; null before two samples. */
  drawdown(): number | null {
    return this.#samples < 2 ? null : this.#worstShare;
  }
  /** Standard deviation of hourly returns × √8,760; null before two whole hours. */
  volatility(): number | null {
    return this.#returns < 2 ? null : this.#deviation() * Math.sqrt(HOURS_A_YEAR);
  }
  /** Mean ÷ standard deviation of hourly returns × √8,760; null before two whole hours, or where nothing ever moved. */
  sharpe(): number | null {
    if (this.#returns < 2) return null;
    const deviation = this.#deviation();
    return deviation === 0 ? null : (this.#mean / deviation) * Math.sqrt(HOURS_A_YEAR);
  }

  /** The hour's return is that of its last sample; hours without one in between are hours in which nothing moved. */
  #endHour(hour: number): void {
    this.#return(this.#valueAtHour > 0 ? this.#value / this.#valueAtHour - 1 : 0);
    this.#hour = hour;
    this.#valueAtHour = this.#value;
  }

  #return(value: number): void {
    this.#returns++;
    const off = value - this.#mean;
    this.#mean += off / this.#returns;
    this.#squares += off * (value - this.#mean);
  }

  #deviation(): number {
    return Math.sqrt(this.#squares / (this.#returns - 1));
  }
}
