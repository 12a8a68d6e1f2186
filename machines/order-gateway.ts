/**
 * What may leave for the exchange.
 *
 *   permission  closed · cancelOnly · open          never restored as open
 *   flow        free ⇄ congested                    writes wait for tokens
 *   certainty   known ⇄ resolving                   an order whose fate is unknown is looked for until it is known
 *
 * The door itself (src/gateway/door.ts) is shut synchronously by whoever halts; this chart follows and shows it.
 */
import { type ActorRefFrom, setup } from 'xstate';
import { eventsOf } from './unprovided.ts';

export type GatewayEvent =
  | { readonly type: 'gateway.open' }
  | { readonly type: 'gateway.restrict'; readonly reason: string }
  | { readonly type: 'gateway.close' }
  | { readonly type: 'congestion.began' }
  | { readonly type: 'congestion.ended' }
  | { readonly type: 'orders.uncertain' }
  | { readonly type: 'orders.certain' };

export const orderGateway = setup({
  types: { events: {} as GatewayEvent },
  actors: {
    /** Congestion and certainty as the tick plane sees them. */
    gatewayFacts: eventsOf<GatewayEvent>('gatewayFacts'),
    /** Looks for unknown orders while subscribed; says `orders.certain` when there are none left. */
    resolver: eventsOf<GatewayEvent>('resolver'),
  },
  actions: {
    closeDoor: () => undefined,
    restrictDoor: () => undefined,
    openDoor: () => undefined,
  },
}).createMachine({
  id: 'orderGateway',
  type: 'parallel',
  invoke: { id: 'gatewayFacts', src: 'gatewayFacts' },
  states: {
    permission: {
      initial: 'closed',
      on: { 'gateway.open': '.open', 'gateway.restrict': '.cancelOnly', 'gateway.close': '.closed' },
      states: { closed: { entry: 'closeDoor' }, cancelOnly: { entry: 'restrictDoor' }, open: { entry: 'openDoor' } },
    },
    flow: {
      initial: 'free',
      states: { free: { on: { 'congestion.began': 'congested' } }, congested: { on: { 'congestion.ended': 'free' } } },
    },
    certainty: {
      initial: 'known',
      states: {
        known: { on: { 'orders.uncertain': 'resolving' } },
        resolving: { invoke: { id: 'resolver', src: 'resolver' }, on: { 'orders.certain': 'known' } },
      },
    },
  },
});

export type OrderGatewayRef = ActorRefFrom<typeof orderGateway>;
