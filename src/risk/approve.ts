/**
 * The only way to an order: approval and reservation are one synchronous step. What was approved is counted at its worst
 * from that instant on, so no interleaving of approvals, fills and cancels can pass a limit.
 */
import type { Microdollars, UnixMs } from '../domain/units.ts';
import { DOLLAR } from '../domain/units.ts';
import type { Exposure, Reservation } from './exposure.ts';
import type { Limits } from './limits.ts';
import type { Denial, OrderRequest, Proposal, RiskMode, Rule } from './proposal.ts';
import { balance } from './rules/balance.ts';
import { category } from './rules/category.ts';
import { group } from './rules/group.ts';
import { knownMarket } from './rules/known-market.ts';
import { market } from './rules/market.ts';
import { mode } from './rules/mode.ts';
import { openPositions } from './rules/open-positions.ts';
import { orderSize } from './rules/order-size.ts';
import { reducingOnly } from './rules/reducing-only.ts';
import { restingValue } from './rules/resting-value.ts';
import { total } from './rules/total.ts';
import { lossOfOrder } from './worst-loss.ts';

/** Not exported: nothing outside this file can make the mark that `isApproved` looks for. */
const approval = Symbol('approved by risk');

/** An order that risk has let pass and reserved. Whoever does not send it must release it in the exposure. */
export interface Approved<R extends OrderRequest = OrderRequest> {
  readonly ok: true;
  readonly request: R;
  /** The door compares it with the epoch of the moment of writing. */
  readonly riskEpoch: number;
  /** Wall time; later the door stays shut. */
  readonly validUntilMs: UnixMs;
  readonly [approval]: true;
}

export interface Denied extends Denial {
  readonly ok: false;
}

export interface ApprovalContext {
  readonly exposure: Exposure;
  readonly limits: Limits;
  /** The account's cash, collateral of open orders not yet taken off. */
  readonly cash: Microdollars;
  readonly mode: RiskMode;
  readonly riskEpoch: number;
  readonly nowWallMs: UnixMs;
}

/** Exits are held to these alone: a limit that has been passed must never keep us from reducing what passed it. */
const RULES_OF_EXITS: readonly Rule[] = [reducingOnly];
/** The cheap and telling ones first; the first that objects is the reason given. */
const RULES_OF_QUOTES: readonly Rule[] = [
  mode,
  knownMarket,
  reducingOnly,
  orderSize,
  market,
  category,
  group,
  total,
  restingValue,
  openPositions,
  balance,
];

/**
 * Approves an order and reserves its worst case, or says why not and leaves everything as it was. A request with the id
 * of an order that is held already is an amend: the worse of both, in price and in quantity, is reserved until the
 * owner of the row knows better.
 */
export function approve<R extends OrderRequest>(request: R, context: ApprovalContext): Approved<R> | Denied {
  const { exposure } = context;
  const held = exposure.reservation(request.clientOrderId);
  const invalid = objectionTo(request, held);
  if (invalid !== null) return { ok: false, ...invalid };
  if (held === null) exposure.reserve(request.clientOrderId, reservationOf(request));
  else exposure.update(request.clientOrderId, larger(held, request), worse(held, request));

  const proposal = propose(request, context);
  for (const rule of request.purpose === 'exit' ? RULES_OF_EXITS : RULES_OF_QUOTES) {
    const denial = rule(proposal);
    if (denial === null) continue;
    if (held === null) exposure.release(request.clientOrderId);
    else exposure.update(request.clientOrderId, held.quantity, held.price);
    return { ok: false, reason: denial.reason, value: denial.value, limit: denial.limit };
  }
  return {
    ok: true,
    request,
    riskEpoch: context.riskEpoch,
    validUntilMs: (context.nowWallMs + context.limits.approvalValidMs) as UnixMs,
    [approval]: true,
  };
}

/** Whether this came out of `approve`. */
export function isApproved(value: unknown): value is Approved {
  return typeof value === 'object' && value !== null && approval in value;
}

/** An order that no limit can be computed for is refused before it is counted. */
function objectionTo(request: OrderRequest, held: Reservation | null): Denial | null {
  const { price, quantity } = request;
  if (!Number.isSafeInteger(price) || price <= 0 || price >= DOLLAR)
    return { reason: 'invalidOrder', value: price, limit: DOLLAR };
  if (!Number.isSafeInteger(quantity) || quantity <= 0) return { reason: 'invalidOrder', value: quantity, limit: 1 };
  const isSameOrder =
    held === null || (held.market === request.market && held.side === request.side && held.purpose === request.purpose);
  return isSameOrder ? null : { reason: 'invalidOrder', value: 0, limit: 0 };
}

function reservationOf({ market, side, price, quantity, purpose }: OrderRequest): Reservation {
  return { market, side, price, quantity, purpose };
}

function larger(held: Reservation, request: OrderRequest) {
  return request.quantity > held.quantity ? request.quantity : held.quantity;
}

function worse(held: Reservation, request: OrderRequest) {
  const isWorse = request.side === 'bid' ? request.price > held.price : request.price < held.price;
  return isWorse ? request.price : held.price;
}

/** Reads the sums with the order already in them. */
function propose(request: OrderRequest, context: ApprovalContext): Proposal {
  const { exposure } = context;
  const traits = exposure.traitsOf(request.market);
  return {
    purpose: request.purpose,
    side: request.side,
    mode: context.mode,
    limits: context.limits,
    event: traits?.event ?? null,
    position: exposure.positionOf(request.market),
    openOnSide: exposure.openQuantity(request.market, request.side),
    exitsOnSide: exposure.exitQuantity(request.market, request.side),
    orderLoss: lossOfOrder(request.side, request.price, request.quantity),
    marketLoss: exposure.market(request.market),
    categoryLoss: exposure.category(traits?.category ?? ''),
    groupLoss: traits === null ? (0 as Microdollars) : exposure.group(traits.event),
    totalLoss: exposure.total,
    restingValue: exposure.restingValue,
    openPositions: exposure.openPositions,
    cash: context.cash,
  };
}
