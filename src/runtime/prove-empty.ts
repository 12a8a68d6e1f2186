/**
 * The last act: nothing of ours rests at the exchange, and a complete listing says so. Unknown orders are waited for as
 * long as their signatures can still take effect; what is left in the end is named.
 */
import type { Proof } from '../../machines/trader.ts';
import { type Clocks, sleep } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import { isOwnOrder } from '../domain/ids.ts';
import { isTerminal } from '../domain/order.ts';
import type { OrderEntry, VenueOrder } from '../exchange/port.ts';
import type { Evidence } from '../gateway/evidence.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import type { Accounts } from './accounts.ts';
import type { Log } from './log.ts';
import type { OrderGroups } from './order-groups.ts';

export interface ProveEmptyParts {
  readonly gateway: Gateway;
  readonly table: OrderTable;
  readonly evidence: Evidence;
  readonly accounts: Accounts;
  readonly groups?: Pick<OrderGroups, 'triggerAll'>;
  readonly parts: {
    readonly clocks: Clocks;
    readonly log: Log;
    readonly venue: { readonly orders: Pick<OrderEntry, 'cancel'> };
    readonly settings: { readonly gateway: { readonly stopUnknownWaitMs: number } };
  };
}

const RETRY_MS = 250;

export async function proveEmpty(
  { gateway, table, evidence, accounts, groups, parts }: ProveEmptyParts,
  signal: AbortSignal,
): Promise<Proof> {
  const { clocks, log } = parts;
  const until = clocks.wall.now() + parts.settings.gateway.stopUnknownWaitMs;
  let strays: readonly VenueOrder[] = [];
  gateway.wantNothingAnywhere();
  // Beside the cancels: what is still on its way somewhere can no longer come to rest.
  void groups?.triggerAll('stop', true);
  for (;;) {
    try {
      await evidence.look();
      const resting = await evidence.restingOwn((order) => isOwnOrder(order.clientOrderId));
      if (resting !== null && resting.length === 0 && table.unknownCount === 0) {
        await accounts.readSettlements();
        const open = [...table.allOpen()];
        if (open.length === 0) return { left: [] };
      }
      strays = (resting ?? []).filter((order) => isOver(table, order));
      for (const { orderId, market, exchangeIndex } of strays)
        await parts.venue.orders.cancel({ orderId, market, exchangeIndex }, { priority: 'cancel' });
      // Whether or not the listing shows it: canceling what is gone tells that it is.
      for (const row of [...table.allOpen()])
        if (row.state === 'resting' || row.state === 'partiallyFilled') await gateway.cancel(row);
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the proof that nothing is left could not be had yet');
    }
    if (signal.aborted || clocks.wall.now() >= until) break;
    await sleep(clocks.wall, RETRY_MS);
  }
  return {
    left: [
      ...[...table.allOpen()].map((row) => `${row.market} ${row.clientOrderId} (${row.state})`),
      ...strays.map((order) => `${order.market} ${order.clientOrderId} (stray)`),
    ],
  };
}

/** An order of ours at the exchange that no live row stands for. */
function isOver(table: OrderTable, { clientOrderId }: VenueOrder): boolean {
  const row = clientOrderId === null ? null : table.get(clientOrderId);
  return row === null || isTerminal(row.state);
}
