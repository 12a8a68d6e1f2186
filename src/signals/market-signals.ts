import type { BookReading } from '../book/read-book.ts';
import type { Side } from '../domain/side.ts';
import type { Centicents, Centicontracts, UnixMs } from '../domain/units.ts';
import type { Regime, Settings } from '../settings/schema.ts';
import { classifyRegime, isReverting } from './regime.ts';
import { type Sample, SampleWindow } from './sample-window.ts';
import { SlidingMedian } from './sliding-median.ts';
import { priorSigma, shrunkSigma } from './volatility.ts';

export type SignalSettings = Pick<Settings, 'signals' | 'regimes'>;

const SPREAD_MEDIAN_MS = 60_000;

/** What a market's recent past says. Cents, contracts, seconds as floats; times are market time. */
export interface SignalsNow {
  /** For quoting: between the configured floor and cap. */
  readonly sigmaCentsPerSqrtSecond: number;
  /** As measured and shrunk, without floor and cap: what regimes are told from. */
  readonly sigmaUnboundedCentsPerSqrtSecond: number;
  readonly regime: Regime;
  /** Windows in a row that had this regime; 0 until one was told without a hole before it. */
  readonly stableWindows: number;
  /** When the regime was last told; null before the first. It ages while the book is not readable. */
  readonly regimeAtMs: UnixMs | null;
  /** Samples of the mid so far. */
  readonly observations: number;
  /** |m_end − m_start| ÷ (σ√T) over the σ window. */
  readonly drift: number;
  /** Share of the moves of the mid whose next one turned; null before two. */
  readonly reversion: number | null;
  readonly isReverting: boolean;
  readonly depthContracts: number;
  /** Over the last minute; null before the first sample. */
  readonly spreadMedianCents: number | null;
  readonly lastTradeMs: UnixMs | null;
}

/** What is kept of a market's signals beside a session (about 300 bytes of JSON). */
export type SignalsCheckpoint = {
  readonly atMs: number;
  readonly squaresCents: number;
  readonly seconds: number;
  readonly observations: number;
  readonly midCents: number;
  readonly regime: Regime;
  readonly regimeAtMs: number | null;
  readonly lastTradeMs: number | null;
};

export interface LastTrade {
  readonly atMs: UnixMs;
  readonly price: Centicents;
  readonly quantity: Centicontracts;
  readonly takerSide: Side;
}

/**
 * One market's signals. Pure and incremental: time comes in as an argument, never goes back, and each sample costs the
 * same however long the history. The mid is sampled every `sampleEveryMs` of market time and holds between changes of
 * the book, so a quiet market has a history too; while there is nothing to read (`observe(null)`) it has holes instead,
 * and the regime ages.
 */
export class MarketSignals {
  readonly #settings: SignalSettings;
  readonly #window: SampleWindow;
  readonly #spreads: SlidingMedian;
  #held: Sample | null = null;
  #midCents = 50;
  #observations = 0;
  /** The last step sampled and the last window told, in numbers of their length since 1970; −1 before the first. */
  #lastStep = -1;
  #lastWindow = -1;
  #regime: Regime = 'UNKNOWN';
  #regimeAtMs: UnixMs | null = null;
  #stableWindows = 0;
  #lastTrade: LastTrade | null = null;
  #lastTradeMs: UnixMs | null = null;
  /** Evidence from before a restart, which fades over one σ window. */
  #carried = { atMs: 0, squaresCents: 0, seconds: 0 };

  constructor(settings: SignalSettings) {
    this.#settings = settings;
    const { sampleEveryMs, windowMs, sigmaWindowMs } = settings.signals;
    this.#window = new SampleWindow({ stepMs: sampleEveryMs, windowMs, sigmaWindowMs });
    this.#spreads = new SlidingMedian(Math.max(1, Math.round(SPREAD_MEDIAN_MS / sampleEveryMs)));
  }

  /**
   * Continues from a checkpoint: σ and the count of observations go on, and σ's old evidence fades as new comes in.
   * The regime is the old one at its old time, with no stable window: it must be told afresh before it is believed.
   */
  static restore(checkpoint: SignalsCheckpoint, settings: SignalSettings): MarketSignals {
    const signals = new MarketSignals(settings);
    signals.#carried = checkpoint;
    signals.#observations = checkpoint.observations;
    signals.#midCents = checkpoint.midCents;
    signals.#regime = checkpoint.regime;
    signals.#regimeAtMs = checkpoint.regimeAtMs as UnixMs | null;
    signals.#lastTradeMs = checkpoint.lastTradeMs as UnixMs | null;
    return signals;
  }

