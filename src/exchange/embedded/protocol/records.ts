import type { Clock } from '../../../domain/clock.ts';
import type { OrderId, Ticker } from '../../../domain/ids.ts';
import type { Microdollars } from '../../../domain/units.ts';
import type { Engine, EngineEvent, EngineFill, EngineOrder, EnginePosition, UserId } from '../model.ts';

/** What portfolio reads show of an account. Lists are newest first. */
export type Records = Pick<Engine, 'availableCash' | 'orders' | 'order' | 'fills' | 'positions' | 'settlements'>;

/** Up to which wall time reads show what happened: never less than they did before, however the delay grows. */
export function createHorizon(wall: Clock, delayMs: () => number): () => number {
  let shownMs = Number.NEGATIVE_INFINITY;
  return () => {
    shownMs = Math.max(shownMs, wall.now() - delayMs());
    return shownMs;
  };
}

interface UserRecords {
  cash: ReadonlyMap<number, Microdollars>;
  /** Oldest first. */
  readonly orders: Map<OrderId, EngineOrder>;
  readonly fills: EngineFill[];
  readonly positions: Map<Ticker, EnginePosition>;
}

/**
 * The engine's records as they were at the horizon: the venue's reads lag behind its writes. With none it is the engine
 * itself. Settlements are not delayed, nor is what happens while `isRebuilding`. `owners` have an account already.
 */
export function createRecords(
  engine: Engine,
  wall: Clock,
  horizonMs: (() => number) | null,
  { owners, isRebuilding }: { readonly owners: readonly UserId[]; readonly isRebuilding: () => boolean },
): Records {
  if (horizonMs === null) return engine;
  const untilMs = horizonMs;
  const users = new Map<UserId, UserRecords>();
  const waiting: { readonly writtenMs: number; readonly apply: () => void }[] = [];

  function recordsOf(user: UserId): UserRecords {
    let records = users.get(user);
    if (records === undefined) {
      records = { cash: engine.availableCash(user), orders: new Map(), fills: [], positions: new Map() };
      users.set(user, records);
    }
    return records;
  }

  function later(apply: () => void): void {
    if (isRebuilding()) apply();
    else waiting.push({ writtenMs: wall.now(), apply });
  }

  /** As it is once the command is over, of which this is told. */
  function cashLater(user: UserId): void {
    const cash = engine.availableCash(user);
    later(() => {
      recordsOf(user).cash = cash;
    });
  }

  for (const user of owners) recordsOf(user);
  engine.events.subscribe((event) => {
    const user = ownerOf(event);
    if (user === null || !engine.hasAccount(user)) return;
    if (event.type === 'order') later(() => recordsOf(user).orders.set(event.order.orderId, event.order));
    else if (event.type === 'fill') later(() => recordsOf(user).fills.push(event.fill));
    else if (event.type === 'position')
      later(() => recordsOf(user).positions.set(event.position.market, event.position));
    cashLater(user);
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
    availableCash: (user) => visible(user).cash,
    orders: (user) => [...visible(user).orders.values()].reverse(),
    order: (user, orderId) => visible(user).orders.get(orderId) ?? null,
    fills: (user) => visible(user).fills.toReversed(),
    positions: (user) => [...visible(user).positions.values()],
    settlements: (user) => engine.settlements(user),
  };
}

/** Whose records an event is about, and whose cash may be another by it; null: nobody's. */
function ownerOf(event: EngineEvent): UserId | null {
  switch (event.type) {
    case 'order':
      return event.order.user;
    case 'fill':
      return event.fill.user;
    case 'position':
    case 'settlement':
    case 'transfer':
      return event.user;
    default:
      return null;
  }
}
