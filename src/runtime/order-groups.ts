/**
 * One order group a shard: the net that the venue itself holds under our quotes. It is put up before the first quote of its
 * shard, and found again after a restart. When it is triggered nothing is quoted there for a while; then it is reset.
 *
 * Where it cannot be put up nothing is quoted: its other half, the expiry of quotes, lets them stand for minutes, and a
 * net that is missing is noticed only when it is needed. It is tried again and again. What an answer leaves open is no
 * group: one that was made without our knowing is empty, takes nothing and harms nobody.
 */
import { merge, type Observable, type Subscription } from 'rxjs';
import type { Clocks } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { OrderGroupId } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import type { OrderIntent, OrderRow } from '../domain/order.ts';
import { type Centicontracts, CONTRACT, formatQuantity, type UnixMs } from '../domain/units.ts';
import type { Listing, OrderGroupEvent, OrderGroups as Port, VenueOrderGroup } from '../exchange/port.ts';
import type { FeedFact } from '../feed/facts.ts';
import type { ShardGroups, ShardStand } from '../gateway/shard-groups.ts';
import type { Settings } from '../settings/schema.ts';
import { addressOf, type Shard, shardOf } from './group-shard.ts';
import type { Log } from './log.ts';
import type { RememberedGroups } from './remembered-groups.ts';
import { doneOf, isNotFound } from './write-done.ts';

export interface OrderGroupsOptions {
  readonly venue: Port;
  readonly clocks: Clocks;
  readonly settings: Settings;
  readonly journal: Pick<Journal, 'append'>;
  readonly log: Log;
  readonly remembered: RememberedGroups;
  /** A shard takes quotes now that did not before. */
  readonly onReady: () => void;
}

/** Between two tries, wall time: the first, and the longest after doubling. */
const RETRY_MS = 1_000;
const RETRY_MS_MAX = 30_000;
/** A trigger that got no clear answer is sent again so often, so soon: it is the fastest cancel there is. */
const TRIGGERS_MAX = 4;
const TRIGGER_AGAIN_MS = 250;

const WRITE = { priority: 'quote' } as const;
const CANCEL = { priority: 'cancel' } as const;

export class OrderGroups implements ShardGroups {
  readonly contractsLimit: Centicontracts;
  readonly #options: OrderGroupsOptions;
  readonly #shards = new Map<number, Shard>();
  /** Triggered for good: this run quotes no more. */
  #last: Promise<void> | null = null;
  #isSealed = false;

  constructor(options: OrderGroupsOptions) {
    this.#options = options;
    const { quoting, gateway } = options.settings;
    const contracts = Math.max(1, Math.ceil(quoting.positionContractsMax * gateway.groupCapacities));
    this.contractsLimit = (contracts * CONTRACT) as Centicontracts;
  }

  stand(exchangeIndex: number): ShardStand {
    const shard = this.#shard(exchangeIndex);
    if (shard.stage === 'standing' && shard.orderGroup !== null) return { ok: true, orderGroup: shard.orderGroup };
    this.#work(shard);
    return { ok: false, reason: shard.stage === 'triggered' ? 'orderGroupTriggered' : 'orderGroupMissing' };
  }

  refused(intent: OrderIntent, code: string): void {
    const shard = this.#shards.get(intent.exchangeIndex);
    if (shard === undefined || shard.orderGroup === null || intent.orderGroup !== shard.orderGroup) return;
    if (code === 'exceeded_order_group_risk_limit') this.#pause(shard, 'refusal');
    else if (code === 'order_group_not_found') this.#lose(shard);
  }

  /** Why no quote stands on this shard for the group's sake; null when it is no hindrance. */
  hindrance(exchangeIndex: number): string | null {
    const shard = this.#shards.get(exchangeIndex);
    if (shard === undefined || shard.stage === 'standing') return null;
    return shard.stage === 'triggered' ? 'orderGroupTriggered' : 'orderGroupMissing';
  }

  /** Listens to the venue's word on our groups, and reads them again where it may have been missed. */
  listen(feed: {
    readonly orderGroups$: Observable<OrderGroupEvent>;
    readonly facts$: Observable<FeedFact>;
  }): Subscription {
    return merge(feed.orderGroups$, feed.facts$).subscribe((heard) => {
      if (heard.type === 'orderGroup') this.#hear(heard);
      else if (heard.type === 'feed.opened' || (heard.type === 'feed.gap' && heard.channel === 'orderGroup'))
        this.#readAll().catch((error) => this.#warn('order groups could not be read again', error));
    });
  }

