import { assert } from '../domain/assert.ts';
import { type Fill, fillKey } from '../domain/fill.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import {
  type Centicents,
  type Centicontracts,
  centicontracts,
  type Microdollars,
  microdollars,
} from '../domain/units.ts';
import {
  type Account,
  cashOf,
  openAccount,
  type Position,
  positionOf,
  type SettlementFact,
  valueAt,
  withFill,
} from './position.ts';

/** Whether a fact changed anything; what was known already changes nothing. */
export type Applied = 'applied' | 'duplicate';

/**
 * The yes price at which this position could be closed now (the bid for a long one, the ask for a short one): 0 or $1 where
 * that side is empty and the position could not be sold at all; null where nothing is known.
 */
export type Marks = (market: Ticker, quantity: Centicontracts) => Centicents | null;

/** A fill that was counted, and when it happened: enough to know it again. */
export type KnownFill = readonly [key: string, atMs: number];

/** What explains the cash: all of it, with its sign. */
export interface CashSources {
  readonly opening: Microdollars;
  /** What fills paid and received, with $1 of collateral a short contract; fees apart. */
  readonly fills: Microdollars;
  readonly fees: Microdollars;
  readonly settlements: Microdollars;
  readonly transfers: Microdollars;
}

/** A position that was taken as the venue has it, by a person's word; see `Ledger.adjustPosition`. */
export interface PositionAdjustment {
  readonly id: string;
  readonly market: Ticker;
  readonly quantity: Centicontracts;
  /** What the venue says that the position cost. */
  readonly cost: Microdollars;
}

/** What a ledger is stored as; only `toJson` makes it, only `restore` reads it. */
interface LedgerJson {
  readonly version: 2;
  readonly opening: Microdollars;
  readonly fillCount: number;
  readonly contracts: Centicontracts;
  readonly makerContracts: Centicontracts;
  readonly provenMs: number | null;
  readonly accounts: readonly Account[];
  readonly transfers: readonly (readonly [id: string, amount: Microdollars])[];
  readonly adjusted: readonly string[];
  readonly fills: readonly KnownFill[];
}

/**
 * Fills, settlements and transfers in; positions, P&L, fees and the cash that they explain out. Each fact counts once
 * whatever way and however often it arrives, and the order of arrival changes no position and no cash (only how P&L by
 * average cost divides into realised and unrealised). Pure, exact.
 */
export class Ledger {
  readonly #accounts = new Map<Ticker, Account>();
  /** Fills that could still be brought a second time, and when they happened. */
  readonly #fills = new Map<string, number>();
  readonly #adjusted = new Set<string>();
  readonly #transfers = new Map<string, Microdollars>();
  #opening = microdollars(0);
  #contracts = centicontracts(0);
  #makerContracts = centicontracts(0);
  #fillCount = 0;
  #provenMs: number | null = null;
  /** Asked for with every approval, summed only after a change; null when something changed since. */
  #explainedCash: Microdollars | null = null;

  /** The venue's cash before the first fill that this ledger counts. */
  setOpening(cash: Microdollars): void {
    this.#explainedCash = null;
    this.#opening = microdollars(cash);
  }

  apply(fill: Fill): Applied {
    const key = fillKey(fill);
    if (this.has(fill)) return 'duplicate';
    assert(fill.quantity > 0 && fill.fee >= 0, `fill ${key} has a quantity and no negative fee`);
    this.#explainedCash = null;
    this.#fills.set(key, fill.atMs);
    this.#fillCount++;
    this.#accounts.set(fill.market, withFill(this.#account(fill.market), fill));
    this.#contracts = centicontracts(this.#contracts + fill.quantity);
    if (!fill.isTaker) this.#makerContracts = centicontracts(this.#makerContracts + fill.quantity);
    return 'applied';
  }

  /** A market paid out. Fills of it that arrive later still count, as what they were: executions before it. */
  settle(settlement: SettlementFact): Applied {
    const account = this.#account(settlement.market);
    if (account.settlement !== null) return 'duplicate';
    const { market, value, revenue, fee, atMs } = settlement;
    this.#explainedCash = null;
    this.#accounts.set(market, { ...account, settlement: { market, value, revenue, fee, atMs } });
    return 'applied';
  }

