/**
 * The last act: nothing of ours rests at the exchange, and a complete listing says so. Unknown orders are waited for as
 * long as their signatures can still take effect; what is left in the end is named.
 */
import type { Proof } from '../../machines/trader.ts';
import { type Clocks, sleep } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import { isOwnOrder } from '../domain/ids.ts';
import type { Evidence } from '../gateway/evidence.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { OrderTable } from '../gateway/order-table.ts';
import type { Accounts } from './accounts.ts';
import type { Log } from './log.ts';

export interface ProveEmptyParts {
  readonly gateway: Gateway;
  readonly table: OrderTable;
  readonly evidence: Evidence;
  readonly accounts: Accounts;
  readonly parts: {
    readonly clocks: Clocks;
    readonly log: Log;
    readonly settings: { readonly gateway: { readonly stopUnknownWaitMs: number } };
  };
}

const RETRY_MS = 250;

export async function proveEmpty(
  { gateway, table, evidence, accounts, parts }: ProveEmptyParts,
  signal: AbortSignal,
): Promise<Proof> {
  const { clocks, log } = parts;
  const until = clocks.wall.now() + parts.settings.gateway.stopUnknownWaitMs;
  gateway.wantNothingAnywhere();
  for (;;) {
    try {
      await evidence.look();
      const resting = await evidence.restingOwn((order) => isOwnOrder(order.clientOrderId));
      if (resting !== null && resting.length === 0 && table.unknownCount === 0) {
        await accounts.readSettlements();
        const open = [...table.allOpen()];
        if (open.length === 0) return { left: [] };
      }
      for (const order of resting ?? []) {
        const row = order.clientOrderId === null ? null : table.get(order.clientOrderId);
        if (row !== null && (row.state === 'resting' || row.state === 'partiallyFilled')) await gateway.cancel(row);
      }
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'the proof that nothing is left could not be had yet');
    }
    if (signal.aborted || clocks.wall.now() >= until) break;
    await sleep(clocks.wall, RETRY_MS);
  }
  return { left: [...table.allOpen()].map((row) => `${row.market} ${row.clientOrderId} (${row.state})`) };
}
