/**
 * Sees what no process can see: what is written down safely, what wanders on the line, what the exchange has. It holds the
 * rules that must hold at every instant, over all lives of a trader; the list of them stands in tests/crash/points.test.ts.
 */
import type { VirtualRun, VirtualWorld } from '../../src/backtest/virtual-world.ts';
import type { ClientOrderId } from '../../src/domain/ids.ts';
import type { OrderIntent } from '../../src/domain/order.ts';
import { isTerminal } from '../../src/domain/order.ts';
import type { EngineEvent, EngineOrder } from '../../src/exchange/embedded/model.ts';
import type { HttpRequest } from '../../src/exchange/kalshi/transport.ts';
import type { Settings } from '../../src/settings/schema.ts';
import { errandOf, type Life, type Witness } from './crash-places.ts';
import { overLimits } from './plain-exposure.ts';

/** The exchange refuses a signature that is older. */
const SIGNATURE_MS_MAX = 10_000;
/** Reads may lag behind; what is older than this they show. */
const SETTLED_MS = 2_000;

/** A create whose bytes left and which has not come to the exchange: nobody can say what it will do. */
interface Flying {
  readonly intent: OrderIntent;
  /** Wall time until which it can take effect. */
  untilMs: number;
  copies: number;
  life: number;
}

interface Closed {
  readonly session: string;
  readonly market: string;
  readonly carried: number;
}

/**
 * Something that recovery learned from the exchange; not that by now so much time has passed that an order never came, nor
 * that a listing which lags behind still showed what was canceled.
 */
function isNews(kind: string, data: unknown): boolean {
  if (kind === 'order.leftover' && (data as { cancel: string }).cancel !== 'accepted') return false;
  if (kind === 'order.absent' || (kind === 'order.moved' && (data as { reason: unknown }).reason === 'absent'))
    return false;
  return /^(fill|order|account)\./.test(kind) || kind === 'market.settled';
}

export class Watch implements Witness {
  readonly violations: string[] = [];
  /** Every intent that was ever appended, by our id. */
  readonly #intents = new Map<string, OrderIntent>();
  readonly #safe = new Set<string>();
  /** Ids that the exchange has taken. */
  readonly #taken = new Set<string>();
  readonly #bodies = new Map<string, string>();
  readonly #flying = new Map<string, Flying>();
  readonly #resting = new Map<string, EngineOrder>();
  readonly #world: VirtualWorld;
  readonly #settings: Settings;
  readonly #beganMs: number;
  #life: Life | null = null;
  #run: VirtualRun | null = null;
  #isReady = false;
  /** Halted in this life; in one before it, and safely written down. */
  #isHalted = false;
  #wasHalted = false;
  #lastEventMs = Number.NEGATIVE_INFINITY;
  /** Entries of this life until it was ready that say that something was learned. */
  #learned: string[] = [];
  /** Our user's events at the exchange, and how many there had been when the life before was ready. */
  #events = 0;
  #eventsWhenReady: number | null = null;
  #eventsAtReady: number | null = null;

