import { exchangeError } from './errors.ts';

/** Accounts here have their primary subaccount (0) only. */
export function requirePrimary(subaccount: number | null): void {
  if (subaccount === null || subaccount === 0) return;
  if (subaccount < 0 || subaccount > 63) {
    throw exchangeError(400, 'invalid_parameters', 'subaccount must be between 0 and 63');
  }
  throw exchangeError(404, 'not_found', `subaccount ${subaccount} does not exist`);
}
