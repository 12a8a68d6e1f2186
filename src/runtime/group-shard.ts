/** What we know of one shard's order group. */
import type { OrderGroupId } from '../domain/ids.ts';
import type { Centicontracts, UnixMs } from '../domain/units.ts';
import type { OrderGroupAddress } from '../exchange/port.ts';
import type { RememberedGroup } from './remembered-groups.ts';

/**
 * `unknown`: nothing was asked for yet, or what was remembered has not been looked up. `triggered`: it takes nothing.
 */
export type Stage = 'unknown' | 'standing' | 'triggered';

export interface Shard {
  readonly exchangeIndex: number;
  orderGroup: OrderGroupId | null;
  contractsLimit: Centicontracts | null;
  stage: Stage;
  /** Market time before which it is not reset; null: as soon as somebody wants to quote. */
  pauseUntilMs: UnixMs | null;
  /** A request is on its way, or waits for its next try. */
  isBusy: boolean;
  failures: number;
  told: string;
  /** How often it was triggered by us: an answer to a reset from before does not lift it. */
  triggers: number;
  pauseTimer: unknown;
  retryTimer: unknown;
}

export function shardOf(exchangeIndex: number, earlier: RememberedGroup | null): Shard {
  return {
    exchangeIndex,
    orderGroup: earlier?.orderGroup ?? null,
    contractsLimit: earlier?.contractsLimit ?? null,
    stage: 'unknown',
    pauseUntilMs: earlier?.triggered?.pauseUntilMs ?? null,
    isBusy: false,
    failures: 0,
    told: '',
    triggers: 0,
    pauseTimer: null,
    retryTimer: null,
  };
}

export function addressOf({ exchangeIndex, orderGroup }: Shard): OrderGroupAddress {
  if (orderGroup === null) throw new TypeError(`shard ${exchangeIndex} has no order group`);
  return { exchangeIndex, orderGroup };
}
