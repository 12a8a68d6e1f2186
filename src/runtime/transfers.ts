/**
 * Deposits and withdrawals into the ledger, each once, by its own id. The venue charges a fee for some and does not say
 * whether it comes out of the amount: the cash says it.
 */
import type { Journal } from '../domain/journal.ts';
import { type Microdollars, microdollars } from '../domain/units.ts';
import type { VenueTransfer } from '../exchange/port.ts';
import type { Ledger } from '../ledger/ledger.ts';

interface Booking {
  readonly id: string;
  readonly amount: Microdollars;
  readonly transfer: VenueTransfer;
}

/**
 * Takes those that are applied and not in the ledger yet, and takes back those that were returned since. `unexplained` is
 * the venue's cash less what the ledger explains before them. Returns how many were taken.
 */
export function takeTransfers(
  transfers: readonly VenueTransfer[],
  unexplained: Microdollars,
  { ledger, journal }: { readonly ledger: Ledger; readonly journal: Pick<Journal, 'append'> },
): number {
  const fresh: VenueTransfer[] = [];
  const returned: Booking[] = [];
  for (const transfer of transfers) {
    const known = ledger.transferred(transfer.id);
    if (known === null && transfer.status === 'applied') fresh.push(transfer);
    const id = `${transfer.id}:returned`;
    const wasCounted = known !== null && known !== 0 && ledger.transferred(id) === null;
    if (wasCounted && (transfer.status === 'returned' || transfer.status === 'failed'))
      returned.push({ id, amount: microdollars(-known), transfer });
  }
  const rest = unexplained - sumOf(returned);
  const apart = fresh.map((transfer) => book(transfer, false));
  const within = fresh.map((transfer) => book(transfer, true));
  const bookings = [...returned, ...(sumOf(within) === rest ? within : apart)];
  for (const { id, amount, transfer } of bookings) {
    ledger.transfer(id, amount);
    const { kind, status, atMs } = transfer;
    journal.append('account.transferred', { id, amount, kind, status, atMs });
  }
  return bookings.length;
}

function book(transfer: VenueTransfer, hasFeeWithin: boolean): Booking {
  const { id, kind, amount, fee } = transfer;
  // A fee makes a deposit smaller and a withdrawal larger.
  const paid = kind === 'deposit' ? amount - (hasFeeWithin ? fee : 0) : -(amount + (hasFeeWithin ? fee : 0));
  return { id, amount: microdollars(paid), transfer };
}

function sumOf(bookings: readonly Booking[]): number {
  return bookings.reduce((sum, { amount }) => sum + amount, 0);
}
