import { createHash } from 'node:crypto';
import type { UserId } from '../model.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const named = new Map<UserId, string>();

/** A user as the venue names its own: by a uuid. One with another name has a uuid made from it, always the same. */
export function userIdOf(user: UserId): string {
  if (UUID.test(user)) return user;
  let id = named.get(user);
  if (id === undefined) {
    const hex = createHash('sha256').update(`user ${user}`).digest('hex');
    id = [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
      '-',
    );
    named.set(user, id);
  }
  return id;
}
