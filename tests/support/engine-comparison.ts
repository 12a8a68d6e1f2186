import { expect } from 'vitest';
import { type ClientOrderId, named, type OrderId } from '../../src/domain/ids.ts';
import type { FeeSchedule } from '../../src/domain/market.ts';
import type { Side } from '../../src/domain/side.ts';
import { type Centicontracts, complement, type UnixMs } from '../../src/domain/units.ts';
import { CROWD, type UserId } from '../../src/exchange/embedded/model.ts';
import { EngineWorld, MARKET } from './engine.ts';
import { Listener } from './engine-listener.ts';
import type { AmendStep, CreateStep, OperatorStep, Step } from './engine-steps.ts';
import { DAY_MS, TENTHS } from './markets.ts';
import { type PlainAccount, PlainExchange, type PlainOrder } from './plain-exchange.ts';

export const ACCOUNTS = ['ann', 'ben'] as const;

/** What is true of an engine that has just answered. */
export function checkMoney(world: EngineWorld): void {
  const { engine } = world;
  expect(world.imbalance()).toBe(0);
  const audit = engine.audit();
  expect(audit.unbalanced).toEqual([]);
  let held = 0;
  for (const name of ACCOUNTS) {
    const available = engine.availableCash(name).get(0)!;
    const fills = engine.fills(name);
    const collateral = collateralOf(world, name);
    held += collateral;
    expect((available + collateral) % 100).toBe(0);
    expect(available).toBeGreaterThanOrEqual(-100 * fills.length);
    for (const fill of fills) expect(fill.fee).toBeGreaterThanOrEqual(0);
  }
  expect(audit.collateral).toBe(held);
}

/** Collateral from orders and position alone: what reduces is free, a position that covers in part is spread evenly. */
export function collateralOf({ engine }: EngineWorld, name: UserId, ticker = MARKET): number {
  const position = engine.positions(name).find(({ market }) => market === ticker)?.quantity ?? 0;
  let held = 0;
  for (const side of ['bid', 'ask'] as const) {
    let size = 0n;
    let worth = 0n;
    for (const order of engine.orders(name)) {
      if (order.market !== ticker || order.status !== 'resting' || order.side !== side) continue;
      size += BigInt(order.remaining);
      worth += BigInt(order.remaining) * BigInt(side === 'bid' ? order.price : complement(order.price));
    }
    const covered = BigInt(Math.max(0, side === 'bid' ? -position : position));
    if (size > covered) held += Number(worth - (worth * covered) / size);
  }
  return held;
}

interface Placed {
  readonly id: OrderId;
  readonly user: UserId;
  readonly side: Side;
}

/** Runs commands on an engine and on the plain exchange, and compares whatever both can say. */
export class Comparison {
  readonly world: EngineWorld;
  readonly plain: PlainExchange;
  readonly listener = new Listener();
  /** What stood before each resting order of an account when it was last seen. */
  private ahead = new Map<OrderId, number>();
  private readonly placed: Placed[] = [];

  constructor(schedule: FeeSchedule, cash: number) {
    this.plain = new PlainExchange(schedule);
    this.world = new EngineWorld({ fees: schedule, cash, market: { grid: TENTHS } });
    this.world.engine.events.subscribe((event) => this.listener.hear(event));
  }

  run(step: Step): void {
    const { engine } = this.world;
    switch (step.kind) {
      case 'create':
        this.create(step);
        return;
      case 'wait':
        this.world.advance(step.delayMs);
        this.plain.removeWhere(({ expiresAtMs }) => expiresAtMs !== null && expiresAtMs <= this.world.clock.now());
        return;
      case 'cancelAll': {
        const canceled = engine.cancelAll(step.user).map(({ orderId }) => orderId);
        const resting = this.plain.orders.filter((order) => order.user === step.user).map(({ id }) => id);
        expect(canceled.sort()).toEqual(this.plain.isExchangeActive ? resting.sort() : []);
        for (const id of canceled) this.plain.remove(id);
        return;
      }
      case 'cancel':
      case 'decrease':
      case 'amend': {
        const placed = this.placed.at(-1 - step.pick);
        if (placed === undefined) return;
        const resting = this.plain.find(placed.id);
        if (step.kind === 'amend') this.amend(placed, resting, step);
        else this.reduce(placed, resting, step.kind === 'cancel' ? null : step.by);
        return;
      }
      default:
        this.operate(step);
    }
  }

