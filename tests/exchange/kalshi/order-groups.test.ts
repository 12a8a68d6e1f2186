/** Order groups in the venue's words: what is sent, what an answer means, and what is not believed. */
import { describe, expect, it } from 'vitest';
import { named, type OrderGroupId } from '../../../src/domain/ids.ts';
import { createRandom } from '../../../src/domain/seeded-random.ts';
import type { Centicontracts } from '../../../src/domain/units.ts';
import { decodeFrame } from '../../../src/exchange/kalshi/parse-stream.ts';
import { createPortSockets } from '../../../src/exchange/kalshi/sockets.ts';
import { createHandlerTransport } from '../../../src/exchange/kalshi/transport.ts';
import { createKalshiVenue } from '../../../src/exchange/kalshi/venue.ts';
import type { OrderGroups } from '../../../src/exchange/port.ts';
import { createSystemClock } from '../../../src/runtime/system-clock.ts';
import { clocksOf, EXCHANGE_SETTINGS, intentOf } from './support/venue.ts';

const WRITE = { priority: 'quote' } as const;
const ADDRESS = { orderGroup: named<OrderGroupId>('g-1'), exchangeIndex: 2 };
const TWENTY = 2_000 as Centicontracts;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
}

/** A venue that answers everything with this. */
function venueOf(status: number, body: unknown) {
  const sent: Sent[] = [];
  const venue = createKalshiVenue({
    restUrl: 'http://exchange.test/trade-api/v2',
    wsUrl: 'ws://exchange.test/trade-api/ws/v2',
    keyId: 'key',
    signer: { sign: (text) => text },
    transport: createHandlerTransport(async (request) => {
      const { pathname, search } = new URL(request.url);
      const text = await request.text();
      const path = pathname.replace('/trade-api/v2/portfolio', '');
      sent.push({ method: request.method, path, query: search, body: text === '' ? null : JSON.parse(text) });
      return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status });
    }),
    sockets: createPortSockets(() => ({ accepted: false, status: 503, body: 'closed' })),
    clocks: clocksOf(createSystemClock()),
    random: createRandom(5),
    settings: EXCHANGE_SETTINGS,
  });
  return { venue, groups: venue.groups, sent };
}

describe('A command about a group', () => {
  it('says its shard and its limit in text', async () => {
    const { groups, sent } = venueOf(201, { order_group_id: 'g-1', subaccount: 0 });
    expect(await groups.create({ exchangeIndex: 2, contractsLimit: TWENTY }, WRITE)).toEqual({
      kind: 'accepted',
      value: ADDRESS,
    });
    expect(sent).toEqual([
      {
        method: 'POST',
        path: '/order_groups/create',
        query: '',
        body: { contracts_limit_fp: '20.00', exchange_index: 2, subaccount: 0 },
      },
    ]);
  });

  it.each<[string, string, (groups: OrderGroups) => Promise<unknown>, unknown]>([
    ['PUT', '/order_groups/g-1/reset', (groups) => groups.reset(ADDRESS, WRITE), {}],
    ['PUT', '/order_groups/g-1/trigger', (groups) => groups.trigger(ADDRESS, WRITE), {}],
    [
      'PUT',
      '/order_groups/g-1/limit',
      (groups) => groups.setLimit(ADDRESS, TWENTY, WRITE),
      { contracts_limit_fp: '20.00' },
    ],
    ['DELETE', '/order_groups/g-1', (groups) => groups.delete(ADDRESS, WRITE), null],
  ])('is %s %s', async (method, path, act, body) => {
    // An answer without a body is an answer.
    for (const answer of [{}, '']) {
      const { groups, sent } = venueOf(200, answer);
      expect(await act(groups)).toEqual({ kind: 'accepted', value: null });
      expect(sent).toEqual([{ method, path, query: '?exchange_index=2&subaccount=0', body }]);
    }
  });

  it.each([
    [404, { error: { code: 'order_group_not_found', message: 'order group not found' } }, 'order_group_not_found'],
    [400, { code: 'bad_request', message: 'bad request', details: 'json: …' }, 'bad_request'],
    [400, { msg: 'Parameter validation failed' }, 'invalid_parameters'],
    [403, { error: 'forbidden' }, 'forbidden'],
  ])('that is refused with %i in any of the venue’s shapes says so', async (status, body, code) => {
    const { groups } = venueOf(status, body);
    expect(await groups.trigger(ADDRESS, WRITE)).toMatchObject({ kind: 'rejected', status, code });
  });

  it.each([
    [429, { error: 'too many requests' }, 'throttled'],
    [503, { error: { code: 'exchange_unavailable', message: '' } }, 'unknown'],
    [502, '<html>', 'unknown'],
    [201, { subaccount: 0 }, 'unknown'],
  ])('that is answered %i %j is %s', async (status, body, kind) => {
    const { groups } = venueOf(status, body);
    expect(await groups.create({ exchangeIndex: 0, contractsLimit: TWENTY }, WRITE)).toMatchObject({ kind });
  });
});

