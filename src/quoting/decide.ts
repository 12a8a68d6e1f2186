/**
 * The only door of quoting: what we want in a market's book now, and why. Pure: equal inputs, equal answers.
 *
 * One order of bounds, the last wins: model → regime and profile → fee floor → throttles (spread.ts) → touch and
 * post-only → grid (place.ts). Our own quotes move nothing here: the reading is the others' book, and the full book only
 * keeps us from crossing.
 */
import type { Side } from '../domain/side.ts';
import { type Centicents, toContracts } from '../domain/units.ts';
import { boundedVariance, optimalSpread, reservationPrice } from './avellaneda-stoikov.ts';
import type { Bound, DecideInput, Decision, Desired, Explanation, NoQuoteReason } from './decision.ts';
import { opposingPrice, place, roomFor } from './place.ts';
import { boundSpread } from './spread.ts';

export function decide(input: DecideInput): Decision {
  const { reading, settings, signals, market } = input;
  const { quoting, regimes } = settings;
  const explain: { -readonly [K in keyof Explanation]: Explanation[K] } & { bounds: Bound[] } = {
    regime: signals.regime,
    midCents: reading?.midCents ?? 0,
    positionContracts: toContracts(input.position),
    sigmaCentsPerSqrtSecond: signals.sigmaCentsPerSqrtSecond,
    varianceCents2: 0,
    horizonSeconds: Math.min(quoting.horizonSeconds, input.secondsToClose),
    gammaPerCent: quoting.gammaPerCent * regimes.gammaMultipliers[signals.regime],
    kPerCent: quoting.kPerCent * regimes.kMultipliers[signals.regime],
    reservationCents: reading?.midCents ?? 0,
    modelSpreadCents: 0,
    spreadCents: 0,
    feeFloorCents: 0,
    bounds: [],
    whyNoBid: null,
    whyNoAsk: null,
  };
  const none = (reason: NoQuoteReason): Decision => {
    explain.whyNoBid = reason;
    explain.whyNoAsk = reason;
    return { bid: null, ask: null, explain };
  };

  const touch = input.touch;
  if (reading === null || touch.bid === null || touch.ask === null) return none('noBook');
  if (touch.bid >= touch.ask) return none('crossedBook');
  if (!(signals.sigmaCentsPerSqrtSecond >= 0) || signals.sigmaCentsPerSqrtSecond === Infinity)
    return none('noVolatility');
  if (!(input.secondsToClose > 0)) return none('closing');
  const { midCentsMin, midCentsMax } = settings.discovery;
  if (reading.midCents < midCentsMin || reading.midCents > midCentsMax) return none('extreme');

  const variance = boundedVariance(signals.sigmaCentsPerSqrtSecond, explain.horizonSeconds, reading.midCents);
  explain.varianceCents2 = variance.varianceCents2;
  if (variance.isBound) explain.bounds.push('variance');
  const model = {
    midCents: reading.midCents,
    inventoryContracts: explain.positionContracts,
    // The nominal size on both sides: an order cut by capacity must not become more eager for being smaller.
    orderContracts: toContracts(input.quantity),
    riskAversion: explain.gammaPerCent,
    fillDecay: explain.kPerCent,
    varianceCents2: variance.varianceCents2,
  };
  explain.reservationCents = reservationPrice(model);
  explain.modelSpreadCents = optimalSpread(model);

  const bounded = boundSpread(
    {
      modelSpreadCents: explain.modelSpreadCents,
      reservationCents: explain.reservationCents,
      fees: market.fees,
      quantity: input.quantity,
      marketSpreadCents: reading.spreadCents,
      depthContracts: reading.depthContracts,
      widenCents: input.widenCents,
      settings: quoting,
    },
    explain.bounds,
  );
  explain.spreadCents = bounded.spreadCents;
  explain.feeFloorCents = bounded.feeFloorCents;
  if (!bounded.paysFees) return none('feeFloor');

  const half = bounded.spreadCents / 2;
  const full = { bid: touch.bid, ask: touch.ask };
  const bid = oneSide(input, 'bid', explain.reservationCents - half, full, reading, explain.bounds);
  const ask = oneSide(input, 'ask', explain.reservationCents + half, full, reading, explain.bounds);
  if (typeof bid === 'string') explain.whyNoBid = bid;
  if (typeof ask === 'string') explain.whyNoAsk = ask;
  return {
    bid: typeof bid === 'string' ? null : bid,
    ask: typeof ask === 'string' ? null : ask,
    explain,
  };
}

/** The order wanted on one side, or why there is none. */
function oneSide(
  input: DecideInput,
  side: Side,
  priceCents: number,
  touch: { readonly bid: Centicents; readonly ask: Centicents },
  reading: NonNullable<DecideInput['reading']>,
  bounds: Bound[],
): Desired | NoQuoteReason {
  if (input.sides === (side === 'bid' ? 'askOnly' : 'bidOnly')) return 'sides';
  const quoting = input.settings.quoting;
  const quantity = roomFor(side, input.quantity, input.position, quoting);
  if (quantity === 0) return 'capacity';
  if (quantity < input.quantity) bounds.push(side === 'bid' ? 'bidCapacity' : 'askCapacity');
  const price = place(
    {
      side,
      priceCents,
      grid: input.market.grid,
      reading,
      opposingTouch: opposingPrice(side, touch),
      improveCentsMin: quoting.improveCentsMin,
    },
    bounds,
  );
  return price === null ? 'offGrid' : { side, price, quantity };
}
