/**
 * The upper layer of a synthetic market: the price that the crowd believes in is the truth plus something that passes
 * (noise, or being late), makers quote around it, and takers come from both sides, more of them the further the touch
 * is from it.
 */
import type { Ticker } from '../../../domain/ids.ts';
import type { PriceGrid } from '../../../domain/market.ts';
import type { Random } from '../../../domain/random.ts';
import type { Side } from '../../../domain/side.ts';
import { type Centicents, type Centicontracts, CONTRACT, toCents } from '../../../domain/units.ts';
import { CROWD, type Engine } from '../model.ts';
import type { Character } from './characters.ts';
import { CrowdMakers } from './crowd-makers.ts';
import type { Liquidity } from './liquidity.ts';
import type { Truth } from './truth.ts';

export interface CrowdMarketOptions {
  readonly engine: Engine;
  readonly market: Ticker;
  readonly character: Character;
  readonly liquidity: Liquidity;
  /** Of the usual interest in its class of markets. */
  readonly interest: number;
  /** When something is known to come out, ascending. */
  readonly newsMs: readonly number[];
  readonly truth: Truth;
  /** Which of the truth's outcomes this market is about. */
  readonly outcome: number;
  readonly random: Random;
  /** When people hear of it; over the first `warmMs` they become as many as they will be. Null: long ago. */
  readonly bornMs: number | null;
  readonly warmMs: number;
}

/** Edge in cents from which somebody who knows the price takes. */
const EDGE_CENTS_MIN = 0.3;
/** Nobody in a hurry pays more than this over fair value. */
const HURRY_CENTS_MAX = 5;
/** What a hurried trade of median size moves the passing part of the price by, in a market that trades now and then. */
const IMPACT_CENTS = 0.06;
/** Everybody's wish for more or less room comes and goes. */
const MOOD_SIGMA = 0.35;
const MOOD_SECONDS = 120;
/** From a price that jumps by more than this makers step back by a share of it, for some seconds. */
const SCARE_CENTS_MIN = 2;
const SCARE_SHARE = 0.3;
const SCARE_SECONDS = 10;
/** Just before something is to come out, until it has been taken in, makers want this many times the room and show less. */
const CAUTION_BEFORE_MS = 45_000;
const CAUTION_AFTER_MS = 10_000;
const CAUTION_SPREAD = 2.5;
const CAUTION_DEPTH = 0.4;

export class CrowdMarket {
  readonly #options: CrowdMarketOptions;
  readonly #makers: CrowdMakers;
  /** Of this market, whatever the moment. */
  readonly #room: number;
  #mood: number;
  #scare = 0;
  #passing: number;
  /** The truth as the market has taken it in so far, cents; follows with a lag. */
  #believed: number;
  #fair: number;
  #lastMs: number;
  #news = 0;

  constructor(options: CrowdMarketOptions, nowMs: number) {
    this.#options = options;
    const { engine, market, character, liquidity, random, truth, outcome } = options;
    this.#makers = new CrowdMakers(engine, market, liquidity, random.split('makers'));
    this.#room = liquidity.halfSpreadCents * character.spread * Math.exp(liquidity.spreadSigma * random.normal());
    this.#mood = random.normal();
    this.#passing = character.noiseCents * liquidity.noiseShare * random.normal();
    this.#believed = 100 * truth.probability(outcome);
    this.#fair = this.#believed;
    this.#lastMs = nowMs;
  }

