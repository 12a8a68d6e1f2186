/** Orders that are taken off together: what they execute is counted over fifteen seconds of the exchange's time. */
import { describe, expect, it } from 'vitest';
import { named, type OrderId, type Ticker } from '../../../src/domain/ids.ts';
import { createMemory } from '../../../src/exchange/embedded/memory.ts';
import type { NewOrder } from '../../../src/exchange/embedded/model.ts';
import { EngineWorld, listedWith } from '../../support/engine.ts';
import { quantity } from '../../support/markets.ts';
import { createFixture, HAIL, HAIL_SHARD, order, RAIN } from './protocol-fixture.ts';
import { accountOf, BIRTH, EASY, live, relive } from './remembered-life.ts';

const OTHER = named<Ticker>('KXTEST-B');

/** Ann quotes in a group; ben takes. */
class GroupWorld extends EngineWorld {
  readonly group: string;

  constructor(limitContracts: number) {
    super();
    this.engine.addMarket(listedWith({ ticker: OTHER, marketId: '7b1f7e0c-0000-4000-8000-000000000002' }));
    const answer = this.engine.createGroup('ann', 0, quantity(limitContracts));
    if (!answer.ok) throw new Error(answer.code);
    this.group = answer.group.id;
  }

  quote(side: 'bid' | 'ask', cents: number, contracts: number, changes: Partial<NewOrder> = {}): OrderId {
    return this.place('ann', side, cents, contracts, { groupId: this.group, ...changes }).id;
  }

  /** Ben sells to ann's bids. */
  hit(cents: number, contracts: number): void {
    this.place('ben', 'ask', cents, contracts, { timeInForce: 'immediateOrCancel' });
  }

  status(id: OrderId) {
    return this.engine.order('ann', id)?.status;
  }
  get isTriggered(): boolean {
    return this.engine.group('ann', this.group)!.isTriggered;
  }
  told(): string[] {
    return this.events.flatMap((event) =>
      event.type === 'orderGroup'
        ? [event.change]
        : event.type === 'order' && event.order.user === 'ann'
          ? [event.order.status]
          : [],
    );
  }
}

