/** Events as they are thought up, before they get their tickers and times: outcomes, and what they depend on. */
import type { Random } from '../../../domain/random.ts';
import type { MarketMetadata } from '../lifecycle-model.ts';
import { normalQuantile } from './normal.ts';
import type { TruthSpec } from './truth.ts';

export interface OutcomeDraft {
  /** Last part of the market's ticker; empty: the event's own ticker serves. */
  readonly suffix: string;
  readonly yes: string;
  readonly no: string;
  readonly strikeType: 'greater' | 'less' | 'between' | 'structured' | null;
  readonly floorStrike: number | null;
  readonly capStrike: number | null;
  /** What is known only once it trades: a strike that is the price at that moment. */
  readonly onceOpen?: MarketMetadata;
}

export interface EventDraft {
  readonly title: string;
  readonly subTitle: string;
  readonly exclusive: boolean;
  readonly truth: TruthSpec;
  readonly outcomes: readonly OutcomeDraft[];
}

const INFINITY = Number.POSITIVE_INFINITY;

/** A figure as people write it, without a tail of binary digits. */
function figure(value: number): number {
  return Number(value.toPrecision(10));
}
function shown(value: number, unit: string): string {
  const digits = figure(value).toLocaleString('en-US');
  return unit === '$' ? `$${digits}` : `${digits}${unit}`;
}

/** Whether a price will stand at the close where it stood at the opening, or higher. */
export function rise(
  random: Random,
  title: string,
  price: { readonly unit: string; readonly expected: number; readonly deviation: number },
): EventDraft {
  const draft = question(random, title, [0.4, 0.6], ['Up', 'Down']);
  const floorStrike = Number((price.expected + price.deviation * random.split('opening').normal()).toPrecision(6));
  const onceOpen = {
    strikeType: 'greater_or_equal',
    floorStrike,
    yesSubTitle: `${shown(floorStrike, price.unit)} or above`,
  };
  return { ...draft, outcomes: draft.outcomes.map((outcome) => ({ ...outcome, onceOpen })) };
}

/** Something that happens or does not, with a chance between these two at the start. */
export function question(
  random: Random,
  title: string,
  chance: readonly [number, number],
  names: readonly [yes: string, no: string] = ['Yes', 'No'],
): EventDraft {
  const likely = chance[0] + (chance[1] - chance[0]) * random.uniform();
  return {
    title,
    subTitle: '',
    exclusive: false,
    truth: { kind: 'quantity', ranges: [[normalQuantile(1 - likely), INFINITY]] },
    outcomes: [{ suffix: '', yes: names[0], no: names[1], strikeType: null, floorStrike: null, capStrike: null }],
  };
}

export interface QuantityDraft {
  readonly title: string;
  readonly unit: string;
  /** What is expected of the end value and its standard deviation. */
  readonly expected: number;
  readonly deviation: number;
  /** Strikes are multiples of it. */
  readonly step: number;
  readonly count: number;
}

function strikesOf(random: Random, draft: QuantityDraft, count: number): { strikes: number[]; expected: number } {
  const expected = draft.expected + draft.deviation * 0.5 * random.normal();
  const middle = Math.round(expected / draft.step);
  const strikes = Array.from({ length: count }, (_, index) =>
    figure((middle + index - Math.floor(count / 2)) * draft.step),
  );
  return { strikes, expected };
}

/** "Above each strike?": every market implies the ones below it. */
export function ladder(random: Random, draft: QuantityDraft): EventDraft {
  const { strikes, expected } = strikesOf(random, draft, draft.count);
  return {
    title: draft.title,
    subTitle: '',
    exclusive: false,
    truth: {
      kind: 'quantity',
      ranges: strikes.map((strike) => [(strike - expected) / draft.deviation, INFINITY] as const),
    },
    outcomes: strikes.map((strike) => ({
      suffix: `T${strike}`,
      yes: `Above ${shown(strike, draft.unit)}`,
      no: `${shown(strike, draft.unit)} or below`,
      strikeType: 'greater',
      floorStrike: strike,
      capStrike: null,
    })),
  };
}

/** Exactly one bracket comes true: the first and the last are open. */
export function brackets(random: Random, draft: QuantityDraft): EventDraft {
  const { strikes, expected } = strikesOf(random, draft, draft.count - 1);
  const scaled = strikes.map((strike) => (strike - expected) / draft.deviation);
  const ranges = Array.from(
    { length: draft.count },
    (_, index) => [scaled[index - 1] ?? -INFINITY, scaled[index] ?? INFINITY] as const,
  );
  const outcomes = ranges.map((_, index): OutcomeDraft => {
    const low = strikes[index - 1] ?? null;
    const high = strikes[index] ?? null;
    const names =
      low === null
        ? `${shown(high!, draft.unit)} or below`
        : high === null
          ? `Above ${shown(low, draft.unit)}`
          : `${shown(low, draft.unit)} to ${shown(high, draft.unit)}`;
    return {
      suffix: low === null || high === null ? `T${high ?? low}` : `B${figure((low + high) / 2)}`,
      yes: names,
      no: names,
      strikeType: low === null ? 'less' : high === null ? 'greater' : 'between',
      floorStrike: low,
      capStrike: high,
    };
  });
  // The lowest and the highest may share a strike when there are only two brackets.
  const isUnique = new Set(outcomes.map(({ suffix }) => suffix)).size === outcomes.length;
  return {
    title: draft.title,
    subTitle: '',
    exclusive: true,
    truth: { kind: 'quantity', ranges },
    outcomes: isUnique
      ? outcomes
      : outcomes.map((outcome, index) => ({ ...outcome, suffix: `${outcome.suffix}-${index}` })),
  };
}

/** At most one of them wins; `unlisted` is the chance that none of them does. */
export function field(
  random: Random,
  title: string,
  names: readonly (readonly [suffix: string, name: string])[],
  unlisted = 0,
): EventDraft {
  // Few are likely, as in life.
  const weights = names.map((_, index) => Math.exp(0.5 * random.normal() - 0.45 * index));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return {
    title,
    subTitle: '',
    exclusive: true,
    truth: { kind: 'winner', chances: weights.map((weight) => ((1 - unlisted) * weight) / sum) },
    outcomes: names.map(([suffix, name]) => ({
      suffix,
      yes: name,
      no: name,
      strikeType: 'structured',
      floorStrike: null,
      capStrike: null,
    })),
  };
}
