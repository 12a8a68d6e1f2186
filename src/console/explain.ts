/**
 * "Why this quote" and "why no quote" for one market, in words and numbers. Pure: what is known comes in, reasons come out.
 * Letters are the model's: s mid, q position, σ volatility, τ horizon, γ risk aversion, k fill decay, r reservation price,
 * δ spread; cents, seconds, contracts.
 */
import type { WhyFacts, WhyOrder } from '../runtime/why.ts';
import { whyNot } from './why-not.ts';
import { type Reason, reason, told } from './why-words.ts';

/** `quoted`: both sides rest; `reducing`: an order of ours works a position off; `notQuoted`: nothing rests. */
export type Verdict = 'quoted' | 'bidOnly' | 'askOnly' | 'reducing' | 'notQuoted';

export interface Explained {
  readonly market: string;
  readonly title: string | null;
  readonly atMs: number;
  readonly verdict: Verdict;
  /** One line that says it all. */
  readonly sentence: string;
  readonly session: { readonly id: string; readonly states: readonly string[] } | null;
  /** Everything that keeps it from being quoted, on a side or at all. */
  readonly whyNot: readonly Reason[];
  /** How the quote comes about: from the book to two prices. Of the last decision; empty where there was none. */
  readonly how: readonly Reason[];
}

export function explain(facts: WhyFacts): Explained {
  const { resting, listed, session } = facts;
  const sides = sidesWithout(facts);
  const against = [...whyNot(facts), ...sides];
  const verdict: Verdict = facts.isReducing
    ? 'reducing'
    : resting.bid !== null && resting.ask !== null
      ? 'quoted'
      : resting.bid !== null
        ? 'bidOnly'
        : resting.ask !== null
          ? 'askOnly'
          : 'notQuoted';
  return {
    market: facts.market,
    title: listed === null ? null : told(listed.title),
    atMs: facts.nowMs,
    verdict,
    sentence: inOneLine(facts, verdict, against),
    session: session === null ? null : { id: session.session, states: session.states },
    whyNot: against,
    how: facts.session === null ? [] : how(facts),
  };
}

function inOneLine(
  { resting, explain: word, position }: WhyFacts,
  verdict: Verdict,
  against: readonly Reason[],
): string {
  const at = (order: WhyOrder | null) => (order === null ? 'nothing' : `${order.quantity} at $${order.price}`);
  const first = against[0];
  switch (verdict) {
    case 'quoted':
      return `Quoted: bid ${at(resting.bid)}, ask ${at(resting.ask)}${word === null ? '' : `, around r = ${cents(word.reservationCents)}`}.`;
    case 'bidOnly':
    case 'askOnly':
      return `Quoted on one side: bid ${at(resting.bid)}, ask ${at(resting.ask)}.${first === undefined ? ' The other side is on its way.' : ` ${first.sentence}`}`;
    case 'reducing':
      return `Not quoted: the position of ${position} contracts is worked off.${first === undefined ? '' : ` ${first.sentence}`}`;
    case 'notQuoted':
      return first === undefined
        ? 'Not quoted in this moment: its orders are on their way.'
        : `Not quoted: ${first.sentence}`;
  }
}

/** Why quoting itself wants nothing on a side; only while its word is of now. */
function sidesWithout({ session, explain: word, settings, position }: WhyFacts): Reason[] {
  if (word === null || session === null || !session.states.includes('quoting.flow.live')) return [];
  const { quoting, discovery } = settings;
  const sentences: Readonly<Record<string, string>> = {
    noBook: 'nobody else has a bid and an ask here to quote around.',
    crossedBook: 'the book is crossed or locked, and not to be believed.',
    noVolatility: 'σ is not known.',
    closing: 'the market closes now.',
    extreme: `the mid ${cents(word.midCents)} is outside ${discovery.midCentsMin}–${discovery.midCentsMax} ¢.`,
    feeFloor: `both legs' fees and margins ask for ${cents(word.feeFloorCents)}, more than the widest spread of ${quoting.wideSpreadCents} ¢.`,
    sides: 'the session quotes the other side only.',
    capacity: `the position of ${position} leaves no room for the smallest order under the limit of ${quoting.positionContractsMax} contracts.`,
    offGrid: 'no allowed price is left.',
  };
  const found: Reason[] = [];
  for (const [side, why] of [
    ['Bid', word.whyNoBid],
    ['Ask', word.whyNoAsk],
  ] as const) {
    if (why === null) continue;
    const code = word.whyNoBid === word.whyNoAsk ? why : `${side.toLowerCase()}.${why}`;
    if (found.some((each) => each.code === code)) continue;
    const who = word.whyNoBid === word.whyNoAsk ? 'Neither side is wanted' : `${side}: none is wanted`;
    found.push(reason(code, `${who}: ${sentences[why] ?? told(why)}`));
  }
  return found;
}