describe('A listing of groups', () => {
  it('may leave out what the venue may: the limit, and the first shard', async () => {
    const { groups } = venueOf(200, { order_groups: [{ id: 'g-1', is_auto_cancel_enabled: true, new_key: 1 }] });
    expect(await groups.list()).toEqual({
      items: [{ orderGroup: 'g-1', exchangeIndex: 0, contractsLimit: null, isTriggered: true }],
      complete: true,
    });
  });

  it.each([
    ['no list', {}],
    ['a group without a name', { order_groups: [{ is_auto_cancel_enabled: true }] }],
    ['a group that does not say its state', { order_groups: [{ id: 'g' }] }],
    ['a limit that is a number', { order_groups: [{ id: 'g', is_auto_cancel_enabled: true, contracts_limit_fp: 5 }] }],
  ])('with %s is not believed', async (_, body) => {
    await expect(venueOf(200, body).groups.list()).rejects.toMatchObject({ code: 'EXCHANGE_NONSENSE' });
  });

  it('of one group without orders reads as none, and a missing one as null', async () => {
    expect(await venueOf(200, { is_auto_cancel_enabled: false, orders: null }).groups.read(ADDRESS)).toEqual({
      ...ADDRESS,
      contractsLimit: null,
      isTriggered: false,
      orders: [],
    });
    expect(await venueOf(404, { error: { code: 'not_found', message: '' } }).groups.read(ADDRESS)).toBeNull();
  });
});

describe('An order', () => {
  it('carries its group, and is canceled when trading pauses', async () => {
    const { venue, sent } = venueOf(201, { order_id: 'o-1', fill_count: '0.00', remaining_count: '12.50' });
    await venue.orders.create(intentOf({ orderGroup: ADDRESS.orderGroup }), WRITE);
    await venue.orders.create(intentOf(), WRITE);
    expect(sent[0]!.body).toMatchObject({ order_group_id: 'g-1', cancel_order_on_pause: true });
    expect(sent[1]!.body).not.toHaveProperty('order_group_id');
  });
});

describe('The stream’s word on a group', () => {
  const frame = (msg: Record<string, unknown>, more: Record<string, unknown> = { sid: 4, seq: 9 }) =>
    decodeFrame(JSON.stringify({ type: 'order_group_updates', ...more, msg: { ts_ms: 1_900_000_000_000, ...msg } }));
  const head = { type: 'orderGroup', subscription: 4, sequence: 9, orderGroup: 'g-1', atMs: 1_900_000_000_000 };

  it.each([
    ['created', { contracts_limit_fp: '20.00' }, { kind: 'created', contractsLimit: TWENTY }],
    ['limit_updated', { contracts_limit_fp: '20.00' }, { kind: 'limitUpdated', contractsLimit: TWENTY }],
    ['limit_updated', {}, { kind: 'limitUpdated', contractsLimit: null }],
    ['triggered', {}, { kind: 'triggered' }],
    ['reset', {}, { kind: 'reset' }],
    ['deleted', {}, { kind: 'deleted' }],
  ])('%s %j', (event_type, more, change) => {
    expect(frame({ event_type, order_group_id: 'g-1', ...more })).toEqual({ ...head, change });
  });

  it('of a kind that came later still counts in the numbering', () => {
    expect(frame({ event_type: 'renamed', order_group_id: 'g-1' })).toEqual({
      type: 'sequenced',
      subscription: 4,
      sequence: 9,
    });
  });

  it.each([
    ['no group', { event_type: 'reset' }, undefined],
    ['a limit that is none', { event_type: 'created', order_group_id: 'g', contracts_limit_fp: '-1.00' }, undefined],
    ['no number', { event_type: 'reset', order_group_id: 'g' }, { sid: 4 }],
  ])('with %s is malformed', (_, msg, more) => {
    expect(frame(msg, more)).toMatchObject({ type: 'malformed', subscription: 4 });
  });
});