  check(): void {
    const { engine } = this.world;
    const { bids, asks } = engine.book(MARKET);
    expect(bids).toEqual(this.plain.levels('bid'));
    expect(asks).toEqual(this.plain.levels('ask'));
    const ahead = new Map<OrderId, number>();
    for (const { id, user } of this.plain.orders) {
      if (user === CROWD) continue;
      const now = engine.queueAhead(id)!;
      expect(now).toBe(this.plain.ahead(id));
      expect(now).toBeLessThanOrEqual(this.ahead.get(id) ?? Number.POSITIVE_INFINITY);
      ahead.set(id, now);
    }
    this.ahead = ahead;
    for (const name of ACCOUNTS) {
      const resting = engine.orders(name).filter(({ status }) => status === 'resting');
      const plain = this.plain.orders.filter((order) => order.user === name);
      expect(new Set(resting.map(({ orderId, price, remaining }) => `${orderId} ${price} ${remaining}`))).toEqual(
        new Set(plain.map(({ id, price, remaining }) => `${id} ${price} ${remaining}`)),
      );
    }
    checkMoney(this.world);
    this.listener.check(this.world);
  }

  private position(user: UserId): number {
    return this.world.engine.positions(user).find(({ market }) => market === MARKET)?.quantity ?? 0;
  }

  private account(user: UserId): PlainAccount {
    if (user === CROWD) return { cash: Number.POSITIVE_INFINITY, position: 0 };
    const position = this.position(user);
    const cash = this.world.engine.availableCash(user).get(0)! + collateralOf(this.world, user);
    return { cash, position };
  }

  private create(step: CreateStep): void {
    const { plain } = this;
    const isResting = step.timeInForce === 'goodTillCanceled';
    const delayMs = isResting ? step.delayMs : null;
    const isReducing = step.reduceOnly && step.timeInForce === 'immediateOrCancel' && step.user !== CROWD;
    const asked = this.world.order(step.side, 1, 1, {
      price: step.price,
      quantity: this.quantityOf(step),
      timeInForce: step.timeInForce,
      selfTrade: step.selfTrade,
      postOnly: step.postOnly && isResting,
      reduceOnly: isReducing,
      cancelOnPause: step.cancelOnPause,
      expiresAtMs: delayMs === null ? null : ((this.world.clock.now() + delayMs) as UnixMs),
    });
    const account = this.account(step.user);
    const reducible = Math.max(0, step.side === 'bid' ? -account.position : account.position);
    const size = (isReducing ? Math.min(asked.quantity, reducible) : asked.quantity) as Centicontracts;
    const refusal = plain.refusal(step.user, { ...asked, quantity: size }, account);
    const answer = this.world.engine.create(step.user, asked);
    expect(answer.ok ? null : answer.code).toBe(refusal);
    if (!answer.ok) return;
    const { order, fills } = answer;
    const mine: PlainOrder = { ...asked, id: order.orderId, user: step.user, remaining: size };
    const executions = plain.take(mine, step.selfTrade === 'maker');
    const executed = executions.reduce((sum, { quantity }) => sum + quantity, 0);
    if (step.user !== CROWD) {
      expect(fills.map((fill) => [fill.price, fill.quantity])).toEqual(
        executions.map((execution) => [execution.price, execution.quantity]),
      );
    }
    expect(order.filled).toBe(executed);
    expect(executions.every(({ maker }) => maker === CROWD || maker !== step.user)).toBe(true);
    expect(order.remaining).toBe(isResting ? mine.remaining : 0);
    if (isResting && mine.remaining > 0) plain.rest(mine);
    this.placed.push({ id: order.orderId, user: step.user, side: step.side });
  }

  private quantityOf({ user, side, price, quantity, beyondMost }: CreateStep): Centicontracts {
    if (beyondMost === null || user === CROWD) return quantity;
    const most = this.plain.most(user, side, price, this.account(user));
    return Math.max(1, most + beyondMost) as Centicontracts;
  }

  /** A cancel, or a decrease by so much. */
  private reduce({ id, user }: Placed, resting: PlainOrder | undefined, by: number | null): void {
    const { engine } = this.world;
    const remaining = (by === null ? 0 : Math.max(0, (resting?.remaining ?? 0) - by)) as Centicontracts;
    const answer = by === null ? engine.cancel(user, id) : engine.decreaseTo(user, id, remaining);
    expect(answer.ok).toBe(resting !== undefined && this.plain.shut(false) === null);
    if (!answer.ok) return;
    expect(answer.reducedBy).toBe(resting!.remaining - remaining);
    if (remaining === 0) this.plain.remove(id);
    else resting!.remaining = remaining;
  }

