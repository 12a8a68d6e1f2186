import type { Clock } from '../../../domain/clock.ts';
import type { OrderId, Ticker } from '../../../domain/ids.ts';
import type { Engine, EngineFill, EngineOrder, EnginePosition, UserId } from '../model.ts';

/** What portfolio reads show of an account. Lists are newest first. */
export type Records = Pick<Engine, 'orders' | 'order' | 'fills' | 'positions' | 'settlements'>;

/** Up to which wall time reads show what happened: never less than they did before, however the delay grows. */
export function createHorizon(wall: Clock, delayMs: () => number): () => number {
  let shownMs = Number.NEGATIVE_INFINITY;
  return () => {
    shownMs = Math.max(shownMs, wall.now() - delayMs());
    return shownMs;
  };
}

interface UserRecords {
  /** Oldest first. */
  readonly orders: Map<OrderId, EngineOrder>;
  readonly fills: EngineFill[];
  readonly positions: Map<Ticker, EnginePosition>;
}

/**
 * The engine's records as they were at the horizon: the venue's reads lag behind its writes. With none it is the engine
 * itself. Settlements are not delayed, nor is what happens while `isRebuilding`.
 */
export function createRecords(
  engine: Engine,
  wall: Clock,
  horizonMs: (() => number) | null,
  isRebuilding: () => boolean = () => false,
): Records {
  if (horizonMs === null) return engine;
  const untilMs = horizonMs;
  const users = new Map<UserId, UserRecords>();
  const waiting: { readonly writtenMs: number; readonly apply: () => void }[] = [];

  function recordsOf(user: UserId): UserRecords {
    let records = users.get(user);
    if (records === undefined) {
      records = {
        orders: new Map(),
        fills: [],
        positions: new Map(),
      };
      users.set(user, records);
    }
    return records;
  }

  function later(apply: () => void): void {
    if (isRebuilding()) apply();
    else waiting.push({ writtenMs: wall.now(), apply });
  }

  engine.events.subscribe((event) => {
    if (event.type === 'order') {
      const { order } = event;
      if (engine.hasAccount(order.user)) later(() => recordsOf(order.user).orders.set(order.orderId, order));
    } else if (event.type === 'fill') {
      const { fill } = event;
      if (engine.hasAccount(fill.user)) later(() => recordsOf(fill.user).fills.push(fill));
    } else if (event.type === 'position') {
      const { user, position } = event;
      if (engine.hasAccount(user)) later(() => recordsOf(user).positions.set(position.market, position));
    }
  });

  function show(): void {
    const shownMs = untilMs();
    let count = 0;
    while (count < waiting.length && waiting[count]!.writtenMs <= shownMs) waiting[count++]!.apply();
    if (count > 0) waiting.splice(0, count);
  }

  /** What has become visible by now. */
  function visible(user: UserId): UserRecords {
    show();
    return recordsOf(user);
  }

  return {
    orders: (user) => [...visible(user).orders.values()].reverse(),
    order: (user, orderId) => visible(user).orders.get(orderId) ?? null,
    fills: (user) => visible(user).fills.toReversed(),
    positions: (user) => [...visible(user).positions.values()],
    settlements: (user) => engine.settlements(user),
  };
}