/** The way from the book to two prices, a step each. */
function how({ explain: word, settings, wanted, resting, listed }: WhyFacts): Reason[] {
  if (word === null) return [];
  const { quoting } = settings;
  const { midCents: s, positionContracts: q, sigmaCentsPerSqrtSecond: sigma, horizonSeconds: tau } = word;
  const { gammaPerCent: gamma, kPerCent: k, varianceCents2: variance, reservationCents: r } = word;
  const steps = [
    reason('s', `s: the others' mid is ${cents(s)}${touch(listed)}.`, { midCents: number(s) }),
    reason('q', q === 0 ? 'q: we hold nothing.' : `q: we hold ${number(q)} contracts (${q > 0 ? 'yes' : 'no'}).`, {
      positionContracts: q,
    }),
    reason(
      'sigma',
      `σ: the price moves ${number(sigma)} ¢/√s; over τ = ${number(tau)} s that is σ²τ = ${number(variance)} ¢².`,
      { sigmaCentsPerSqrtSecond: number(sigma), horizonSeconds: number(tau), varianceCents2: number(variance) },
    ),
    reason(
      'gammaK',
      `γ = ${number(gamma)} /¢ and k = ${number(k)} /¢: risk aversion and fill decay in regime ${word.regime}.`,
      { gammaPerCent: number(gamma), kPerCent: number(k), regime: word.regime },
    ),
    reason(
      'r',
      `r = s − q·γ·σ²τ = ${cents(r)}: what the position makes a contract worth to us, ${signed(r - s)} ¢ from the mid.`,
      { reservationCents: number(r) },
    ),
    reason('modelSpread', `The model asks for a spread of ${cents(word.modelSpreadCents)}.`, {
      modelSpreadCents: number(word.modelSpreadCents),
    }),
  ];
  for (const bound of word.bounds)
    steps.push(reason(`bound.${bound}`, BOUNDS[bound]?.(word, settings) ?? `Bound: ${bound}.`));
  if (word.spreadCents > 0)
    steps.push(
      reason('delta', `δ = ${cents(word.spreadCents)} around r, before the touch and the grid of prices.`, {
        spreadCents: number(word.spreadCents),
        feeFloorCents: number(word.feeFloorCents),
      }),
    );
  for (const side of ['bid', 'ask'] as const) {
    const [want, rests] = [wanted[side], resting[side]];
    if (want === null && rests === null) continue;
    const wants = want === null ? 'nothing is wanted' : `${want.quantity} at $${want.price} are wanted`;
    const stands = rests === null ? 'nothing rests yet' : `${rests.quantity} at $${rests.price} rest`;
    const keeps =
      want !== null && rests !== null && want.price !== rests.price
        ? ` It keeps its place in the queue while it is within ${quoting.keepCentsMax} ¢ of what is wanted.`
        : '';
    steps.push(
      reason(side, `${side === 'bid' ? 'Bid' : 'Ask'}: ${wants}, ${stands}.${keeps}`, {
        wantedDollars: want?.price ?? null,
        restingDollars: rests?.price ?? null,
      }),
    );
  }
  return steps;
}

type Word = NonNullable<WhyFacts['explain']>;
type Settings = WhyFacts['settings'];

/** What each bound did, in the order in which they are applied. */
const BOUNDS: Readonly<Record<Word['bounds'][number], (word: Word, settings: Settings) => string>> = {
  variance: (word) =>
    `Bound: a price that ends at 0 or 100 cannot vary by more than s·(100 − s) = ${number(word.varianceCents2)} ¢².`,
  tight: (_, { quoting }) => `Bound: the profile's tightest spread is ${quoting.tightSpreadCents} ¢.`,
  wide: (_, { quoting }) => `Bound: the profile's widest spread is ${quoting.wideSpreadCents} ¢.`,
  feeFloor: (word, { quoting }) =>
    `Bound: both legs' fees and a margin of ${quoting.feeFloorMarginCents} ¢ on each ask for ${cents(word.feeFloorCents)}.`,
  wideMarket: (_, { quoting }) =>
    `Bound: the market's own spread is above ${quoting.wideMarketCents} ¢: ${quoting.wideMarketAddCents} ¢ wider.`,
  thinBook: (_, { quoting }) =>
    `Bound: fewer than ${quoting.thinDepthContracts} contracts stand in the book: ${quoting.thinDepthAddCents} ¢ wider.`,
  adverse: (_, { adverse }) => `Bound: our fills were followed by moves against us: ${adverse.widenCents} ¢ wider.`,
  throttledMax: (_, { quoting }) => `Bound: no wider than ${quoting.throttledSpreadCentsMax} ¢.`,
  bidPostOnly: () => 'Bound: the bid stays behind the best ask, it never takes.',
  askPostOnly: () => 'Bound: the ask stays behind the best bid, it never takes.',
  bidJoins: (_, { quoting }) =>
    `Bound: an improvement below ${quoting.improveCentsMin} ¢ is not worth its place in the queue: the bid joins the others'.`,
  askJoins: (_, { quoting }) =>
    `Bound: an improvement below ${quoting.improveCentsMin} ¢ is not worth its place in the queue: the ask joins the others'.`,
  bidCapacity: (_, { quoting }) =>
    `Bound: the bid is cut to what the limit of ${quoting.positionContractsMax} contracts leaves.`,
  askCapacity: (_, { quoting }) =>
    `Bound: the ask is cut to what the limit of ${quoting.positionContractsMax} contracts leaves.`,
};

function touch(listed: WhyFacts['listed']): string {
  if (listed === null || listed.bidCents === null || listed.askCents === null) return '';
  return ` (${number(listed.bidCents)} / ${number(listed.askCents)})`;
}
function cents(value: number): string {
  return `${number(value)} ¢`;
}
/** Four digits that matter are enough for a person. */
function number(value: number): number {
  return Number(value.toPrecision(4));
}
function signed(value: number): string {
  const rounded = number(value);
  return rounded < 0 ? `−${Math.abs(rounded)}` : `+${rounded}`;
}
