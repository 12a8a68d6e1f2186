/**
 * Everybody who looks: one connection each, a bounded queue each, and nobody waits for anybody. What does not fit is left
 * out, counted, and told; who does not take what was sent is ended.
 */
import type { WebSocket } from 'ws';
import type { Clock, TimerId } from '../domain/clock.ts';
import type { ErrorMessage, HelloMessage, ServerMessage, Topic, WatchRequest } from './wire.ts';

/** Where a topic's messages come from: it works only while somebody watches. */
export interface TopicSource {
  /** The first viewer came. */
  start?(): void;
  /** The last one left. */
  stop?(): void;
  /** Tells one viewer what it must know before what happens next: it is new here, or lost something. */
  greet?(viewer: Viewer): void;
  /** It does not watch this any more. */
  left?(viewer: Viewer): void;
}

export interface ViewerLimits {
  readonly viewersMax: number;
  /** Characters that wait for one viewer. */
  readonly waitingMax: number;
  /** A viewer that does not take what was sent for so long is ended. */
  readonly stallMs: number;
  /** What happens within this time travels together. */
  readonly gatherMs: number;
  /** A viewer's own messages a second. */
  readonly saidMax: number;
}

export const VIEWER_LIMITS: ViewerLimits = {
  viewersMax: 32,
  waitingMax: 4_000_000,
  stallMs: 10_000,
  gatherMs: 20,
  saidMax: 20,
};

const TOPICS: readonly Topic[] = ['inspection', 'dashboard', 'journal', 'log'];
/** WebSocket's "try again later". */
const CLOSE_SLOW = 1013;
const CLOSE_GOING = 1001;
const CATCH_UP_EVERY_MS = 1_000;
const FLUSHED_AT_ONCE = 3;

export interface ViewersOptions {
  readonly wall: Clock;
  readonly hello: () => HelloMessage;
  readonly limits?: Partial<ViewerLimits>;
}

export class Viewers {
  readonly limits: ViewerLimits;
  readonly #options: ViewersOptions;
  readonly #sources = new Map<Topic, TopicSource>();
  readonly #viewers = new Set<Viewer>();
  readonly #started = new Set<Topic>();
  /** Those for whom something waits. */
  readonly #behind = new Set<Viewer>();
  #flushTimer: TimerId | null = null;
  #lookTimer: TimerId | null = null;
  /** Messages that viewers did not get, since the start. */
  lostCount = 0;

  constructor(options: ViewersOptions) {
    this.#options = options;
    this.limits = { ...VIEWER_LIMITS, ...options.limits };
  }

  serve(topic: Topic, source: TopicSource): void {
    this.#sources.set(topic, source);
  }

  get count(): number {
    return this.#viewers.size;
  }
  get isFull(): boolean {
    return this.#viewers.size >= this.limits.viewersMax;
  }

