/** What an account has and does beside trading. */
import type { Microdollars, UnixMs } from '../../domain/units.ts';
import type { Answer, UserId } from './model.ts';

/** Money of an account moved from one of its shards to another. */
export interface ShardTransfer {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly amount: Microdollars;
  readonly clientTransferId: string | null;
  readonly atMs: UnixMs;
}
export type ShardTransferRequest = Pick<ShardTransfer, 'from' | 'to' | 'amount' | 'clientTransferId'>;

export interface AccountCommands {
  /** Newest first. */
  shardTransfers(user: UserId): readonly ShardTransfer[];
  transferBetweenShards(user: UserId, asked: ShardTransferRequest): Answer<{ readonly transfer: ShardTransfer }>;
  /** Σ price of the own leg × what rests, by shard. */
  restingValue(user: UserId): ReadonlyMap<number, Microdollars>;
  /** Levels that the account was granted for good, in order. */
  usageLevels(user: UserId): readonly string[];
  grantUsageLevel(user: UserId, level: string): void;
}
