/**
 * The one connection to the trader: `/api/live`. It comes back by itself, tells the server which topics somebody on the page wants to
 * hear, and hands messages on in batches, once a frame, so that a storm of them costs a frame's work and not a storm's.
 */
import { signal } from '@preact/signals';
import type { HelloMessage, ServerMessage, ServerText, Topic, WatchRequest } from '../wire.ts';

export type Connection = 'connecting' | 'open' | 'lost';

export const connection = signal<Connection>('connecting');
/** What the server said of the run when the connection was made; kept while it is lost. */
export const hello = signal<HelloMessage | null>(null);
/** Messages that the server dropped because this page was too slow for them. */
export const dropped = signal(0);

type Listener = (batch: readonly ServerMessage[]) => void;

interface Subscription {
  readonly topics: readonly Topic[];
  readonly market: string | undefined;
  readonly listener: Listener;
}

const RETRY_FIRST_MS = 250;
/** It is this machine that is asked: a try costs nothing, and who restarts a trader wants to see it. */
const RETRY_MAX_MS = 1_000;
/** A hidden page draws no frames; its messages are still taken, more seldom. */
const HIDDEN_FLUSH_MS = 500;

const subscriptions = new Set<Subscription>();
let socket: WebSocket | null = null;
let retryMs = RETRY_FIRST_MS;
let waiting: ServerMessage[] = [];
let isFlushPlanned = false;
let watched = '';
/** The page's clock when `hello` came, to go on from the server's. */
let helloAt = 0;

/** The market's time now, as far as this page knows it; NaN before the first word of the server. */
export function marketNow(): number {
  const clock = hello.value?.clock;
  if (clock === undefined) return Number.NaN;
  if (connection.value !== 'open' || hello.value?.run.readOnly === true) return clock.marketMs;
  return clock.marketMs + (performance.now() - helloAt) * clock.speed;
}

/** `marketNow` as a signal, once a second: what shows how long something has lasted hangs on it. */
export const marketTime = signal(Number.NaN);
const TICK_MS = 1_000;
setInterval(() => {
  marketTime.value = marketNow();
}, TICK_MS);

/**
 * Hears the named topics until the returned function is called. Every batch of messages goes to every listener; each takes what is its
 * own. A `hello` in a batch means: a new connection, everything is told again from the start.
 */
export function listen(topics: readonly Topic[], listener: Listener, market?: string): () => void {
  const subscription = { topics, listener, market };
  subscriptions.add(subscription);
  watch();
  return () => {
    subscriptions.delete(subscription);
    watch();
  };
}

export function connect(): void {
  const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/live`;
  const opening = new WebSocket(address);
  socket = opening;
  opening.onopen = () => {
    watched = '';
    watch();
  };
  opening.onmessage = ({ data }) => take(String(data));
  opening.onclose = () => {
    connection.value = 'lost';
    socket = null;
    setTimeout(connect, retryMs);
    retryMs = Math.min(RETRY_MAX_MS, retryMs * 2);
  };
}

/** Tells the server what is wanted, when that changed. */
function watch(): void {
  if (socket?.readyState !== WebSocket.OPEN) return;
  const topics = [...new Set([...subscriptions].flatMap((subscription) => subscription.topics))].sort();
  const market = [...subscriptions].findLast((subscription) => subscription.market !== undefined)?.market;
  const request: WatchRequest = { type: 'watch', topics, ...(market === undefined ? {} : { market }) };
  const wish = JSON.stringify(request);
  if (wish === watched) return;
  watched = wish;
  socket.send(wish);
}

function take(text: string): void {
  let told: ServerText;
  try {
    told = JSON.parse(text) as ServerText;
  } catch {
    return;
  }
  for (const message of Array.isArray(told) ? (told as readonly ServerMessage[]) : [told as ServerMessage])
    note(message);
  if (isFlushPlanned) return;
  isFlushPlanned = true;
  if (document.hidden) setTimeout(flush, HIDDEN_FLUSH_MS);
  else requestAnimationFrame(flush);
}

function note(message: ServerMessage): void {
  if (message.type === 'hello') {
    retryMs = RETRY_FIRST_MS;
    helloAt = performance.now();
    hello.value = message;
    connection.value = 'open';
    marketTime.value = marketNow();
  } else if (message.type === 'lost') {
    dropped.value += message.count;
  }
  waiting.push(message);
}

function flush(): void {
  isFlushPlanned = false;
  const batch = waiting;
  waiting = [];
  for (const { listener } of [...subscriptions]) listener(batch);
}

// A frame that was asked for while the page was seen does not come once it is hidden.
document.addEventListener('visibilitychange', () => {
  if (document.hidden && isFlushPlanned) setTimeout(() => isFlushPlanned && flush(), HIDDEN_FLUSH_MS);
});