  /** The book reads like this from now on; null: it cannot be read, or is not current. */
  observe(reading: BookReading | null, atMs: number): void {
    this.#advance(atMs);
    if (reading === null) {
      this.#held = null;
      return;
    }
    this.#midCents = reading.midCents;
    this.#held = {
      doubledMid: reading.bid + reading.ask,
      spread: reading.ask - reading.bid,
      depthContracts: reading.depthContracts,
    };
  }

  traded(atMs: number, price: Centicents, quantity: Centicontracts, takerSide: Side): void {
    this.#lastTradeMs = atMs as UnixMs;
    this.#lastTrade = { atMs: atMs as UnixMs, price, quantity, takerSide };
  }

  /** The last trade seen since the start; null before the first. */
  get lastTrade(): LastTrade | null {
    return this.#lastTrade;
  }

  now(atMs: number): SignalsNow {
    this.#advance(atMs);
    const { sigmaFloorCentsPerSqrtSecond: floor, sigmaCapCentsPerSqrtSecond: cap } = this.#settings.signals;
    const sigma = this.#sigma(atMs);
    const spread = this.#spreads.median();
    const reversion = this.#window.reversion();
    return {
      sigmaCentsPerSqrtSecond: Math.min(Math.max(sigma, floor), cap),
      sigmaUnboundedCentsPerSqrtSecond: sigma,
      regime: this.#regime,
      stableWindows: this.#stableWindows,
      regimeAtMs: this.#regimeAtMs,
      observations: this.#observations,
      drift: this.#window.drift(sigma),
      reversion,
      isReverting: isReverting(reversion, this.#settings.regimes),
      depthContracts: this.#held?.depthContracts ?? 0,
      spreadMedianCents: spread === null ? null : spread / 100,
      lastTradeMs: this.#lastTradeMs,
    };
  }

  /** Mid, spread and depth of the last `durationMs`, oldest first, for pages and scores. */
  history(durationMs: number): { atMs: number; midCents: number; spreadCents: number; depthContracts: number }[] {
    const { sampleEveryMs } = this.#settings.signals;
    return this.#window
      .recent(Math.ceil(durationMs / sampleEveryMs))
      .map(({ step, ...sample }) => ({ atMs: step * sampleEveryMs, ...sample }));
  }

  checkpoint(atMs: number): SignalsCheckpoint {
    this.#advance(atMs);
    const { squaresCents, seconds } = this.#evidence(atMs);
    return {
      atMs,
      squaresCents,
      seconds,
      observations: this.#observations,
      midCents: this.#midCents,
      regime: this.#regime,
      regimeAtMs: this.#regimeAtMs,
      lastTradeMs: this.#lastTradeMs,
    };
  }

  /** Takes every sample and tells every window that fell due up to `atMs`, in order of time. */
  #advance(atMs: number): void {
    const stepMs = this.#settings.signals.sampleEveryMs;
    const windowMs = this.#settings.regimes.windowMs;
    const step = Math.floor(atMs / stepMs);
    const window = Math.floor(atMs / windowMs);
    if (step <= this.#lastStep && window <= this.#lastWindow) return;
    if (this.#lastStep === -1) {
      this.#lastStep = step;
      this.#lastWindow = window;
      return;
    }
    this.#skipWhatIsForgotten(step, window);
    for (;;) {
      const sampleMs = (this.#lastStep + 1) * stepMs;
      const tellMs = (this.#lastWindow + 1) * windowMs;
      if (Math.min(sampleMs, tellMs) > atMs) return;
      if (sampleMs <= tellMs) this.#sample(++this.#lastStep);
      else this.#tell(++this.#lastWindow * windowMs);
    }
  }

  /** After a silence longer than the rings, only as many steps are made up as the rings hold. */
  #skipWhatIsForgotten(step: number, window: number): void {
    const { capacity } = this.#window;
    if (step - this.#lastStep <= capacity) return;
    this.#window.clear();
    this.#lastStep = step - capacity;
    this.#lastWindow = Math.max(
      this.#lastWindow,
      window - Math.ceil((capacity * this.#settings.signals.sampleEveryMs) / this.#settings.regimes.windowMs),
    );
  }

  #sample(step: number): void {
    this.#window.add(step, this.#held);
    if (this.#held === null) return;
    this.#spreads.add(this.#held.spread);
    this.#observations++;
  }

  #tell(atMs: number): void {
    if (this.#held === null) {
      this.#stableWindows = 0;
      return;
    }
    const sigma = this.#sigma(atMs);
    const regime = classifyRegime(
      {
        observations: this.#observations,
        sigmaCentsPerSqrtSecond: sigma,
        depthContracts: this.#held.depthContracts,
        spreadMedianCents: (this.#spreads.median() ?? 0) / 100,
        drift: this.#window.drift(sigma),
        reversion: this.#window.reversion(),
      },
      this.#settings.regimes,
    );
    this.#stableWindows = regime === this.#regime ? this.#stableWindows + 1 : 1;
    this.#regime = regime;
    this.#regimeAtMs = atMs as UnixMs;
  }

  #sigma(atMs: number): number {
    const { sigmaPriorCentsPerSqrtSecond: base, sigmaPriorWeightSeconds: weight } = this.#settings.signals;
    return shrunkSigma(this.#evidence(atMs), priorSigma(base, this.#midCents), weight);
  }

  #evidence(atMs: number): { squaresCents: number; seconds: number } {
    const own = this.#window.evidence();
    const age = (atMs - this.#carried.atMs) / this.#settings.signals.sigmaWindowMs;
    const left = Math.min(1, Math.max(0, 1 - age));
    return {
      squaresCents: own.squaresCents + left * this.#carried.squaresCents,
      seconds: own.seconds + left * this.#carried.seconds,
    };
  }
}
