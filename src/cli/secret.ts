import { randomBytes } from 'node:crypto';

const TOKEN_BYTES = 24;

/** A word that nobody can guess, not even who knows the seed. */
export function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}