  /**
   * The fastest cancel: one request a shard takes all quotes off, and late ones are refused. What is not known to be
   * reset takes no quotes; `forGood`: whatever is wanted later. Whoever calls cancels each order besides, for proof.
   * Resolves when every group has answered, or was asked often enough; it need not be waited for.
   */
  triggerAll(by: string, forGood = false): Promise<void> {
    if (this.#last !== null) return this.#last;
    for (const exchangeIndex of this.#options.remembered.shards()) this.#shard(exchangeIndex);
    const shards = [...this.#shards.values()].filter((shard) => shard.orderGroup !== null);
    const triggered = Promise.all(shards.map((shard) => this.#trigger(shard, by))).then(
      () => undefined,
      (error) => this.#warn('order groups could not be triggered', error),
    );
    if (forGood) this.#last = triggered;
    return triggered;
  }

  /**
   * Quotes that stood while nobody watched, of a dead process or of this one asleep: each group in which one of these
   * orders may rest is triggered once, before each of them is canceled and proven gone. One that the venue triggered
   * meanwhile has nothing left to take off, and waits out its pause: triggering it would hide that.
   * @param seen the venue's groups, null where they could not be read: that keeps nothing from being triggered. Read
   * first unless given; where it is, the requests leave in this turn.
   */
  async takeBack(by: string, rows: Iterable<OrderRow>, seen?: Listing<VenueOrderGroup> | null): Promise<void> {
    if (this.#last !== null) return;
    const groups = new Set<OrderGroupId>();
    for (const { orderGroup } of rows) if (orderGroup !== undefined) groups.add(orderGroup);
    for (const exchangeIndex of this.#options.remembered.shards()) this.#shard(exchangeIndex);
    const shards = [...this.#shards.values()].filter(
      ({ orderGroup, stage, isBusy }) =>
        orderGroup !== null && groups.has(orderGroup) && stage !== 'triggered' && !isBusy,
    );
    // Nothing is quoted here until it is known what became of it.
    for (const shard of shards) Object.assign(shard, { stage: 'unknown', isBusy: true });
    if (shards.length === 0) return;
    const listing = seen === undefined ? await this.look() : seen;
    await Promise.all(shards.map((shard) => this.#takeBack(shard, by, listing)));
  }

  /** The venue's groups; null where they cannot be read. */
  look(): Promise<Listing<VenueOrderGroup> | null> {
    return this.#options.venue.list().catch((error: unknown) => {
      this.#warn('order groups could not be read', error);
      return null;
    });
  }

  /** Answers that come after this change nothing any more. */
  seal(): void {
    this.#isSealed = true;
    const { market, wall } = this.#options.clocks;
    for (const { pauseTimer, retryTimer } of this.#shards.values()) {
      market.clearTimeout(pauseTimer);
      wall.clearTimeout(retryTimer);
    }
  }

  report(): Json {
    return [...this.#shards.values()].map(({ exchangeIndex, orderGroup, contractsLimit, stage, pauseUntilMs }) => ({
      exchangeIndex,
      orderGroup,
      contractsLimit: contractsLimit === null ? null : formatQuantity(contractsLimit),
      state: stage,
      pauseUntilMs,
    }));
  }

  #shard(exchangeIndex: number): Shard {
    let shard = this.#shards.get(exchangeIndex);
    if (shard === undefined) {
      shard = shardOf(exchangeIndex, this.#options.remembered.on(exchangeIndex));
      this.#shards.set(exchangeIndex, shard);
    }
    return shard;
  }

  /** Does what is next for a shard on which somebody wants to quote; once at a time. */
  #work(shard: Shard): void {
    if (shard.isBusy || this.#last !== null || this.#isSealed) return;
    const { clocks } = this.#options;
    if (shard.stage === 'triggered' && (shard.pauseUntilMs ?? 0) > clocks.market.now()) return;
    shard.isBusy = true;
    const step = shard.stage === 'triggered' ? this.#reset(shard) : this.#putUp(shard);
    step
      .then(() => {
        shard.failures = 0;
        shard.told = '';
        shard.isBusy = false;
        // Also where more is to be done: whoever still wants to quote asks again.
        this.#options.onReady();
      })
      .catch((error) => this.#tryAgain(shard, error));
  }

  #tryAgain(shard: Shard, error: unknown): void {
    if (this.#isSealed) return;
    const reason = messageOf(error);
    if (shard.told !== reason) {
      shard.told = reason;
      this.#options.journal.append('group.failed', { exchangeIndex: shard.exchangeIndex, reason });
      this.#warn(`no order group stands on shard ${shard.exchangeIndex}, and nothing is quoted there`, error);
    }
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS * 2 ** Math.min(shard.failures++, 10));
    shard.retryTimer = this.#options.clocks.wall.setTimeout(() => {
      shard.isBusy = false;
      this.#options.onReady();
    }, waitMs);
  }

  /** Finds the group of an earlier run again, or makes one. */
  async #putUp(shard: Shard): Promise<void> {
    const { venue } = this.#options;
    if (shard.orderGroup !== null && !(await this.#findAgain(shard))) this.#lose(shard);
    if (shard.orderGroup !== null) return;
    const { exchangeIndex } = shard;
    const { contractsLimit } = this;
    const made = doneOf(await venue.create({ exchangeIndex, contractsLimit }, WRITE));
    if (this.#isSealed) return;
    shard.orderGroup = made.orderGroup;
    shard.contractsLimit = contractsLimit;
    shard.stage = 'standing';
    this.#note('group.created', shard, { contractsLimit });
  }

  async #findAgain(shard: Shard): Promise<boolean> {
    const { venue } = this.#options;
    const listing = await venue.list();
    const found = listing.items.find((each) => each.orderGroup === shard.orderGroup);
    if (found === undefined) {
      if (!listing.complete) throw new Error('the listing of order groups was cut off');
      return false;
    }
    if (found.contractsLimit !== this.contractsLimit) await this.#limit(shard);
    else shard.contractsLimit = found.contractsLimit;
    if (this.#isSealed) return true;
    if (found.isTriggered) this.#triggeredMeanwhile(shard);
    else shard.stage = 'standing';
    this.#note('group.found', shard, { isTriggered: found.isTriggered });
    return true;
  }

  async #takeBack(shard: Shard, by: string, listing: Listing<VenueOrderGroup> | null): Promise<void> {
    if (this.#isSealed) return;
    const found = listing?.items.find(({ orderGroup }) => orderGroup === shard.orderGroup);
    if (found !== undefined) shard.contractsLimit = found.contractsLimit;
    try {
      if (found?.isTriggered === true) this.#triggeredMeanwhile(shard);
      else if (found === undefined && listing?.complete === true) this.#lose(shard);
      else await this.#trigger(shard, by);
    } catch (error) {
      this.#warn('an order group could not be triggered', error);
    }
    shard.isBusy = false;
    this.#options.onReady();
  }

  #triggeredMeanwhile(shard: Shard): void {
    // While nobody listened: what stood was executed, and that counts like any other time. Unless we triggered it.
    if (this.#options.remembered.on(shard.exchangeIndex)?.triggered == null) this.#pause(shard, 'listing');
    else this.#becomeTriggered(shard, shard.pauseUntilMs);
  }

  async #limit(shard: Shard): Promise<void> {
    doneOf(await this.#options.venue.setLimit(addressOf(shard), this.contractsLimit, WRITE));
    if (this.#isSealed) return;
    shard.contractsLimit = this.contractsLimit;
    this.#note('group.limited', shard, { contractsLimit: this.contractsLimit });
  }

  async #reset(shard: Shard): Promise<void> {
    const { triggers } = shard;
    if (shard.contractsLimit !== this.contractsLimit) await this.#limit(shard);
    const outcome = await this.#options.venue.reset(addressOf(shard), WRITE);
    // What was triggered, lost or ended meanwhile has the last word.
    if (this.#isSealed || shard.triggers !== triggers || shard.orderGroup === null) return;
    if (isNotFound(outcome)) return this.#lose(shard);
    doneOf(outcome);
    shard.stage = 'standing';
    shard.pauseUntilMs = null;
    this.#note('group.reset', shard);
  }

  async #trigger(shard: Shard, by: string): Promise<void> {
    const { venue, clocks } = this.#options;
    const address = addressOf(shard);
    shard.triggers++;
    this.#becomeTriggered(shard, shard.pauseUntilMs);
    this.#note('group.triggered', shard, { by, pauseUntilMs: shard.pauseUntilMs });
    for (let attempt = 0; attempt < TRIGGERS_MAX; attempt++) {
      const outcome = await venue.trigger(address, CANCEL);
      if (outcome.kind === 'accepted' || outcome.kind === 'rejected' || outcome.kind === 'denied') return;
      if (this.#isSealed) return;
      await new Promise<void>((resolve) => {
        clocks.wall.setTimeout(resolve, TRIGGER_AGAIN_MS);
      });
    }
  }

  /** The venue took our quotes off: nothing is quoted here for a while. */
  #pause(shard: Shard, by: string): void {
    if (shard.stage === 'triggered') return;
    const { clocks, settings } = this.#options;
    const pauseUntilMs = (clocks.market.now() + settings.gateway.groupPauseMs) as UnixMs;
    this.#becomeTriggered(shard, pauseUntilMs);
    this.#note('group.triggered', shard, { by, pauseUntilMs });
    this.#options.log.warn(
      { exchangeIndex: shard.exchangeIndex, by, pauseUntilMs },
      'an order group was triggered: its quotes are off, and its shard is not quoted for a while',
    );
  }

  #becomeTriggered(shard: Shard, pauseUntilMs: UnixMs | null): void {
    const { market } = this.#options.clocks;
    shard.stage = 'triggered';
    shard.pauseUntilMs = pauseUntilMs;
    market.clearTimeout(shard.pauseTimer);
    if (pauseUntilMs === null) return;
    shard.pauseTimer = market.setTimeout(() => this.#options.onReady(), Math.max(0, pauseUntilMs - market.now()));
  }

  /** The venue has it no longer, and its orders went with it: another one is put up when somebody wants to quote. */
  #lose(shard: Shard): void {
    this.#note('group.lost', shard);
    shard.orderGroup = null;
    shard.stage = 'unknown';
    shard.pauseUntilMs = null;
    this.#options.clocks.market.clearTimeout(shard.pauseTimer);
    this.#options.onReady();
  }

  #hear({ orderGroup, change }: OrderGroupEvent): void {
    const shard = [...this.#shards.values()].find((each) => each.orderGroup === orderGroup);
    if (shard === undefined || this.#isSealed) return;
    // One that was not looked up yet is when somebody wants to quote.
    if (change.kind === 'triggered' && shard.stage === 'standing') this.#pause(shard, 'venue');
    else if (change.kind === 'deleted') this.#lose(shard);
    else if (change.kind === 'limitUpdated') this.#watchLimit(shard, change.contractsLimit);
  }

  /** Somebody else changed the limit: it is ours to say. */
  #watchLimit(shard: Shard, contractsLimit: Centicontracts | null): void {
    if (contractsLimit === null || contractsLimit === this.contractsLimit || shard.isBusy) return;
    this.#limit(shard).catch((error) => this.#warn('the limit of an order group could not be restored', error));
  }

  async #readAll(): Promise<void> {
    const known = [...this.#shards.values()].filter((shard) => shard.orderGroup !== null && shard.stage !== 'unknown');
    if (known.length === 0) return;
    const listing = await this.#options.venue.list();
    if (this.#isSealed) return;
    for (const shard of known) {
      const found = listing.items.find((each) => each.orderGroup === shard.orderGroup);
      if (found === undefined && listing.complete && !shard.isBusy) this.#lose(shard);
      else if (found?.isTriggered && !shard.isBusy) this.#pause(shard, 'listing');
    }
  }

  #note(kind: string, { exchangeIndex, orderGroup }: Shard, more: Readonly<Record<string, Json>> = {}): void {
    if (!this.#isSealed) this.#options.journal.append(kind, { exchangeIndex, orderGroup, ...more });
  }

  #warn(text: string, error: unknown): void {
    this.#options.log.warn({ error: messageOf(error) }, text);
  }
}

/** Of a trader; the gateway that asks it is looked up when it is told. */
export function orderGroupsOf(runtime: {
  readonly parts: Pick<OrderGroupsOptions, 'clocks' | 'settings' | 'journal' | 'log'> & {
    readonly venue: { readonly groups: Port };
  };
  readonly remembered: { readonly groups: RememberedGroups };
  readonly gateway: { settleSoon(): void };
}): OrderGroups {
  const { parts, remembered } = runtime;
  const onReady = (): void => runtime.gateway.settleSoon();
  return new OrderGroups({ ...parts, venue: parts.venue.groups, remembered: remembered.groups, onReady });
}