  private amend(placed: Placed, resting: PlainOrder | undefined, step: AmendStep): void {
    if (placed.user === CROWD) return;
    const { plain } = this;
    const { engine } = this.world;
    const { filled = 0, price: own } = engine.order(placed.user, placed.id) ?? {};
    const price = (step.price ?? own)!;
    const refusal =
      resting === undefined
        ? null
        : plain.amendRefusal(resting, price, step.quantity, filled, this.account(placed.user));
    const answer = engine.amend(placed.user, placed.id, {
      market: MARKET,
      side: placed.side,
      price,
      quantity: step.quantity,
      updatedClientOrderId: named<ClientOrderId>(`amended-${placed.id}`),
    });
    if (resting === undefined) {
      expect(answer.ok).toBe(false);
      return;
    }
    expect(answer.ok ? null : answer.code).toBe(refusal);
    if (!answer.ok) return;
    const wanted = step.quantity - filled;
    expect(answer.order.initial).toBe(step.quantity);
    if (wanted === 0) plain.remove(placed.id);
    else if (plain.keepsPlace(resting, price, wanted)) resting.remaining = wanted;
    else {
      this.ahead.delete(placed.id);
      plain.remove(placed.id);
      const moved: PlainOrder = { ...resting, price, remaining: wanted };
      const executions = plain.take(moved, false);
      expect(answer.fills.map((fill) => [fill.price, fill.quantity])).toEqual(
        executions.map((execution) => [execution.price, execution.quantity]),
      );
      expect(answer.order.remaining).toBe(moved.remaining);
      if (moved.remaining > 0) plain.rest(moved);
    }
  }

  private operate(step: OperatorStep): void {
    const { plain } = this;
    const { engine, clock } = this.world;
    const leaveAtPause = () => plain.removeWhere(({ user, cancelOnPause }) => user !== CROWD && cancelOnPause);
    switch (step.kind) {
      case 'trading':
        if (plain.isTradingActive && !step.isActive) leaveAtPause();
        plain.isTradingActive = step.isActive;
        engine.setTradingActive(step.isActive);
        return;
      case 'exchange':
        if (plain.isExchangeActive && !step.isActive) leaveAtPause();
        plain.isExchangeActive = step.isActive;
        engine.setExchangeActive(step.isActive);
        return;
      case 'market':
        if (plain.isMarketOpen && plain.isMarketActive !== step.isActive) {
          if (step.isActive) plain.orders = [];
          else leaveAtPause();
          plain.isMarketActive = step.isActive;
        }
        if (step.isActive) engine.resumeMarket(MARKET);
        else engine.pauseMarket(MARKET);
        return;
      case 'close':
        engine.moveClose(MARKET, (clock.now() + (step.isOpen ? DAY_MS : 0)) as UnixMs);
        if (!step.isOpen) {
          plain.orders = [];
          plain.isMarketActive = true;
        }
        plain.isMarketOpen = step.isOpen;
        return;
      case 'fees':
        this.changeFees(step.fees);
    }
  }

  /** Dearer fees take from an account what they leave without cover, and nothing else. */
  private changeFees(fees: FeeSchedule): void {
    const { plain } = this;
    const { engine, clock } = this.world;
    plain.fees = fees;
    const wanted = ACCOUNTS.map((name) => plain.reserved(name, this.position(name)));
    engine.changeSeriesFees(named('KXTEST'), fees, clock.now());
    expect(engine.feesOf(MARKET)).toEqual(fees);
    for (const [index, name] of ACCOUNTS.entries()) {
      const { cash, position } = this.account(name);
      const gone = plain.orders.filter(
        ({ id, user }) => user === name && engine.order(name, id)?.status === 'canceled',
      );
      for (const { id } of gone) {
        expect(engine.order(name, id)?.updateReason).toBe('MarginCancel');
        plain.remove(id);
      }
      if (gone.length > 0) expect(wanted[index]!).toBeGreaterThan(cash);
      expect(plain.reserved(name, position)).toBeLessThanOrEqual(cash + 100 * engine.fills(name).length);
    }
  }
}