  /** Cash that came or went by other ways: a deposit, a withdrawal, an incentive, an accepted adjustment. */
  transfer(id: string, amount: Microdollars): Applied {
    if (this.#transfers.has(id)) return 'duplicate';
    this.#explainedCash = null;
    this.#transfers.set(id, microdollars(amount));
    return 'applied';
  }

  has(fill: Pick<Fill, 'tradeId' | 'orderId' | 'atMs'>): boolean {
    return this.#fills.has(fillKey(fill)) || (this.#provenMs !== null && fill.atMs < this.#provenMs);
  }

  /**
   * A complete listing has shown that every fill before this moment is counted: none of them is new any more, whoever
   * brings it, and their names need not be kept. Without this a ledger would grow with every fill for ever.
   */
  prove(beforeMs: number): void {
    if (this.#provenMs !== null && beforeMs <= this.#provenMs) return;
    this.#provenMs = beforeMs;
    for (const [key, atMs] of this.#fills) if (atMs < beforeMs) this.#fills.delete(key);
  }
  /** Every fill before this is counted, proven by a complete listing; null: nothing is proven yet. */
  get provenMs(): number | null {
    return this.#provenMs;
  }

  /**
   * The venue's position in place of ours, because a person said so: no money moves by it, and what was earned stays.
   * What the cash lacks then is a transfer of its own.
   */
  adjustPosition({ id, market, quantity, cost }: PositionAdjustment): Applied {
    if (this.#adjusted.has(id)) return 'duplicate';
    this.#explainedCash = null;
    this.#adjusted.add(id);
    const before = this.#account(market);
    const { realizedPnl, fees } = positionOf(before);
    const moved: Account = { ...before, quantity, cost, realizedPnl, fees, settlement: null };
    const flow = microdollars(moved.flow + cashOf(before) - cashOf(moved));
    this.#accounts.set(market, { ...moved, flow });
    return 'applied';
  }
  transferred(id: string): Microdollars | null {
    return this.#transfers.get(id) ?? null;
  }

  /**
   * After `apply`: whether the venue's position after this fill is ours. False says that fills are missing (or came in
   * another order than they happened): read them back before the next order. True where the fill does not say.
   */
  matches(fill: Pick<Fill, 'market' | 'positionAfter'>): boolean {
    return fill.positionAfter === null || fill.positionAfter === this.#account(fill.market).quantity;
  }

  /** Of any market; flat where nothing happened. */
  position(market: Ticker): Position {
    return positionOf(this.#account(market));
  }
  /** Every market that ever had a fill or a settlement, flat ones too, in order of the first. */
  positions(): readonly Position[] {
    return [...this.#accounts.values()].map(positionOf);
  }

  /** Opening cash + fills' cash − fees + settlements + transfers: what the venue should hold for us, resting orders aside. */
  explainedCash(): Microdollars {
    if (this.#explainedCash !== null) return this.#explainedCash;
    let cash = this.#opening + this.#sum(cashOf);
    for (const amount of this.#transfers.values()) cash += amount;
    this.#explainedCash = microdollars(cash);
    return this.#explainedCash;
  }
  /** The terms of `explainedCash`, each with its sign. */
  cashSources(): CashSources {
    const settlements = this.#sum((account) => account.settlement?.revenue ?? 0);
    const fees = this.#sum((account) => -account.fees);
    const fills = microdollars(this.#sum(cashOf) - settlements - fees);
    let transfers = 0;
    for (const amount of this.#transfers.values()) transfers += amount;
    return { opening: this.#opening, fills, fees, settlements, transfers: microdollars(transfers) };
  }
  /** Before fees. */
  realizedPnl(): Microdollars {
    return this.#sum((account) => positionOf(account).realizedPnl);
  }
  fees(): Microdollars {
    return this.#sum((account) => positionOf(account).fees);
  }
  /** Worth at the exit-side touch less cost; a position without a mark counts at its cost. */
  unrealized(marks: Marks): Microdollars {
    return this.#sum((account) => worth(account, marks) - positionOf(account).cost);
  }
  /** `cash` (the venue's, or ours) + what open positions are worth at the exit-side touch. */
  equity(cash: Microdollars, marks: Marks): Microdollars {
    return microdollars(cash + this.#sum((account) => worth(account, marks)));
  }

  get opening(): Microdollars {
    return this.#opening;
  }
  get fillCount(): number {
    return this.#fillCount;
  }
  /** Σ quantity of all fills. */
  get contracts(): Centicontracts {
    return this.#contracts;
  }
  get makerContracts(): Centicontracts {
    return this.#makerContracts;
  }

  /** `fills` stays empty where they are kept apart (they are most of it, and only ever added to). */
  toJson(withFills = true): Json {
    const json: LedgerJson = {
      version: 2,
      opening: this.#opening,
      fillCount: this.#fillCount,
      contracts: this.#contracts,
      makerContracts: this.#makerContracts,
      provenMs: this.#provenMs,
      accounts: [...this.#accounts.values()],
      transfers: [...this.#transfers],
      adjusted: [...this.#adjusted],
      fills: withFills ? [...this.#fills] : [],
    };
    return json as unknown as Json;
  }

  /** Takes over what `toJson` gave, into a ledger in which nothing happened yet. */
  restore(json: Json): void {
    const stored = json as unknown as LedgerJson;
    assert(stored.version === 2, 'a stored ledger has version 2');
    assert(this.#fillCount === 0 && this.#accounts.size === 0, 'a ledger is restored before anything happens in it');
    this.setOpening(stored.opening);
    this.#fillCount = stored.fillCount;
    this.#contracts = centicontracts(stored.contracts);
    this.#makerContracts = centicontracts(stored.makerContracts);
    this.#provenMs = stored.provenMs;
    for (const account of stored.accounts) this.#accounts.set(account.market, account);
    for (const [id, amount] of stored.transfers) this.transfer(id, amount);
    for (const id of stored.adjusted) this.#adjusted.add(id);
    this.know(stored.fills);
  }
  /** Fills that are counted in what was restored and were kept apart from it. */
  know(fills: readonly KnownFill[]): void {
    for (const [key, atMs] of fills) if (this.#provenMs === null || atMs >= this.#provenMs) this.#fills.set(key, atMs);
  }

  static fromJson(json: Json): Ledger {
    const ledger = new Ledger();
    ledger.restore(json);
    return ledger;
  }

  #account(market: Ticker): Account {
    return this.#accounts.get(market) ?? openAccount(market);
  }

  #sum(amountOf: (account: Account) => number): Microdollars {
    let sum = 0;
    for (const account of this.#accounts.values()) sum += amountOf(account);
    return microdollars(sum);
  }
}

function worth(account: Account, marks: Marks): Microdollars {
  const { market, quantity, cost } = positionOf(account);
  if (quantity === 0) return microdollars(0);
  const mark = marks(market, quantity);
  return mark === null ? cost : valueAt(quantity, mark);
}
