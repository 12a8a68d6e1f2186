import type { Ticker } from '../domain/ids.ts';
import type { Channel } from '../exchange/port.ts';

/** Why a book is no longer believed. */
export type VoidReason =
  /** A number of its subscription's sequence is missing. */
  | 'gap'
  /** A frame of its subscription could not be understood. */
  | 'malformed'
  /** A delta took away more than there was, or had a price that cannot be. */
  | 'impossible'
  /** A snapshot made no sense. */
  | 'nonsense'
  /** Bid at or above ask for longer than a moment. */
  | 'crossed'
  /** Twice in a row, the venue's REST book had another touch. */
  | 'audit'
  | 'subscriptionLost'
  | 'disconnected'
  /** Polled, and too old by now. */
  | 'stale';

/** What the decision plane hears of the feed. Books and ticks never travel here. */
export type FeedFact =
  | { readonly type: 'feed.opened' }
  /** The last fact of a connection. */
  | { readonly type: 'feed.closed'; readonly reason: string }
  /** Every channel answered, every prioritised book in sync, nothing late. Said again after each interruption. */
  | { readonly type: 'feed.live' }
  | { readonly type: 'feed.lagging'; readonly medianMs: number }
  /** Something was missed on this subscription; for a private channel: read fills, orders and positions again. */
  | { readonly type: 'feed.gap'; readonly subscription: number; readonly channel: Channel }
  /** A frame could not be understood; null: nobody knows of which subscription, private ones included. */
  | { readonly type: 'feed.malformed'; readonly subscription: number | null; readonly message: string }
  | { readonly type: 'feed.refused'; readonly code: number; readonly message: string }
  | { readonly type: 'feed.pollFailed'; readonly message: string }
  | { readonly type: 'book.synced'; readonly market: Ticker }
  | { readonly type: 'book.voided'; readonly market: Ticker; readonly reason: VoidReason };

/** Totals since the feed was made. */
export interface FeedCounts {
  /** Stream events of every kind. */
  messages: number;
  deltas: number;
  /** Holes in a subscription's numbering. */
  gaps: number;
  /** Frames whose number had been used: ignored. */
  repeats: number;
  /** Books that came back in sync after they were voided. */
  resyncs: number;
  voided: number;
  malformed: number;
  /** Commands that the venue refused. */
  refused: number;
  /** Changes of a book that were announced together with a later one. */
  conflated: number;
  /** Times the announcing gave way to reading because it had taken too long. */
  yielded: number;
  audits: number;
  auditMismatches: number;
  /** Audits that got no answer. */
  auditFailures: number;
  polls: number;
  pollFailures: number;
}

export function zeroCounts(): FeedCounts {
  return {
    messages: 0,
    deltas: 0,
    gaps: 0,
    repeats: 0,
    resyncs: 0,
    voided: 0,
    malformed: 0,
    refused: 0,
    conflated: 0,
    yielded: 0,
    audits: 0,
    auditMismatches: 0,
    auditFailures: 0,
    polls: 0,
    pollFailures: 0,
  };
}
