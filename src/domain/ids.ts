/** Names of things. All are text; brands keep them apart. */
declare const id: unique symbol;

export type Ticker = string & { readonly [id]: 'ticker' };
export type EventTicker = string & { readonly [id]: 'event' };
export type SeriesTicker = string & { readonly [id]: 'series' };
/** Ours: fixed before an order is sent, never reused, never remade on a retry. At most 64 characters. */
export type ClientOrderId = string & { readonly [id]: 'clientOrder' };
/** The venue's. */
export type OrderId = string & { readonly [id]: 'order' };
export type TradeId = string & { readonly [id]: 'trade' };
/** The venue's, of a group of orders that it takes off together. */
export type OrderGroupId = string & { readonly [id]: 'orderGroup' };
export type SessionId = string & { readonly [id]: 'session' };
/** One start of the trader on one data folder. */
export type RunId = string & { readonly [id]: 'run' };

/** Marks a text as a name of the given kind; the one place where a brand is given. */
export function named<T extends string>(text: string): T {
  return text as T;
}

/** Every client order id of ours starts with this; orders without it are foreign and left alone. */
export const OWN_ORDER_PREFIX = 'bs-';

/** Run, session and sequence make an id that no other order of ours ever has. */
export function makeClientOrderId(run: RunId, session: SessionId, sequence: number): ClientOrderId {
  return named(`${OWN_ORDER_PREFIX}${run}-${session}-${sequence}`);
}
export function isOwnOrder(clientOrderId: string | null | undefined): boolean {
  return clientOrderId?.startsWith(OWN_ORDER_PREFIX) ?? false;
}
