/** From a series and a turn to what the exchange lists: tickers, times, figures that look as if it had always been there. */
import { named } from '../../../domain/ids.ts';
import type { Random } from '../../../domain/random.ts';
import { type Centicontracts, CONTRACT, centicontracts, type UnixMs, unixMs } from '../../../domain/units.ts';
import type { ListedEvent, ListedMarket, ListedSeries } from '../model.ts';
import type { EventDraft } from './event-drafts.ts';
import { uuidOf } from './market-id.ts';
import type { SeriesPlan } from './series-plan.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];

export interface Listing {
  readonly plan: SeriesPlan;
  readonly draft: EventDraft;
  readonly event: ListedEvent;
  readonly markets: readonly ListedMarket[];
  readonly closeMs: UnixMs;
}

export function seriesOf(plan: SeriesPlan): ListedSeries {
  return {
    ticker: named(plan.ticker),
    title: plan.title,
    category: plan.category,
    frequency: plan.frequency,
    tags: plan.tags,
    fees: plan.fees,
    exchangeIndex: plan.exchangeIndex,
  };
}

/** The first close at or after `earliestMs` that falls on the series' times of day. */
export function alignedClose(plan: SeriesPlan, earliestMs: number): UnixMs {
  const stepMs = plan.alignMinutes * MINUTE_MS;
  return unixMs(Math.ceil(earliestMs / stepMs) * stepMs);
}

/** One event. `isFresh`: listed now, nothing traded yet; else it has been trading for some time. */
export function listingOf(
  plan: SeriesPlan,
  turn: number,
  times: { nowMs: number; closeMs: UnixMs; isFresh: boolean },
  random: Random,
): Listing {
  const { nowMs, closeMs, isFresh } = times;
  const draft = plan.draft(random.split('draft'), turn);
  const eventTicker = `${plan.ticker}-${dateCode(closeMs, plan.lifeMinutes < 1_440)}${turnCode(plan, turn)}`;
  const lifeMs = plan.lifeMinutes * MINUTE_MS;
  const openMs = isFresh ? nowMs : Math.min(closeMs - lifeMs, nowMs - 10 * MINUTE_MS);
  const createdMs = isFresh ? nowMs : openMs - lifeMs * (0.1 + 0.4 * random.uniform());
  const announced = announcementsOf(plan, openMs, closeMs);
  const figures = random.split('figures');
  const markets = draft.outcomes.map((outcome): ListedMarket => {
    const ticker = outcome.suffix === '' ? eventTicker : `${eventTicker}-${outcome.suffix}`;
    const day = isFresh ? 0 : plan.volume24hContracts * Math.exp(0.6 * figures.normal());
    const daysOpen = Math.max(0, nowMs - openMs) / DAY_MS;
    // A day's volume of what is open for less than a day is all that it has traded.
    const volume24h = day * Math.min(1, Math.max(daysOpen, 0.15));
    const volume = daysOpen > 1 ? volume24h * (1 + (daysOpen - 1) * 0.6) : volume24h;
    return {
      ticker: named(ticker),
      event: named(eventTicker),
      marketId: uuidOf(figures),
      title: draft.outcomes.length === 1 ? draft.title : `${draft.title.replace(/\?$/, '')}: ${outcome.yes}?`,
      yesSubTitle: outcome.yes,
      noSubTitle: outcome.no,
      kind: 'binary',
      createdMs: whole(createdMs),
      openMs: whole(openMs),
      closeMs,
      expectedExpirationMs: whole(closeMs + 5 * MINUTE_MS),
      settlementTimerSeconds: 10,
      gridLabel: plan.grid.label,
      grid: plan.grid.grid,
      exchangeIndex: plan.exchangeIndex,
      strikeType: outcome.strikeType,
      floorStrike: outcome.floorStrike,
      capStrike: outcome.capStrike,
      ...(isFresh ? {} : outcome.onceOpen),
      rulesPrimary: `Settles to yes if this is so at the close: ${draft.title} ${outcome.yes}.${announced}`,
      volumeBefore: contracts(volume),
      volume24hBefore: contracts(volume24h),
      openInterestBefore: contracts(volume * (0.2 + 0.3 * figures.uniform())),
    };
  });
  return {
    plan,
    draft,
    event: {
      ticker: named(eventTicker),
      series: named(plan.ticker),
      title: draft.title,
      subTitle: draft.subTitle,
      mutuallyExclusive: draft.exclusive,
      feeOverride: null,
    },
    markets,
    closeMs,
  };
}

/** A sentence for each thing that is known to come out while it trades. */
function announcementsOf(plan: SeriesPlan, openMs: number, closeMs: number): string {
  const times = new Map<string, number[]>();
  for (const { what, beforeCloseMinutes } of plan.news) {
    const atMs = closeMs - beforeCloseMinutes * MINUTE_MS;
    if (atMs > openMs) times.set(what, [...(times.get(what) ?? []), atMs]);
  }
  return [...times]
    .map(([what, at]) => {
      const first = new Date(Math.min(...at)).toISOString().replace(/:00\.000Z$/, 'Z');
      return at.length === 1 ? ` ${what} at ${first}.` : ` ${what} ${at.length} times, first at ${first}.`;
    })
    .join('');
}

function whole(ms: number): UnixMs {
  return unixMs(Math.floor(ms));
}
function contracts(count: number): Centicontracts {
  return centicontracts(Math.round(count) * CONTRACT);
}

/** 26MAY13, with the time of day for what comes more often: 26MAY130945. */
function dateCode(atMs: UnixMs, withTime: boolean): string {
  const at = new Date(atMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${two(at.getUTCFullYear() % 100)}${MONTHS[at.getUTCMonth()]!}${two(at.getUTCDate())}`;
  return withTime ? `${day}${two(at.getUTCHours())}${two(at.getUTCMinutes())}` : day;
}
/** Events of one series may close on the same day: each has its number. */
function turnCode(plan: SeriesPlan, turn: number): string {
  return plan.lifeMinutes < 1_440 && turn === 0 ? '' : `N${turn + 1}`;
}
