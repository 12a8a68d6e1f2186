/** The venue has one book a market, on the yes price: a bid buys yes, an ask sells yes (buying no at q is an ask at 1 − q). */
export type Side = 'bid' | 'ask';

export function opposite(side: Side): Side {
  return side === 'bid' ? 'ask' : 'bid';
}
/** +1 for a bid (position grows), −1 for an ask. */
export function signOf(side: Side): 1 | -1 {
  return side === 'bid' ? 1 : -1;
}
