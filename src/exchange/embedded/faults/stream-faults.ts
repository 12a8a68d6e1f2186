/** Faults that come upon the frames of streams, and upon the handshakes that open them. */
import type { Clock } from '../../../domain/clock.ts';
import type { Peer } from '../protocol/connection.ts';
import { errorDetail } from '../protocol/errors.ts';
import type { ConnectAnswer, VenueServer } from '../server.ts';
import { type FaultBook, fitsMarket } from './fault-book.ts';
import type { EventRule, FrameFault, RuleOf } from './spec.ts';

type FrameRule = RuleOf<Exclude<FrameFault, 'refuseStream'>>;

/** A frame that was held back for one that overtakes it comes after this at the latest. */
const HELD_MS_MAX = 1_000;

/** Answers to commands belong to no channel and are left alone. */
const ANSWERS: ReadonlySet<string> = new Set(['subscribed', 'unsubscribed', 'ok', 'error']);
/** Frames whose type is not their channel's name. */
const CHANNEL_OF: Readonly<Record<string, string>> = {
  orderbook_snapshot: 'orderbook_delta',
  user_order: 'user_orders',
  market_position: 'market_positions',
  event_lifecycle: 'market_lifecycle_v2',
  event_fee_update: 'market_lifecycle_v2',
};

export function faultyStreams(
  inner: Pick<VenueServer, 'connect'>,
  options: { book: FaultBook; wall: Clock },
): VenueServer['connect'] {
  const { book, wall } = options;
  return (headers, peer): ConnectAnswer => {
    const refusal = book
      .upon(
        () => 'handshake',
        (rule) => rule.fault === 'refuseStream',
      )
      .find((rule) => rule.fault === 'refuseStream');
    if (refusal !== undefined)
      return {
        accepted: false,
        status: refusal.status,
        body: JSON.stringify({ error: errorDetail('service_unavailable') }),
      };
    let end: () => void = () => undefined;
    const line = faultyPeer(peer, book, wall, () => end());
    const answer = inner.connect(headers, line.peer);
    if (!answer.accepted) return answer;
    end = () => answer.closed();
    return {
      ...answer,
      ping: () => book.holding('missingPongs').length === 0,
      closed() {
        line.close();
        answer.closed();
      },
    };
  };
}

/** The client's end as the exchange sees it: what is said to it may be lost, come twice, late, or out of order. */
function faultyPeer(peer: Peer, book: FaultBook, wall: Clock, onDrop: () => void): { peer: Peer; close(): void } {
  let isOpen = true;
  let held: string | null = null;
  /** Nothing leaves before this: what follows a late frame is late as well. */
  let stalledUntilMs = 0;
  const waiting: string[] = [];
  let waitingLength = 0;
  const addedTo = new Map<string, number>();

  function leave(text: string): void {
    if (!isOpen) return;
    if (waiting.length === 0 && wall.now() >= stalledUntilMs) {
      peer.send(text);
      return;
    }
    waiting.push(text);
    waitingLength += text.length;
    if (waiting.length === 1) wall.setTimeout(flush, stalledUntilMs - wall.now());
  }

  function flush(): void {
    if (wall.now() < stalledUntilMs) {
      wall.setTimeout(flush, stalledUntilMs - wall.now());
      return;
    }
    waitingLength = 0;
    for (const text of waiting.splice(0)) if (isOpen) peer.send(text);
  }

  function release(): void {
    if (held === null) return;
    const text = held;
    held = null;
    leave(text);
  }

  function drop(): void {
    if (!isOpen) return;
    isOpen = false;
    if (peer.drop === undefined) peer.close(1006, 'dropped');
    else peer.drop();
    onDrop();
  }

  return {
    close: () => {
      isOpen = false;
    },
    peer: {
      close: (code, reason) => peer.close(code, reason),
      drop,
      buffered: () => waitingLength + (peer.buffered?.() ?? 0),
      ping: () => {
        // A line that carries no pongs carries no pings either.
        if (isOpen && book.holding('missingPongs').length === 0) peer.ping();
      },
      send(original) {
        if (!isOpen) return;
        const frame = readFrame(original);
        const rules = frame === null ? [] : rulesUpon(book, frame);
        if (frame !== null && rules.some(({ fault }) => fault === 'sequenceGap') && frame.sid !== null)
          addedTo.set(frame.sid, (addedTo.get(frame.sid) ?? 0) + 1);
        const text = addedTo.size === 0 ? original : renumbered(original, addedTo);
        let copies = 1;
        let isHeld = false;
        for (const rule of rules) {
          if (rule.fault === 'dropStream') return drop();
          if (rule.fault === 'loseFrame') copies = 0;
          else if (rule.fault === 'repeatFrame' && copies > 0) copies++;
          else if (rule.fault === 'reorderFrame') isHeld = true;
          else if (rule.fault === 'delayFrame') stalledUntilMs = Math.max(stalledUntilMs, wall.now() + rule.delayMs);
        }
        if (isHeld && copies > 0 && held === null) {
          held = text;
          wall.setTimeout(() => {
            if (held === text) release();
          }, HELD_MS_MAX);
          return;
        }
        for (let copy = 0; copy < copies; copy++) leave(text);
        if (copies > 0) release();
      },
    },
  };
}

interface Frame {
  readonly channel: string;
  readonly sid: string | null;
  readonly text: string;
}

/** null: no news of a channel. */
function readFrame(text: string): Frame | null {
  const type = /^\{"type":"(\w+)"/.exec(text)?.[1] ?? '';
  if (ANSWERS.has(type)) return null;
  return { channel: CHANNEL_OF[type] ?? type, sid: SEQUENCE.exec(text)?.[1] ?? null, text };
}

function rulesUpon(book: FaultBook, { channel, text }: Frame): readonly FrameRule[] {
  const market = /"(?:market_)?ticker":"([^"]*)"/.exec(text)?.[1];
  const markets = market === undefined ? [] : [market];
  const isUpon = (rule: EventRule): rule is FrameRule =>
    rule.fault in FRAME_FAULTS &&
    ((rule as FrameRule).on?.channel ?? channel) === channel &&
    fitsMarket((rule as FrameRule).on?.market, () => markets);
  return book.upon(() => (market === undefined ? channel : `${channel} ${market}`), isUpon).filter(isUpon);
}

const FRAME_FAULTS: Readonly<Record<FrameRule['fault'], true>> = {
  loseFrame: true,
  repeatFrame: true,
  reorderFrame: true,
  delayFrame: true,
  sequenceGap: true,
  dropStream: true,
};

const SEQUENCE = /"sid":(\d+),"seq":(\d+)/;

/** Numbers of a subscription that had a gap are higher from there on. */
function renumbered(text: string, addedTo: ReadonlyMap<string, number>): string {
  return text.replace(SEQUENCE, (stamp, sid: string, sequence: string) => {
    const added = addedTo.get(sid);
    return added === undefined ? stamp : `"sid":${sid},"seq":${Number(sequence) + added}`;
  });
}
