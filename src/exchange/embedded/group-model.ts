import type { OrderId } from '../../domain/ids.ts';
import type { Centicontracts } from '../../domain/units.ts';

/** A group of orders that are taken off together. */
export interface EngineOrderGroup {
  readonly id: string;
  readonly exchangeIndex: number;
  /** Contracts that may execute within the rolling window; more triggers it. */
  readonly limit: Centicontracts;
  /** Nothing of it rests, and nothing new is taken, until it is reset. */
  readonly isTriggered: boolean;
  /** What rests of it. */
  readonly orders: readonly OrderId[];
}
export type GroupChange = 'created' | 'triggered' | 'reset' | 'deleted' | 'limitUpdated';
