/**
 * What flows between the rooms while the trader lives, whatever connection is open: private news into the account, the
 * venue's marks into the table, and everything that is read back because something may have been missed.
 */
import { Subscription } from 'rxjs';
import type { Clock } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import { isOwnOrder, type Ticker } from '../domain/ids.ts';
import { unixMs } from '../domain/units.ts';
import type { TraderRuntime } from './trader-runtime.ts';

const SETTLEMENTS_EVERY_MS = 30_000;
/** How far back from what is known fills are read again: reads lag, and a line may have been dead before we knew. */
const RECENT_MS = 600_000;
const RECENT_WALL_MS = 30_000;

/** Unsubscribing ends all of it. */
export function connectTickPlane(runtime: TraderRuntime): Subscription {
  const { feed, accounts, table, gateway, evidence, markets, foreign, counts } = runtime;
  const { venue, settings, clocks, log } = runtime.parts;
  const all = new Subscription();

  /** Market time up to which everything of the account is known; boot has read all before this. */
  let knownMs = clocks.market.now();
  let isLive = false;
  /** Something may have been missed and has not been read back yet. */
  let isBehind = false;
  /** Holes noticed so far: one that is noticed while fills are being read is not closed by that reading. */
  let holes = 0;
  const readBackAll = async (): Promise<void> => {
    const askedMs = clocks.market.now();
    const before = holes;
    const reachMs = Math.max(RECENT_MS, RECENT_WALL_MS * runtime.parts.speed());
    const fills = await venue.account.fills({ sinceMs: unixMs(knownMs - reachMs) });
    accounts.takeFills(fills.items);
    if (!(await accounts.readSettlements()) || !fills.complete || holes !== before) return;
    isBehind = false;
    knownMs = askedMs;
  };
  /** What a new connection, or a hole in the old one, may have hidden. */
  const catchUp = (): void => {
    isBehind = true;
    holes++;
    readBackAll().catch((error) =>
      log.warn({ error: messageOf(error) }, 'fills and settlements could not be read back yet'),
    );
  };
  const every = (periodMs: number, clock: Clock, work: () => Promise<void>): void => {
    let timer: unknown = null;
    const tick = (): void => {
      work()
        .catch((error) => log.warn({ error: messageOf(error) }, 'a periodic check failed'))
        .finally(() => {
          if (!all.closed) timer = clock.setTimeout(tick, periodMs);
        });
    };
    timer = clock.setTimeout(tick, periodMs);
    all.add(() => clock.clearTimeout(timer));
  };

  all.add(
    feed.facts$.subscribe((fact) => {
      if (fact.type === 'feed.live') isLive = true;
      else if (fact.type === 'feed.closed') isLive = false;
    }),
  );
  // While the private stream is down nobody tells of fills: they are asked for, like the books.
  every(settings.feed.pollEveryMs, clocks.wall, async () => {
    if (!isLive || isBehind) await readBackAll();
    else knownMs = clocks.market.now();
  });

  all.add(runtime.groups.listen(feed));
  markets.start();
  all.add(() => markets.stop());
  // Private frames first: what follows from them is there when market data is looked at.
  all.add(feed.fills$.subscribe((fill) => accounts.takeFill(fill)));
  all.add(
    feed.orders$.subscribe((order) => {
      foreign.observe(order);
      const row = isOwnOrder(order.clientOrderId) ? table.get(order.clientOrderId!) : null;
      if (row === null) return;
      table.apply(row.clientOrderId, { ...order, type: 'observed', conclusive: false });
    }),
  );
  all.add(feed.ownDeltas$.subscribe((delta) => table.noteShown(delta.clientOrderId!, delta.change)));
  all.add(feed.snapshots$.subscribe((market) => table.forgetShown(market)));
  all.add(
    venue.congested$.subscribe((congested) => {
      gateway.congested = congested;
    }),
  );
  all.add(
    accounts.fills$.subscribe((fill) => {
      counts.fills++;
      counts.contracts += fill.quantity;
      if (!fill.isTaker) counts.makerContracts += fill.quantity;
    }),
  );
  all.add(
    gateway.facts$.subscribe((fact) => {
      if (fact.type === 'firstOrder') runtime.noteFirstQuote();
    }),
  );
  // Positions that disagree, executions without their fills, a private stream that missed something: read back.
  const reading = new Set<Ticker>();
  const readBack = (market: Ticker): void => {
    // A burst of fills that came in another order than they happened is read back once.
    if (reading.has(market)) return;
    reading.add(market);
    evidence
      .readFillsBack(market)
      .then((complete) => {
        if (!complete) return;
        table.trust(market);
        gateway.settle(market);
      })
      .catch((error) => log.warn({ market, error: messageOf(error) }, 'fills could not be read back'))
      .finally(() => reading.delete(market));
  };
  all.add(
    accounts.mismatch$.subscribe((market) => {
      table.doubt(market);
      readBack(market);
    }),
  );
  all.add(
    feed.facts$.subscribe((fact) => {
      if (fact.type === 'feed.opened' || (fact.type === 'feed.gap' && fact.channel !== 'book')) catchUp();
    }),
  );
  every(settings.gateway.resolveEveryMs, clocks.wall, async () => {
    await evidence.lookForExpired();
    for (const market of table.doubted()) readBack(market);
    for (const row of table.allOpen()) if (row.filledReported > row.filled) readBack(row.market);
  });
  // What others have on this account, at once and then as often as ours is verified.
  const lookForForeign = async (): Promise<void> => {
    const listing = await venue.account.orders({ status: 'resting' });
    if (listing.complete) foreign.replace(listing.items);
  };
  lookForForeign().catch((error) => log.warn({ error: messageOf(error) }, 'orders of others could not be read'));
  every(settings.gateway.verifyEveryMs, clocks.wall, lookForForeign);
  every(settings.gateway.verifyEveryMs, clocks.wall, async () => {
    await evidence.verify((order) => isOwnOrder(order.clientOrderId));
  });
  every(SETTLEMENTS_EVERY_MS, clocks.market, async () => {
    await accounts.readSettlements();
  });
  all.add(
    feed.lifecycle$.subscribe((event) => {
      if (event.change.kind === 'settled' && accounts.position(event.market) !== 0) catchUp();
    }),
  );
  return all;
}
