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

/** What a ledger is stored as; only `toJson` makes it, only `fromJson` reads it. */
interface LedgerJson {
  readonly version: 1;
  readonly opening: Microdollars;
  readonly fillCount: number;
  readonly contracts: Centicontracts;
  readonly makerContracts: Centicontracts;
  readonly accounts: readonly Account[];
  readonly fills: readonly string[];
  readonly transfers: readonly (readonly [id: string, amount: Microdollars])[];
}

/**
 * Fills, settlements and transfers in; positions, P&L, fees and the cash that they explain out. Each fact counts once
 * whatever way and however often it arrives, and the order of arrival changes no position and no cash (only how P&L by
 * average cost divides into realised and unrealised). Pure, exact.
 */
export class Ledger {
  readonly #accounts = new Map<Ticker, Account>();
  readonly #fills = new Set<string>();
  readonly #transfers = new Map<string, Microdollars>();
  #opening = microdollars(0);
  #contracts = centicontracts(0);
  #makerContracts = centicontracts(0);

  /** The venue's cash before the first fill that this ledger counts. */
  setOpening(cash: Microdollars): void {
    this.#opening = microdollars(cash);
  }

  apply(fill: Fill): Applied {
    const key = fillKey(fill);
    if (this.#fills.has(key)) return 'duplicate';
    assert(fill.quantity > 0 && fill.fee >= 0, `fill ${key} has a quantity and no negative fee`);
    this.#fills.add(key);
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
    this.#accounts.set(market, { ...account, settlement: { market, value, revenue, fee, atMs } });
    return 'applied';
  }

  /** Cash that came or went by other ways: a deposit, a withdrawal, an incentive, an accepted adjustment. */
  transfer(id: string, amount: Microdollars): Applied {
    if (this.#transfers.has(id)) return 'duplicate';
    this.#transfers.set(id, microdollars(amount));
    return 'applied';
  }

  has(fill: Pick<Fill, 'tradeId' | 'orderId'>): boolean {
    return this.#fills.has(fillKey(fill));
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
    let cash = this.#opening + this.#sum(cashOf);
    for (const amount of this.#transfers.values()) cash += amount;
    return microdollars(cash);
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
    return this.#fills.size;
  }
  /** Σ quantity of all fills. */
  get contracts(): Centicontracts {
    return this.#contracts;
  }
  get makerContracts(): Centicontracts {
    return this.#makerContracts;
  }

  toJson(): Json {
    const json: LedgerJson = {
      version: 1,
      opening: this.#opening,
      fillCount: this.#fills.size,
      contracts: this.#contracts,
      makerContracts: this.#makerContracts,
      accounts: [...this.#accounts.values()],
      fills: [...this.#fills],
      transfers: [...this.#transfers],
    };
    return json as unknown as Json;
  }

  static fromJson(json: Json): Ledger {
    const stored = json as unknown as LedgerJson;
    assert(stored.version === 1, 'a stored ledger has version 1');
    const ledger = new Ledger();
    ledger.setOpening(stored.opening);
    ledger.#contracts = centicontracts(stored.contracts);
    ledger.#makerContracts = centicontracts(stored.makerContracts);
    for (const account of stored.accounts) ledger.#accounts.set(account.market, account);
    for (const key of stored.fills) ledger.#fills.add(key);
    for (const [id, amount] of stored.transfers) ledger.transfer(id, amount);
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
