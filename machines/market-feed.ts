/**
 * The streams' health: one connection at a time, opened again for ever, with REST standing in while it is down.
 *
 *   stream    connecting → syncing → live ⇄ lagging; backingOff → connecting
 *   fallback  idle ⇄ polling
 *
 * Books, ticks and sequence numbers never come here: `src/feed` handles them and says facts.
 */
import { type ActorRefFrom, assign, raise, sendParent, setup } from 'xstate';
import { eventsOf } from './unprovided.ts';

export type FeedMachineFact =
  | { readonly type: 'feed.opened' }
  | { readonly type: 'feed.closed'; readonly reason: string }
  | { readonly type: 'feed.live' }
  | { readonly type: 'feed.lagging'; readonly medianMs: number }
  | { readonly type: 'feed.gap'; readonly subscription: number }
  | { readonly type: 'book.synced'; readonly market: string }
  | { readonly type: 'book.voided'; readonly market: string; readonly reason: string };

export type MarketFeedEvent = FeedMachineFact | { readonly type: 'backoff.over' };

interface FeedContext {
  /** Connections in a row that did not become live. */
  readonly failures: number;
  readonly lastReason: string | null;
}

export const marketFeed = setup({
  types: { context: {} as FeedContext, events: {} as MarketFeedEvent },
  actors: {
    /** Opens a connection while subscribed and says what becomes of it; ends after `feed.closed`. */
    connection: eventsOf<FeedMachineFact>('connection'),
    /** Waits the exponential, jittered delay for this many failures, then says `backoff.over`. */
    backoff: eventsOf<{ readonly type: 'backoff.over' }, { readonly failures: number }>('backoff'),
    /** Reads books over REST while subscribed. */
    polling: eventsOf<FeedMachineFact>('polling'),
  },
  actions: {
    noteClosed: assign(({ context }, params: { reason: string }) => ({
      failures: context.failures + 1,
      lastReason: params.reason,
    })),
    noteLive: assign({ failures: 0, lastReason: null }),
    tellLive: sendParent({ type: 'feed.live' }),
    tellDown: sendParent({ type: 'feed.down' }),
  },
}).createMachine({
  id: 'marketFeed',
  context: { failures: 0, lastReason: null },
  type: 'parallel',
  states: {
    stream: {
      initial: 'connected',
      states: {
        connected: {
          invoke: {
            id: 'connection',
            src: 'connection',
            // However it ended, it is said in one way, which both regions hear.
            onDone: { actions: raise({ type: 'feed.closed', reason: 'ended' }) },
            onError: { actions: raise(({ event }) => ({ type: 'feed.closed', reason: String(event.error) })) },
          },
          on: {
            'feed.closed': {
              target: 'backingOff',
              actions: { type: 'noteClosed', params: ({ event }) => ({ reason: event.reason }) },
            },
          },
          exit: 'tellDown',
          initial: 'connecting',
          states: {
            connecting: { on: { 'feed.opened': 'syncing' } },
            syncing: { on: { 'feed.live': 'live' } },
            live: { entry: ['noteLive', 'tellLive'], on: { 'feed.lagging': 'lagging' } },
            lagging: { on: { 'feed.live': 'live' } },
          },
        },
        backingOff: {
          invoke: { id: 'backoff', src: 'backoff', input: ({ context }) => ({ failures: context.failures }) },
          on: { 'backoff.over': 'connected' },
        },
      },
    },
    fallback: {
      initial: 'idle',
      states: {
        idle: { on: { 'feed.closed': 'polling', 'feed.lagging': 'polling' } },
        polling: { invoke: { id: 'polling', src: 'polling' }, on: { 'feed.live': 'idle' } },
      },
    },
  },
});

export type MarketFeedRef = ActorRefFrom<typeof marketFeed>;