  constructor(world: VirtualWorld, settings: Settings) {
    this.#world = world;
    this.#settings = settings;
    this.#beganMs = world.clock.now();
    world.exchange.engine.events.subscribe((event) => this.#exchange(event));
  }

  /** A process began; its journal is followed from here. */
  follow(life: Life, run: VirtualRun): void {
    this.#life = life;
    this.#run = run;
    this.#isReady = false;
    this.#isHalted = false;
    this.#learned = [];
    run.journal.entries$.subscribe(({ kind, data }) => {
      if (!life.isAlive) return;
      if (kind === 'order.intended') this.#intended(data as unknown as OrderIntent);
      if (kind === 'operator.halted') this.#isHalted = true;
      if (kind === 'session.closed' && this.#isReady) this.#closed(data as unknown as Closed);
      if (kind === 'run.ready') this.#ready();
      else if (!this.#isReady && isNews(kind, data)) this.#learned.push(kind);
    });
  }

  /** What the disk has promised to keep. */
  safe(records: readonly { readonly key: string; readonly value: string }[]): void {
    for (const { key, value } of records) {
      if (!key.startsWith('journal/')) continue;
      if (value.includes('"run.ready"')) this.#eventsWhenReady = this.#eventsAtReady;
      if (value.includes('"operator.halted"')) this.#wasHalted = true;
      if (!value.includes('"order.intended"')) continue;
      const id = /"clientOrderId":"([^"]+)"/.exec(value)?.[1];
      if (id !== undefined) this.#safe.add(id);
    }
  }

  left(life: Life, request: HttpRequest): void {
    if (errandOf(request) !== 'create' || life !== this.#life) return;
    const body = JSON.parse(request.body ?? '{}') as Record<string, unknown>;
    const id = String(body.client_order_id);
    const intent = this.#intents.get(id);
    const tell = (what: string): void => this.#tell(`${what}: create ${id} in ${body.ticker}`);
    if (intent === undefined) {
      tell('no intent was written down');
      return;
    }
    if (!this.#safe.has(id)) tell('the intent was not safe when the order left');
    const text = JSON.stringify(body);
    if ((this.#bodies.get(id) ?? text) !== text) tell('an id was used again for another order');
    this.#bodies.set(id, text);
    if (!this.#isReady) tell('an order left during recovery');
    const { runtime } = this.#run!;
    if (runtime.door.permission !== 'open') tell('an order left through a door that is not open');
    if (this.#isHalted || this.#wasHalted) tell('an order left after a halt');
    this.#othersThan(intent, life, tell);
    const before = this.#flying.get(id);
    // What is sent again of an order that the exchange has can do nothing more.
    if (this.#taken.has(id)) return;
    const untilMs = this.#nowMs() + SIGNATURE_MS_MAX;
    this.#flying.set(id, { intent, untilMs, copies: (before?.copies ?? 0) + 1, life: life.number });
    if (intent.purpose === 'quote') for (const over of this.#overLimits()) tell(over);
    else this.#reducing(intent.market, intent.side);
  }

  answered(): void {}

  /** A request came to the exchange, before anything was done with it. */
  arrived(request: HttpRequest): void {
    if (errandOf(request) !== 'create') return;
    const id = String((JSON.parse(request.body ?? '{}') as Record<string, unknown>).client_order_id);
    this.landed(id);
  }

  /** A request was lost on its way, or came: one copy less that wanders. */
  landed(id: string): void {
    const flying = this.#flying.get(id);
    if (flying === undefined) return;
    if (flying.copies <= 1) this.#flying.delete(id);
    else flying.copies--;
  }

  /** Whether something of ours may still come to the exchange. */
  get isQuiet(): boolean {
    this.#forgetExpired();
    return this.#flying.size === 0;
  }

  /** Every order that the exchange ever had of us was written down before. */
  missingIn(journaled: ReadonlySet<string>): string[] {
    return this.#world.exchange.engine
      .orders(this.#world.user)
      .filter(({ clientOrderId }) => clientOrderId === null || !journaled.has(clientOrderId))
      .map(({ clientOrderId, market }) => `the journal has no intent of ${clientOrderId} in ${market}`);
  }

  #nowMs(): number {
    return this.#world.clock.now();
  }

  #tell(what: string): void {
    if (this.violations.length < 20)
      this.violations.push(`${what} (life ${this.#life?.number ?? 0}, ${(this.#nowMs() - this.#beganMs) / 1000}s)`);
  }

  #intended(intent: OrderIntent): void {
    if (this.#intents.has(intent.clientOrderId) && this.#safe.has(intent.clientOrderId))
      this.#tell(`${intent.clientOrderId} was intended twice`);
    this.#intents.set(intent.clientOrderId, intent);
  }

  /** Whatever else of ours is in this market is known, and no second one is on this side. */
  #othersThan(intent: OrderIntent, life: Life, tell: (what: string) => void): void {
    const { table } = this.#run!.runtime;
    const { market, side, clientOrderId } = intent;
    for (const row of table.open(market))
      if (row.state === 'unknown' && row.clientOrderId !== clientOrderId) tell(`${row.clientOrderId} is unknown there`);
    this.#forgetExpired();
    for (const [id, other] of this.#flying) {
      if (id === clientOrderId || other.intent.market !== market) continue;
      if (other.intent.side === side || other.life !== life.number) tell(`${id} was still on its way`);
    }
    for (const order of this.#resting.values()) {
      if (order.market !== market || order.clientOrderId === clientOrderId) continue;
      const row = table.get(order.clientOrderId as ClientOrderId);
      if (row === null || isTerminal(row.state)) tell(`${order.clientOrderId} rests there and is not known`);
    }
  }

  #forgetExpired(): void {
    for (const [id, { untilMs }] of this.#flying) if (untilMs < this.#nowMs()) this.#flying.delete(id);
  }

  /** What rests and what flies, as it could execute, against the limits. */
  #overLimits(): string[] {
    this.#forgetExpired();
    const resting = [...this.#resting.values()].map((order) => ({ ...order, quantity: order.remaining }));
    const flying = [...this.#flying.values()].map(({ intent }) => intent);
    const { engine } = this.#world.exchange;
    return overLimits(engine, engine.positions(this.#world.user), [...resting, ...flying], this.#settings);
  }

  #exchange(event: EngineEvent): void {
    const { user } = this.#world;
    if (event.type === 'fill' && event.fill.user === user) this.#happened();
    if (event.type === 'settlement' && event.user === user) this.#happened();
    if (event.type !== 'order' || event.order.user !== user) return;
    this.#happened();
    const { order } = event;
    // Copies of it may still wander about: an id is taken once.
    if (order.clientOrderId !== null) {
      this.#taken.add(order.clientOrderId);
      this.#flying.delete(order.clientOrderId);
    }
    if (order.status !== 'resting') {
      this.#resting.delete(order.orderId);
      return;
    }
    this.#resting.set(order.orderId, order);
    const alike = [...this.#resting.values()].filter(
      (other) => other.market === order.market && other.side === order.side,
    );
    if (alike.length > 1) {
      const names = alike.map(({ clientOrderId }) => clientOrderId).join(', ');
      this.#tell(`${alike.length} orders rest on the ${order.side} side of ${order.market}: ${names}`);
    }
    if (order.clientOrderId === null || !this.#safe.has(order.clientOrderId))
      this.#tell(`the exchange has ${order.clientOrderId}, and the disk no intent of it`);
    this.#reducing(order.market, order.side);
  }

  #happened(): void {
    this.#events++;
    this.#lastEventMs = this.#nowMs();
  }

  /** Σ reducing orders of a side, at the exchange and on their way, against the position that the exchange has. */
  #reducing(market: string, side: 'bid' | 'ask'): void {
    let total = 0;
    for (const order of this.#resting.values())
      if (order.market === market && order.side === side && this.#isExit(order.clientOrderId)) total += order.remaining;
    for (const { intent } of this.#flying.values())
      if (intent.market === market && intent.side === side && intent.purpose === 'exit' && !intent.reduceOnly)
        total += intent.quantity;
    if (total === 0) return;
    const { engine } = this.#world.exchange;
    const held = engine.positions(this.#world.user).find((position) => position.market === market)?.quantity ?? 0;
    const reducible = side === 'ask' ? Math.max(0, held) : Math.max(0, -held);
    if (total > reducible) this.#tell(`exits of ${total} on the ${side} side of ${market}, position ${held}`);
  }

  #isExit(id: string | null): boolean {
    return id !== null && this.#intents.get(id)?.purpose === 'exit';
  }

  /** A session that ended leaves nothing on its market, and what it says that it leaves is there. */
  #closed({ session, market, carried }: Closed): void {
    const { engine } = this.#world.exchange;
    const held = engine.positions(this.#world.user).find((position) => position.market === market)?.quantity ?? 0;
    if (held !== carried) this.#tell(`${session} closed with ${carried} in ${market}, at the exchange are ${held}`);
    for (const order of this.#resting.values())
      if (order.market === market) this.#tell(`${session} closed, and ${order.clientOrderId} rests in ${market}`);
    this.#forgetExpired();
    for (const [id, { intent }] of this.#flying)
      if (intent.market === market) this.#tell(`${session} closed, and ${id} is on its way to ${market}`);
  }

  /** Recovery is over: nothing of ours may be forgotten from here on. */
  #ready(): void {
    this.#isReady = true;
    const { table, ledger } = this.#run!.runtime;
    const { engine } = this.#world.exchange;
    for (const order of this.#resting.values()) {
      const row = table.get(order.clientOrderId as ClientOrderId);
      if (row === null || isTerminal(row.state))
        this.#tell(`${order.clientOrderId} rests in ${order.market} after recovery and is not known`);
    }
    this.#forgetExpired();
    for (const [id, { intent }] of this.#flying) {
      const row = table.get(intent.clientOrderId);
      if (row === null || isTerminal(row.state)) this.#tell(`${id} was on its way and recovery does not know it`);
    }
    if (this.#nowMs() - this.#lastEventMs > SETTLED_MS) {
      for (const { market, quantity } of engine.positions(this.#world.user)) {
        const ours = ledger.position(market).quantity;
        if (ours !== quantity) this.#tell(`after recovery ${market} is ${ours}, at the exchange ${quantity}`);
      }
    }
    if (this.#events === this.#eventsWhenReady && this.#learned.length > 0)
      this.#tell(`a second recovery of the same account learned something: ${this.#learned.join(', ')}`);
    this.#eventsAtReady = this.#events;
  }
}
