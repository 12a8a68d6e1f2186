/** What an account does beside trading: money moved between its shards, and a higher usage level. */
import { assert } from '../../domain/assert.ts';
import type { Microdollars } from '../../domain/units.ts';
import type { ShardTransfer, ShardTransferRequest } from './account-model.ts';
import type { Floor } from './floor.ts';
import type { Answer, UserId } from './model.ts';
import { refused } from './order-rules.ts';

/** At once, and no more than is free on the shard it comes from: what resting orders may still cost stays there. */
export function transferBetweenShards(
  floor: Floor,
  user: UserId,
  asked: ShardTransferRequest,
): Answer<{ readonly transfer: ShardTransfer }> {
  const atMs = floor.enter();
  const answer = tryTransfer(floor, user, asked, atMs);
  floor.leave();
  return answer;
}

function tryTransfer(
  floor: Floor,
  user: UserId,
  asked: ShardTransferRequest,
  atMs: ShardTransfer['atMs'],
): Answer<{ readonly transfer: ShardTransfer }> {
  const { from, to, amount, clientTransferId } = asked;
  assert(from !== to && amount > 0, `a transfer of ${amount} from shard ${from} to ${to}`);
  const account = floor.account(user);
  if (!floor.exchangeActive) return refused('exchange_is_paused');
  // First of all: the same request sent again must always learn that it was done.
  if (clientTransferId !== null && account.clientTransferIds.has(clientTransferId)) {
    return refused('transfer_already_exists');
  }
  if (amount % floor.feePrecision !== 0) return refused('invalid_parameters', 'amount is finer than the balance is');
  const source = account.purse(from);
  if (source.cash - source.reserved < amount) return refused('insufficient_balance');
  source.cash -= amount;
  account.purse(to).cash += amount;
  const transfer: ShardTransfer = { id: floor.nextId(), from, to, amount, clientTransferId, atMs };
  account.shardTransfers.push(transfer);
  if (clientTransferId !== null) account.clientTransferIds.add(clientTransferId);
  floor.tell({ type: 'transfer', user });
  return { ok: true, transfer };
}

/** For good; a level that it has already changes nothing. */
export function grantUsageLevel(floor: Floor, user: UserId, level: string): void {
  floor.enter();
  const account = floor.account(user);
  if (!account.usageLevels.includes(level)) account.usageLevels.push(level);
  floor.leave();
}

/** Σ price of the own leg × what rests, by shard; a shard on which the account has a purse is never left out. */
export function restingValue(floor: Floor, user: UserId): ReadonlyMap<number, Microdollars> {
  const account = floor.account(user);
  const sums = new Map<number, Microdollars>([...account.purses.keys()].map((shard) => [shard, 0 as Microdollars]));
  for (const { entry, remaining, legPrice } of account.resting) {
    const before = sums.get(entry.exchangeIndex) ?? 0;
    sums.set(entry.exchangeIndex, (before + remaining * legPrice) as Microdollars);
  }
  return sums;
}
