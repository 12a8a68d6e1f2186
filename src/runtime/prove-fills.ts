/**
 * From time to time all fills since the last proof are read: what the stream lost is found, and from then on every fill
 * older than a day is known to be counted. Without it a ledger would keep the names of all fills of a long run.
 */
import type { Clock } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { Journal } from '../domain/journal.ts';
import { type UnixMs, unixMs } from '../domain/units.ts';
import type { AccountPort } from '../exchange/port.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Accounts } from './accounts.ts';
import type { Log } from './log.ts';

/** Market time: a fill may turn up so long after it happened; before that, a complete listing has shown them all. */
const FILLS_SETTLE_MS = 86_400_000;
/** Market time between two proofs in a run. */
const PROVE_EVERY_MS = 6 * 3_600_000;
/** A proof is journaled when it moves by this much, market time. */
const MOVES_BY_MS = 3_600_000;

export interface ProveFillsParts {
  readonly ledger: Ledger;
  readonly accounts: Pick<Accounts, 'takeFills' | 'settledMs'>;
  readonly parts: {
    readonly journal: Pick<Journal, 'append'>;
    readonly log: Pick<Log, 'warn'>;
    readonly clocks: { readonly market: Clock };
    readonly venue: { readonly account: Pick<AccountPort, 'fills'> };
  };
}

/** Since when fills must be asked for: before that each one is counted. */
export function unprovenFills(ledger: Ledger): { readonly sinceMs?: UnixMs } {
  return ledger.provenMs === null ? {} : { sinceMs: unixMs(ledger.provenMs) };
}

/** After a complete listing of all unproven fills, which was asked for at `askedMs` (market time), has been taken. */
export function noteProven({ ledger, accounts, parts }: ProveFillsParts, askedMs: number): void {
  const fillsBeforeMs = askedMs - FILLS_SETTLE_MS;
  if (ledger.provenMs !== null && fillsBeforeMs < ledger.provenMs + MOVES_BY_MS) return;
  ledger.prove(fillsBeforeMs);
  parts.journal.append('account.proven', { fillsBeforeMs, settledMs: accounts.settledMs });
}

/** Proves again and again, until it is told to end. */
export function keepProving(runtime: ProveFillsParts): () => void {
  const { ledger, accounts, parts } = runtime;
  const { market } = parts.clocks;
  let timer: unknown = null;
  let hasEnded = false;
  const prove = async (): Promise<void> => {
    const askedMs = market.now();
    const listing = await parts.venue.account.fills(unprovenFills(ledger));
    if (hasEnded) return;
    accounts.takeFills(listing.items);
    if (listing.complete) noteProven(runtime, askedMs);
  };
  const again = (): void => {
    timer = market.setTimeout(() => {
      prove()
        .catch((error) => parts.log.warn({ error: messageOf(error) }, 'the fills of late could not be read'))
        .finally(() => {
          if (!hasEnded) again();
        });
    }, PROVE_EVERY_MS);
  };
  again();
  return () => {
    hasEnded = true;
    market.clearTimeout(timer);
  };
}
