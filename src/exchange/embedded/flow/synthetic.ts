/**
 * The synthetic world: a catalogue of our own making, two layers a market (truth.ts, crowd-market.ts), events that
 * close, settle by the truth and are followed by others. What is earned here measures the code, not the market.
 */
import type { Clock } from '../../../domain/clock.ts';
import type { Random } from '../../../domain/random.ts';
import { type Centicents, DOLLAR, type UnixMs } from '../../../domain/units.ts';
import type { Engine } from '../model.ts';
import { CHARACTERS } from './characters.ts';
import { CrowdMarket } from './crowd-market.ts';
import type { Flow } from './flow.ts';
import { FlowTimers } from './flow-timers.ts';
import { LIQUIDITY } from './liquidity.ts';
import { alignedClose, type Listing, listingOf, seriesOf } from './listings.ts';
import { informationOf } from './planned-news.ts';
import type { SeriesFamily, SeriesPlan } from './series-plan.ts';
import { FILLERS, ROSTER } from './series-roster.ts';
import { createTruth, type Truth } from './truth.ts';

/**
 * The world's version: raised with every change after which a seed makes another market, so that an exchange that remembers
 * the market of an earlier one says so. 2: calibrated against recordings.
 */
export const SYNTHETIC_WORLD = 2;

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
/** After time stood still or jumped, a market's crowd makes up for this much of it and forgets the rest. */
const CATCH_UP_MS_MAX = 2_000;
/** Results are known this long after the close. */
const RESULT_AFTER_MS: readonly [min: number, max: number] = [3_000, 12_000];
/** A market of people who have just heard of it grows to its size within this share of its life, or this long. */
const WARM_SHARE = 0.05;
const WARM_MS_MAX = 10 * MINUTE_MS;
/** A strike that is the price at the opening is known this long after it. */
const STRIKE_AFTER_MS = 2_000;

export interface SyntheticWorldOptions {
  readonly engine: Engine;
  readonly market: Clock;
  readonly random: Random;
  /** How many are listed at the start; as events close, others follow. */
  readonly markets: number;
  /** The catalogue alone: all open, books empty, nothing closes within a day. */
  readonly none?: boolean;
}

export interface SyntheticWorld extends Flow {
  /** What a crowd of makers and takers did so far: actions, not orders. */
  readonly actions: number;
}