  /** Fills the whole book at once: a market that has been trading for long. */
  open(nowMs: number): void {
    this.makersAct(nowMs, this.#options.liquidity.levels);
  }

  makersAct(nowMs: number, refills = 3): void {
    const grid = this.#grid();
    if (grid === null) return;
    const { liquidity } = this.#options;
    const fair = this.#fairCents(nowMs);
    const warmth = this.#warmth(nowMs);
    const isCautious = this.#isCautious(nowMs);
    const room = this.#room * Math.exp(MOOD_SIGMA * this.#mood) * (isCautious ? CAUTION_SPREAD : 1);
    const halfSpread = room + SCARE_SHARE * this.#scare + 4 * (1 - warmth);
    const depth = liquidity.depthContracts * (0.2 + 0.8 * warmth) * (isCautious ? CAUTION_DEPTH : 1);
    this.#makers.update(fair, halfSpread, depth, grid, refills);
  }

  /** Somebody places a small order or takes one away. */
  fidgets(): void {
    const grid = this.#grid();
    if (grid !== null) this.#makers.fidget(grid);
  }

  /** One taker comes, looks, and trades or does not. */
  takerActs(nowMs: number): void {
    const grid = this.#grid();
    if (grid === null) return;
    const { engine, market, random, liquidity } = this.#options;
    const fair = this.#fairCents(nowMs);
    const ask = engine.bestAsk(market);
    const bid = engine.bestBid(market);
    const edges: Record<Side, number> = {
      bid: ask === null ? Number.NEGATIVE_INFINITY : fair - toCents(ask[0]),
      ask: bid === null ? Number.NEGATIVE_INFINITY : toCents(bid[0]) - fair,
    };
    const better: Side = edges.bid > edges.ask ? 'bid' : 'ask';
    const contracts = liquidity.tradeContracts * Math.exp(liquidity.tradeSigma * random.normal());
    const knows = random.uniform();
    if (edges[better] > EDGE_CENTS_MIN && knows < 0.4 + edges[better] / 2) {
      const limit = better === 'bid' ? grid.floor(100 * fair) : grid.ceil(100 * fair);
      if (limit !== null) this.#take(better, limit, 2 * contracts);
      return;
    }
    // The others want in or out for reasons of their own, and lean towards the better price.
    const lean = Math.max(-0.2, Math.min(0.2, 0.05 * (edges.bid - edges.ask)));
    const side: Side = random.uniform() < 0.5 + (Number.isNaN(lean) ? 0 : lean) ? 'bid' : 'ask';
    if (edges[side] < -HURRY_CENTS_MAX) return;
    const touch = (side === 'bid' ? ask : bid)![0];
    this.#take(side, this.#throughTouch(side, touch, grid), contracts);
    // The more come, the less each one moves.
    const impact = (IMPACT_CENTS * liquidity.noiseShare) / Math.sqrt(Math.max(1, liquidity.takerRate));
    this.#passing += (side === 'bid' ? 1 : -1) * impact * Math.sqrt(contracts / liquidity.tradeContracts);
  }

  /** Ms until the makers, a small order, or a taker come next; interest fades towards certainty and grows where there is something to take. */
  nextMakersMs(nowMs: number): number {
    return this.#waitMs(this.#options.liquidity.makerRate, nowMs);
  }
  nextFidgetMs(nowMs: number): number {
    return this.#waitMs(this.#options.liquidity.fidgetRate, nowMs);
  }
  nextTakerMs(nowMs: number): number {
    const { engine, market, liquidity } = this.#options;
    const fair = this.#fair;
    const ask = engine.bestAsk(market);
    const bid = engine.bestBid(market);
    const edge = Math.max(0, ask === null ? 0 : fair - toCents(ask[0]), bid === null ? 0 : toCents(bid[0]) - fair);
    return this.#waitMs(liquidity.takerRate * (1 + Math.min(4, edge)), nowMs);
  }

  #waitMs(rate: number, nowMs: number): number {
    const { character, interest, random } = this.#options;
    return random.exponential(1_000 / (rate * character.pace * interest * this.#activity(nowMs)));
  }

  #throughTouch(side: Side, touch: Centicents, grid: PriceGrid): Centicents {
    if (this.#options.random.uniform() > 0.15) return touch;
    return (side === 'bid' ? grid.above(touch) : grid.below(touch)) ?? touch;
  }

  #take(side: Side, price: Centicents, contracts: number): void {
    this.#options.engine.create(CROWD, {
      market: this.#options.market,
      side,
      price,
      quantity: (Math.max(1, Math.round(contracts)) * CONTRACT) as Centicontracts,
      timeInForce: 'immediateOrCancel',
      selfTrade: 'taker_at_cross',
      clientOrderId: null,
      expiresAtMs: null,
      postOnly: false,
      reduceOnly: false,
      cancelOnPause: false,
      groupId: null,
    });
  }

  /** Truth plus what passes: du = −u dt/θ + σ√(2/θ) dB, exact for any step; less of it near certainty. */
  #fairCents(nowMs: number): number {
    const { truth, outcome, character, liquidity, random } = this.#options;
    truth.advance(nowMs);
    const probability = truth.probability(outcome);
    const seconds = Math.max(0, nowMs - this.#lastMs) / 1_000;
    this.#lastMs = nowMs;
    const before = this.#fair;
    if (seconds > 0) {
      const kept = Math.exp(-seconds / character.noiseSeconds);
      const noise = character.noiseCents * liquidity.noiseShare;
      this.#passing = this.#passing * kept + noise * Math.sqrt(1 - kept * kept) * random.normal();
      const late = character.lagSeconds === 0 ? 0 : Math.exp(-seconds / character.lagSeconds);
      this.#believed = 100 * probability + (this.#believed - 100 * probability) * late;
      const sameMood = Math.exp(-seconds / MOOD_SECONDS);
      this.#mood = this.#mood * sameMood + Math.sqrt(1 - sameMood * sameMood) * random.normal();
    }
    this.#fair = this.#believed + this.#passing * 4 * probability * (1 - probability);
    if (seconds > 0) {
      const jump = Math.max(0, Math.abs(this.#fair - before) - SCARE_CENTS_MIN);
      this.#scare = Math.max(jump, this.#scare * Math.exp(-seconds / SCARE_SECONDS));
    }
    return this.#fair;
  }

  #isCautious(nowMs: number): boolean {
    const { newsMs } = this.#options;
    while (this.#news < newsMs.length && newsMs[this.#news]! + CAUTION_AFTER_MS < nowMs) this.#news++;
    return this.#news < newsMs.length && nowMs > newsMs[this.#news]! - CAUTION_BEFORE_MS;
  }

  #warmth(nowMs: number): number {
    const { bornMs, warmMs } = this.#options;
    if (bornMs === null) return 1;
    return Math.min(1, Math.max(0.02, (nowMs - bornMs) / warmMs));
  }

  #activity(nowMs: number): number {
    const probability = this.#believed / 100;
    return this.#warmth(nowMs) * (0.15 + 3.4 * Math.max(0, probability * (1 - probability)));
  }

  /** Null while the market does not trade. */
  #grid(): PriceGrid | null {
    const { engine, market } = this.#options;
    if (!engine.exchangeActive || !engine.tradingActive) return null;
    const state = engine.market(market);
    return state?.status === 'active' ? state.listed.grid : null;
  }
}