describe('A group', () => {
  it('lets its orders execute up to its limit, and takes all of them off when they execute more', () => {
    const world = new GroupWorld(10);
    const near = world.quote('bid', 40, 11);
    const far = world.quote('bid', 30, 5);
    const elsewhere = world.quote('ask', 70, 5, { market: OTHER });
    const alone = world.place('ann', 'bid', 20, 5).id;
    world.hit(40, 10);
    expect(world.isTriggered).toBe(false);
    expect(world.status(near)).toBe('resting');
    world.hit(40, 1);
    expect(world.isTriggered).toBe(true);
    expect([near, far, elsewhere, alone].map((id) => world.status(id))).toEqual([
      'executed',
      'canceled',
      'canceled',
      'resting',
    ]);
    expect(world.imbalance()).toBe(0);
  });

  it('is triggered once the executions are booked, however many of its orders one taker meets', () => {
    const world = new GroupWorld(3);
    const ids = [40, 39, 38, 37].map((cents) => world.quote('bid', cents, 2));
    world.hit(38, 6);
    // The taker got what stood there: the group is no protection against a single sweep, but against the next one.
    expect(world.position('ann')).toBe(6);
    expect(ids.map((id) => world.status(id))).toEqual(['executed', 'executed', 'executed', 'canceled']);
    expect(world.imbalance()).toBe(0);
  });

  it('forgets what was executed fifteen seconds ago', () => {
    const world = new GroupWorld(10);
    world.quote('bid', 40, 40);
    world.hit(40, 10);
    world.advance(14_999);
    const early = new GroupWorld(10);
    early.quote('bid', 40, 40);
    early.hit(40, 10);
    early.advance(14_999);
    early.hit(40, 1);
    expect(early.isTriggered).toBe(true);
    world.advance(1);
    world.hit(40, 10);
    expect(world.isTriggered).toBe(false);
  });

  it('counts what its orders take as well as what they give, and takes off what was about to rest', () => {
    const world = new GroupWorld(3);
    world.place('ben', 'ask', 50, 4);
    const taker = world.place('ann', 'bid', 50, 9, { groupId: world.group });
    expect(world.isTriggered).toBe(true);
    expect(world.engine.order('ann', taker.id)).toMatchObject({ status: 'canceled', filled: quantity(4) });
  });

  it('that is triggered takes no orders until it is reset, and counts from zero then', () => {
    const world = new GroupWorld(10);
    const id = world.quote('bid', 40, 5);
    world.hit(40, 5);
    expect(world.engine.triggerGroup('ann', world.group)).toEqual({ ok: true });
    expect(world.refusal('ann', 'bid', 40, 1, { groupId: world.group })).toBe('exceeded_order_group_risk_limit');
    expect(world.refusal('ann', 'bid', 40, 1)).toBeNull();
    expect(world.engine.resetGroup('ann', world.group)).toEqual({ ok: true });
    world.quote('bid', 41, 20);
    world.hit(41, 10);
    expect(world.isTriggered).toBe(false);
    expect(world.status(id)).toBe('executed');
  });

  it('does not use up the name of an order that it refused', () => {
    const world = new GroupWorld(10);
    world.engine.triggerGroup('ann', world.group);
    const refused = world.order('bid', 40, 1, { groupId: world.group });
    expect(world.engine.create('ann', refused)).toMatchObject({ ok: false });
    world.engine.resetGroup('ann', world.group);
    expect(world.engine.create('ann', refused)).toMatchObject({ ok: true });
  });

  it('is triggered by a limit below what it has executed, not by one at it', () => {
    const world = new GroupWorld(10);
    world.quote('bid', 40, 20);
    world.hit(40, 6);
    world.engine.limitGroup('ann', world.group, quantity(6));
    expect(world.isTriggered).toBe(false);
    world.engine.limitGroup('ann', world.group, quantity(5));
    expect(world.isTriggered).toBe(true);
    expect(world.bids()).toEqual([]);
  });

  it('is gone with its orders when it is deleted', () => {
    const world = new GroupWorld(10);
    const id = world.quote('bid', 40, 5);
    expect(world.engine.deleteGroup('ann', world.group)).toEqual({ ok: true });
    expect(world.status(id)).toBe('canceled');
    expect(world.engine.groups('ann')).toEqual([]);
    expect(world.refusal('ann', 'bid', 40, 1, { groupId: world.group })).toBe('order_group_not_found');
    expect(world.engine.resetGroup('ann', world.group)).toMatchObject({ code: 'order_group_not_found' });
  });

  it('belongs to one account and one shard', () => {
    const world = new GroupWorld(10);
    expect(world.refusal('ben', 'bid', 40, 1, { groupId: world.group })).toBe('order_group_not_found');
    expect(world.engine.triggerGroup('ben', world.group)).toMatchObject({ code: 'order_group_not_found' });
    const other = named<Ticker>('KXTEST-C');
    world.engine.addMarket(listedWith({ ticker: other, exchangeIndex: 2 }));
    expect(world.refusal('ann', 'bid', 40, 1, { market: other, groupId: world.group })).toBe('order_group_not_found');
  });

  it('tells of itself in order: why its orders leave, then that they left', () => {
    const world = new GroupWorld(1);
    world.quote('bid', 40, 5);
    world.hit(40, 2);
    world.engine.triggerGroup('ann', world.group);
    world.engine.resetGroup('ann', world.group);
    world.engine.limitGroup('ann', world.group, quantity(9));
    world.engine.deleteGroup('ann', world.group);
    // Created, rested, traded; triggered once, however often it is told to.
    expect(world.told()).toEqual([
      'created',
      'resting',
      'resting',
      'triggered',
      'canceled',
      'reset',
      'limitUpdated',
      'deleted',
    ]);
  });

  it.each([0, 0.5, 1.5, 1_000_001])('has no limit of %d contracts', (contracts) => {
    const world = new EngineWorld();
    expect(world.engine.createGroup('ann', 0, quantity(contracts))).toMatchObject({ code: 'invalid_parameters' });
  });

  it('can do nothing while the exchange is paused', () => {
    const world = new GroupWorld(10);
    world.quote('bid', 40, 5);
    world.engine.setExchangeActive(false);
    expect(world.engine.triggerGroup('ann', world.group)).toMatchObject({ code: 'exchange_is_paused' });
    expect(world.bids()).toHaveLength(1);
  });
});