  *watching(topic: Topic): Iterable<Viewer> {
    for (const viewer of this.#viewers) if (viewer.topics.has(topic)) yield viewer;
  }

  /** To everybody who watches; written as JSON once. */
  publish(topic: Topic, message: ServerMessage): void {
    let text: string | null = null;
    for (const viewer of this.watching(topic)) {
      text ??= JSON.stringify(message);
      viewer.sendText(text);
    }
  }

  /** A socket whose handshake is done; `stately`: one that speaks only Stately's protocol. */
  accept(socket: WebSocket, dialect: Viewer['dialect'] = 'bothsides'): Viewer {
    const viewer = new Viewer(socket, dialect, this.limits, {
      nowMs: () => this.#options.wall.now(),
      waits: (waiting) => this.#flushSoon(waiting),
      regreet: (back) => this.#regreet(back),
      lost: (count) => {
        this.lostCount += count;
      },
    });
    this.#viewers.add(viewer);
    socket.on('message', (data, isBinary) => this.#said(viewer, isBinary ? null : String(data)));
    // It has been answered with a close frame of its kind.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#gone(viewer));
    this.#lookSoon();
    if (dialect === 'stately') this.#watch(viewer, { topics: new Set<Topic>(['inspection']), market: null });
    else viewer.send(this.#options.hello());
    return viewer;
  }

  close(): void {
    const { wall } = this.#options;
    if (this.#flushTimer !== null) wall.clearTimeout(this.#flushTimer);
    if (this.#lookTimer !== null) wall.clearTimeout(this.#lookTimer);
    for (const viewer of [...this.#viewers]) {
      viewer.flush();
      viewer.end(CLOSE_GOING, 'the trader has ended');
      this.#gone(viewer);
    }
  }

  #said(viewer: Viewer, text: string | null): void {
    if (!viewer.mayTalk()) return;
    const request = readRequest(text);
    if (request.type === 'error') {
      viewer.send(request);
      return;
    }
    const topics = new Set(request.topics);
    const market = request.market ?? null;
    viewer.send({ type: 'watching', topics: [...topics], market });
    this.#watch(viewer, { topics, market });
  }

  #watch(viewer: Viewer, { topics, market }: Pick<Viewer, 'topics' | 'market'>): void {
    const before = viewer.topics;
    const isOther = viewer.market !== market;
    viewer.topics = topics;
    viewer.market = market;
    for (const topic of before) if (!topics.has(topic)) this.#leave(viewer, topic);
    for (const topic of topics) {
      const source = this.#sources.get(topic);
      if (!this.#started.has(topic)) {
        this.#started.add(topic);
        source?.start?.();
      }
      if (!before.has(topic) || (topic === 'dashboard' && isOther)) source?.greet?.(viewer);
    }
  }

  #leave(viewer: Viewer, topic: Topic): void {
    const source = this.#sources.get(topic);
    source?.left?.(viewer);
    for (const _ of this.watching(topic)) return;
    this.#started.delete(topic);
    source?.stop?.();
  }

  #regreet(viewer: Viewer): void {
    for (const topic of viewer.topics) this.#sources.get(topic)?.greet?.(viewer);
  }

  #gone(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer)) return;
    this.#behind.delete(viewer);
    const { topics } = viewer;
    viewer.topics = new Set();
    for (const topic of topics) this.#leave(viewer, topic);
  }

  #flushSoon(viewer: Viewer): void {
    this.#behind.add(viewer);
    this.#flushTimer ??= this.#options.wall.setTimeout(() => this.#flushSome(), this.limits.gatherMs);
  }

  /** A few in a turn: handing over takes time, too, and quoting goes on in the same thread. */
  #flushSome(): void {
    this.#flushTimer = null;
    const some = [...this.#behind].slice(0, FLUSHED_AT_ONCE);
    for (const viewer of some) this.#behind.delete(viewer);
    const hasMore = this.#behind.size > 0;
    for (const viewer of some) viewer.flush();
    if (!hasMore) return;
    if (this.#flushTimer !== null) this.#options.wall.clearTimeout(this.#flushTimer);
    this.#flushTimer = this.#options.wall.setTimeout(() => this.#flushSome(), 0);
  }

  /** While there is anybody: who does not take what was sent is ended. */
  #lookSoon(): void {
    this.#lookTimer ??= this.#options.wall.setTimeout(() => {
      this.#lookTimer = null;
      const nowMs = this.#options.wall.now();
      for (const viewer of [...this.#viewers]) {
        if (viewer.isStalled(nowMs)) {
          viewer.end(CLOSE_SLOW, 'this viewer does not read');
          this.#gone(viewer);
        }
      }
      if (this.#viewers.size > 0) this.#lookSoon();
    }, this.limits.stallMs / 4);
  }
}

interface ViewerHooks {
  readonly nowMs: () => number;
  /** Something waits to be sent. */
  readonly waits: (viewer: Viewer) => void;
  /** There is room again after something was lost. */
  readonly regreet: (viewer: Viewer) => void;
  readonly lost: (count: number) => void;
}

export class Viewer {
  readonly dialect: 'bothsides' | 'stately';
  topics: ReadonlySet<Topic> = new Set();
  market: string | null = null;
  readonly #socket: WebSocket;
  readonly #limits: ViewerLimits;
  readonly #hooks: ViewerHooks;
  #waiting: string[] = [];
  #waitingLength = 0;
  #lost = 0;
  /** When what is on its way was handed to the system; null: nothing is. */
  #sentMs: number | null = null;
  #caughtUpMs = Number.NEGATIVE_INFINITY;
  #saidSinceMs = 0;
  #said = 0;