export function createSyntheticWorld(options: SyntheticWorldOptions): SyntheticWorld {
  const { engine, market: clock } = options;
  const random = options.random.split('synthetic');
  const timers = new FlowTimers(clock);
  const turns = new Map<SeriesPlan, number>();
  const opening: Listing[] = [];
  let actions = 0;

  function list(plan: SeriesPlan, times: { nowMs: number; closeMs: UnixMs; isFresh: boolean }): Listing {
    const turn = turns.get(plan) ?? 0;
    turns.set(plan, turn + 1);
    const listing = listingOf(plan, turn, times, random.split(`${plan.ticker} ${turn}`));
    if (turn === 0) engine.addSeries(seriesOf(plan));
    engine.addEvent(listing.event);
    for (const market of listing.markets) engine.addMarket(market);
    return listing;
  }

  function listFirst(plan: SeriesPlan): Listing {
    const nowMs = clock.now();
    const turn = turns.get(plan) ?? 0;
    const [min, max] = plan.firstCloseMinutes;
    const inMs = (min + (max - min) * random.split(`close ${plan.ticker} ${turn}`).uniform()) * MINUTE_MS;
    const laterMs = Math.min(turn, 20) * (plan.lifeMinutes < 1_440 ? plan.lifeMinutes * MINUTE_MS : DAY_MS);
    const earliestMs = nowMs + inMs + laterMs + (options.none === true ? DAY_MS : 0);
    return list(plan, { nowMs, closeMs: alignedClose(plan, earliestMs), isFresh: plan.isNewborn === true });
  }

  /**
   * Whole events in the roster's order, round after round, each round with the next series of each kind; then single
   * questions up to the number.
   */
  function listCatalogue(): void {
    let left = options.markets;
    let round = 0;
    for (let listed = true; listed; round++) {
      listed = false;
      for (const family of ROSTER) {
        const plan = seriesOfRound(family, round);
        const size = plan.draft(random.split('size'), turns.get(plan) ?? 0).outcomes.length;
        if (size > left) continue;
        opening.push(listFirst(plan));
        left -= size;
        listed = true;
      }
      // A few questions more are better than half a round.
      if (left < 10) break;
    }
    for (let index = 0; left > 0; index++, left--)
      opening.push(listFirst(seriesOfRound(FILLERS[index % FILLERS.length]!, round + index)));
  }

  /** From now on its crowd acts, until it closes; then its result and its successor. */
  function live(listing: Listing, isFresh: boolean): void {
    const { plan, draft, event, markets, closeMs } = listing;
    const nowMs = clock.now();
    const chance = random.split(`live ${event.ticker}`);
    const information = informationOf(plan, { startMs: nowMs, closeMs });
    const truth = createTruth(draft.truth, information, chance.split('truth'));
    const newsMs = information.news.map(({ atMs }) => atMs);
    const warmMs = Math.min(WARM_MS_MAX, WARM_SHARE * (closeMs - nowMs));
    for (const [outcome, { ticker }] of markets.entries()) {
      const character = CHARACTERS[plan.characters[outcome % plan.characters.length]!];
      const crowd = new CrowdMarket(
        {
          engine,
          market: ticker,
          character,
          liquidity: LIQUIDITY[plan.liquidity],
          interest: plan.interest,
          newsMs,
          truth,
          outcome,
          random: chance.split(ticker),
          bornMs: isFresh ? nowMs : null,
          warmMs,
        },
        nowMs,
      );
      if (!isFresh) crowd.open(nowMs);
      repeat(
        (now) => crowd.makersAct(now),
        (now) => crowd.nextMakersMs(now),
        () => isOver(listing),
      );
      repeat(
        () => crowd.fidgets(),
        (now) => crowd.nextFidgetMs(now),
        () => isOver(listing),
      );
      repeat(
        (now) => crowd.takerActs(now),
        (now) => crowd.nextTakerMs(now),
        () => isOver(listing),
      );
    }
    for (const [index, { onceOpen }] of draft.outcomes.entries()) {
      const { ticker } = markets[index]!;
      if (!isFresh || onceOpen === undefined) continue;
      timers.at(nowMs + STRIKE_AFTER_MS, () => {
        if (isOpen(ticker)) engine.changeMetadata(ticker, onceOpen);
      });
    }
    const [min, max] = RESULT_AFTER_MS;
    const resultMs = closeMs + min + (max - min) * chance.uniform();
    timers.at(closeMs, () => followUp(plan));
    timers.at(resultMs, () => settle(listing, truth));
  }

  function repeat(act: (nowMs: number) => void, waitMs: (nowMs: number) => number, isDone: () => boolean): void {
    let dueMs = clock.now() + waitMs(clock.now());
    const run = (): void => {
      if (isDone()) return;
      const now = clock.now();
      actions++;
      act(now);
      dueMs = Math.max(dueMs, now - CATCH_UP_MS_MAX) + waitMs(now);
      timers.at(dueMs, run);
    };
    timers.at(dueMs, run);
  }

  function isOver(listing: Listing): boolean {
    return !listing.markets.some(({ ticker }) => isOpen(ticker));
  }
  function isOpen(ticker: Listing['markets'][number]['ticker']): boolean {
    const status = engine.market(ticker)?.status;
    return status === 'initialized' || status === 'active' || status === 'inactive';
  }

  function followUp(plan: SeriesPlan): void {
    const nowMs = clock.now();
    const closeMs = alignedClose(plan, nowMs + plan.lifeMinutes * MINUTE_MS);
    live(list(plan, { nowMs, closeMs, isFresh: true }), true);
  }

  /** All of an event at once, when the last of its markets is closed (an operator may have moved a close). */
  function settle(listing: Listing, truth: Truth): void {
    if (!isOver(listing)) {
      timers.at(clock.now() + 1_000, () => settle(listing, truth));
      return;
    }
    truth.advance(listing.closeMs);
    const results = truth.results();
    for (const [index, { ticker }] of listing.markets.entries()) {
      const isTrue = results[index]!;
      if (engine.market(ticker)?.status === 'closed')
        engine.determine(ticker, isTrue ? 'yes' : 'no', isTrue ? DOLLAR : (0 as Centicents));
    }
  }

  listCatalogue();
  return {
    get actions() {
      return actions;
    },
    start() {
      if (options.none === true) return;
      for (const listing of opening.splice(0)) live(listing, listing.plan.isNewborn === true);
    },
    stop: () => timers.stop(),
  };
}

function seriesOfRound(family: SeriesFamily, round: number): SeriesPlan {
  return family[round % family.length]!;
}