describe('A group on the wire', () => {
  const GROUPS = '/portfolio/order_groups';
  const ORDERS = '/portfolio/events/orders';

  async function grouped(body: Record<string, unknown> = { contracts_limit: 20 }) {
    const fixture = createFixture();
    const created = await fixture.call('alice', 'POST', `${GROUPS}/create`, body);
    return { fixture, created, id: created.body.order_group_id as string };
  }

  it('is made, listed and read with what rests in it', async () => {
    const { fixture, created, id } = await grouped();
    expect(created).toMatchObject({ status: 201, body: { subaccount: 0, exchange_index: 0 } });
    const listed = { contracts_limit_fp: '20.00', is_auto_cancel_enabled: false, exchange_index: 0 };
    expect((await fixture.call('alice', 'GET', GROUPS)).body).toEqual({ order_groups: [{ id, ...listed }] });
    expect((await fixture.call('bob', 'GET', GROUPS)).body).toEqual({ order_groups: [] });
    const { body: placed } = await fixture.call('alice', 'POST', ORDERS, order({ order_group_id: id }));
    expect((await fixture.call('alice', 'GET', `${GROUPS}/${id}`)).body).toEqual({
      ...listed,
      orders: [placed.order_id],
    });
    const { body } = await fixture.call('alice', 'GET', `/portfolio/orders/${placed.order_id}`);
    expect(body.order.order_group_id).toBe(id);
  });

  it('is triggered, reset, limited and deleted, each answered with an empty object', async () => {
    const { fixture, id } = await grouped();
    const { body: placed } = await fixture.call('alice', 'POST', ORDERS, order({ order_group_id: id }));
    const flag = async () => (await fixture.call('alice', 'GET', `${GROUPS}/${id}`)).body.is_auto_cancel_enabled;
    expect(await fixture.call('alice', 'PUT', `${GROUPS}/${id}/trigger`, {})).toMatchObject({ status: 200, body: {} });
    expect(await flag()).toBe(true);
    expect((await fixture.call('alice', 'GET', `/portfolio/orders/${placed.order_id}`)).body.order.status).toBe(
      'canceled',
    );
    expect(await fixture.call('alice', 'POST', ORDERS, order({ order_group_id: id }))).toMatchObject({
      status: 400,
      body: { error: { code: 'exceeded_order_group_risk_limit' } },
    });
    expect(await fixture.call('alice', 'PUT', `${GROUPS}/${id}/reset`)).toMatchObject({ status: 200, body: {} });
    expect(await flag()).toBe(false);
    expect(await fixture.call('alice', 'PUT', `${GROUPS}/${id}/limit`, { contracts_limit_fp: '7.00' })).toMatchObject({
      status: 200,
      body: {},
    });
    expect((await fixture.call('alice', 'GET', GROUPS)).body.order_groups[0].contracts_limit_fp).toBe('7.00');
    expect(await fixture.call('alice', 'DELETE', `${GROUPS}/${id}`)).toMatchObject({ status: 200, body: {} });
    expect(await fixture.call('alice', 'PUT', `${GROUPS}/${id}/reset`)).toMatchObject({
      status: 404,
      body: { error: { code: 'order_group_not_found', message: 'order group not found' } },
    });
  });

  it('lives on the shard that was named, and is found only there', async () => {
    const { fixture, id } = await grouped({ contracts_limit: 5, exchange_index: HAIL_SHARD });
    expect((await fixture.call('alice', 'PUT', `${GROUPS}/${id}/trigger`)).status).toBe(404);
    const there = `exchange_index=${HAIL_SHARD}`;
    expect((await fixture.call('alice', 'PUT', `${GROUPS}/${id}/trigger?${there}`)).status).toBe(200);
    expect((await fixture.call('alice', 'PUT', `${GROUPS}/${id}/reset?${there}`)).status).toBe(200);
    const here = order({ order_group_id: id, ticker: RAIN });
    expect(await fixture.call('alice', 'POST', ORDERS, here)).toMatchObject({ status: 404 });
    expect((await fixture.call('alice', 'POST', ORDERS, order({ order_group_id: id, ticker: HAIL }))).status).toBe(201);
  });

  it.each([
    ['no limit', {}, 'contracts_limit is required'],
    ['two limits that differ', { contracts_limit: 5, contracts_limit_fp: '6.00' }, 'differ'],
    ['a limit of nothing', { contracts_limit: 0 }, 'whole number'],
    ['half a contract', { contracts_limit_fp: '1.50' }, 'whole number'],
    ['a limit that is no count', { contracts_limit_fp: 'many' }, 'no count'],
    ['a shard that does not exist', { contracts_limit: 5, exchange_index: 9 }, 'exchange_index 9'],
  ])('is not made with %s', async (_, body, details) => {
    const { created } = await grouped(body);
    expect(created).toMatchObject({ status: 400, body: { error: { code: 'invalid_parameters' } } });
    expect(created.body.error.details).toContain(details);
  });

  it('complains of a limit of the wrong type like every decoder of the venue', async () => {
    const { created } = await grouped({ contracts_limit: '5' });
    expect(created).toMatchObject({ status: 400, body: { code: 'bad_request' } });
  });

  it('costs ten tokens a command, from the bucket of its shard', async () => {
    const fixture = createFixture({ tier: 'basic' });
    const create = (exchange_index: number) =>
      fixture.call('alice', 'POST', `${GROUPS}/create`, { contracts_limit: 5, exchange_index });
    for (let index = 0; index < 10; index++) expect((await create(0)).status).toBe(201);
    expect((await create(0)).status).toBe(429);
    expect((await create(HAIL_SHARD)).status).toBe(201);
  });

  it('is heard of on its channel, numbered, by its owner alone', async () => {
    const fixture = createFixture();
    const stream = fixture.openStream('alice');
    const stranger = fixture.openStream('bob');
    for (const each of [stream, stranger]) {
      each.command({ id: 1, cmd: 'subscribe', params: { channels: ['order_group_updates'] } });
      each.take();
    }
    const { body } = await fixture.call('alice', 'POST', `${GROUPS}/create`, { contracts_limit: 5 });
    const id = body.order_group_id;
    await fixture.call('alice', 'PUT', `${GROUPS}/${id}/limit`, { contracts_limit: 6 });
    for (const command of ['trigger', 'reset']) await fixture.call('alice', 'PUT', `${GROUPS}/${id}/${command}`);
    await fixture.call('alice', 'DELETE', `${GROUPS}/${id}`);
    const ts_ms = fixture.market.now();
    const said = (seq: number, event_type: string, more = {}) => ({
      type: 'order_group_updates',
      sid: 1,
      seq,
      sending_ts_ms: ts_ms,
      msg: { event_type, order_group_id: id, ...more, ts_ms },
    });
    expect(stream.take()).toEqual([
      said(1, 'created', { contracts_limit_fp: '5.00' }),
      said(2, 'limit_updated', { contracts_limit_fp: '6.00' }),
      said(3, 'triggered'),
      said(4, 'reset'),
      said(5, 'deleted'),
    ]);
    expect(stranger.take()).toEqual([]);
  });
});