  constructor(socket: WebSocket, dialect: Viewer['dialect'], limits: ViewerLimits, hooks: ViewerHooks) {
    this.#socket = socket;
    this.dialect = dialect;
    this.#limits = limits;
    this.#hooks = hooks;
  }

  /** False: it was left out. */
  send(message: ServerMessage): boolean {
    return this.sendText(JSON.stringify(message));
  }

  /** One message as JSON text. */
  sendText(text: string): boolean {
    if (this.#lost > 0 || this.#waitingLength + text.length > this.#limits.waitingMax) {
      this.lose(1);
      return false;
    }
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    if (this.#waiting.length === 1) this.#hooks.waits(this);
    return true;
  }

  /** Messages for this viewer were left out, here or where they are made. */
  lose(count: number): void {
    this.#lost += count;
    this.#hooks.lost(count);
    this.#hooks.waits(this);
  }

  /** Hands over what waits, when what was handed over before has been taken. */
  flush(): void {
    if (this.#sentMs !== null) return;
    if (this.#waiting.length === 0) {
      this.#catchUp();
      return;
    }
    const texts = this.#waiting;
    this.#waiting = [];
    this.#waitingLength = 0;
    this.#sentMs = this.#hooks.nowMs();
    const taken = (): void => {
      this.#sentMs = null;
      if (this.#waiting.length > 0 || this.#lost > 0) this.#hooks.waits(this);
    };
    if (this.dialect === 'bothsides') this.#socket.send(texts.length === 1 ? texts[0]! : `[${texts.join(',')}]`, taken);
    else
      for (const [index, text] of texts.entries()) this.#socket.send(text, index === texts.length - 1 ? taken : noop);
  }

  isStalled(nowMs: number): boolean {
    return this.#sentMs !== null && nowMs - this.#sentMs > this.#limits.stallMs;
  }

  end(code: number, reason: string): void {
    const stalled = this.#sentMs !== null;
    this.#socket.close(code, reason);
    // Who does not read does not read a goodbye either.
    if (stalled) this.#socket.terminate();
  }

  /** Everybody may say so much a second; the first message too many is answered, the others are not heard. */
  mayTalk(): boolean {
    const nowMs = this.#hooks.nowMs();
    if (nowMs - this.#saidSinceMs >= 1_000 || nowMs < this.#saidSinceMs) {
      this.#saidSinceMs = nowMs;
      this.#said = 0;
    }
    this.#said++;
    const { saidMax } = this.#limits;
    if (this.#said === saidMax + 1) this.send(errorMessage('TOO_MANY', `More than ${saidMax} messages in a second.`));
    return this.#said <= saidMax;
  }

  /** Being told everything anew is work, too: not again and again for one who is always behind. */
  #catchUp(): void {
    if (this.#lost === 0) return;
    const nowMs = this.#hooks.nowMs();
    if (nowMs - this.#caughtUpMs < CATCH_UP_EVERY_MS) {
      this.#hooks.waits(this);
      return;
    }
    this.#caughtUpMs = nowMs;
    const count = this.#lost;
    this.#lost = 0;
    if (this.dialect === 'bothsides') this.send({ type: 'lost', count });
    this.#hooks.regreet(this);
  }
}

function noop(): void {}

function readRequest(text: string | null): (WatchRequest & { type: 'watch' }) | ErrorMessage {
  if (text === null) return errorMessage('NOT_JSON', 'Messages are JSON texts, this one was binary.');
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return errorMessage('NOT_JSON', 'Messages are JSON texts, this one cannot be read.');
  }
  if (typeof said !== 'object' || said === null || Array.isArray(said))
    return errorMessage('NOT_A_MESSAGE', 'A message is an object with a type.');
  const { type, topics, market } = said as Record<string, unknown>;
  if (type !== 'watch') return errorMessage('UNKNOWN_TYPE', 'The one message that is understood here is "watch".');
  if (!Array.isArray(topics) || !topics.every((topic) => TOPICS.includes(topic)))
    return errorMessage('UNKNOWN_TOPIC', `Topics are a list of ${TOPICS.join(', ')}.`);
  if (market !== undefined && market !== null && typeof market !== 'string')
    return errorMessage('NOT_A_MESSAGE', 'A market is named by its ticker.');
  return { type, topics, market: market ?? null };
}

function errorMessage(code: ErrorMessage['code'], message: string): ErrorMessage {
  return { type: 'error', code, message };
}