describe('A group of an exchange that dies', () => {
  it('comes back with its limit, its state and what it has counted', async () => {
    const memory = createMemory();
    const { engine } = (await live(memory, { speed: 1 })).embedded;
    const { ticker, exchangeIndex } = engine.allMarkets()[0]!.listed;
    const answer = engine.createGroup('ann', exchangeIndex, quantity(3));
    if (!answer.ok) throw new Error(answer.code);
    const { id } = answer.group;
    const [ask] = engine.bestAsk(ticker)!;
    const take = { ...EASY, market: ticker, side: 'bid', price: ask, quantity: 200, groupId: id } as NewOrder;
    expect(engine.create('ann', take)).toMatchObject({ ok: true });

    const again = (await relive(memory, { speed: 1 })).embedded;
    expect(again.market.now()).toBe(BIRTH);
    expect(accountOf(again, 'ann')).toMatchObject({ groups: [{ id, isTriggered: false }], fills: [{}] });
    // Two of three are used up: two more are too many.
    expect(again.engine.create('ann', take)).toMatchObject({ ok: true });
    expect(again.engine.group('ann', id)!.isTriggered).toBe(true);

    const third = (await relive(memory)).embedded;
    expect(third.engine.group('ann', id)!.isTriggered).toBe(true);
    expect(third.engine.create('ann', take)).toMatchObject({ code: 'exceeded_order_group_risk_limit' });
  });
});
