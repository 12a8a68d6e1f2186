import { describe, expect, it } from 'vitest';
import { parseRefusal } from '../../../src/exchange/kalshi/errors.ts';
import { outcomeOf } from '../../../src/exchange/kalshi/order-entry.ts';
import type { WriteReply } from '../../../src/exchange/kalshi/rest.ts';
import * as wire from '../../../src/exchange/kalshi/wire.ts';

const answered = (status: number, body: unknown): WriteReply => ({
  kind: 'answered',
  status,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const nested = (code: string) => ({ error: { code, message: code.replaceAll('_', ' ') } });
const CREATED = { order_id: 'o-1', client_order_id: 'bs-1', fill_count: '0.00', remaining_count: '1.00', ts_ms: 1 };

describe('What became of a create', () => {
  const outcome = (reply: WriteReply) => outcomeOf(reply, wire.created, (body) => body.order_id);

  it.each([
    ['201 with its order', answered(201, CREATED), { kind: 'accepted', value: 'o-1' }],
    [
      '201 for an order that was killed at once',
      answered(201, { ...CREATED, remaining_count: '0.00' }),
      { kind: 'accepted' },
    ],
    ['201 without an order id', answered(201, { ...CREATED, order_id: undefined }), { kind: 'unknown' }],
    ['201 without what was filled', answered(201, { ...CREATED, fill_count: undefined }), { kind: 'unknown' }],
    ['201 with numbers for quantities', answered(201, { ...CREATED, fill_count: 0 }), { kind: 'unknown' }],
    ['201 with half a body', answered(201, '{"order_id":"o-'), { kind: 'unknown' }],
    ['201 with nothing', answered(201, ''), { kind: 'unknown' }],
    ['202', answered(202, {}), { kind: 'unknown' }],
    ['a redirect', answered(302, ''), { kind: 'unknown' }],
    [
      '400 off the grid',
      answered(400, nested('invalid_price')),
      { kind: 'rejected', code: 'invalid_price', status: 400 },
    ],
    [
      '400 would cross',
      answered(400, { error: { code: 'invalid_order', message: 'invalid order', details: 'post only cross' } }),
      { kind: 'rejected', code: 'invalid_order', message: 'invalid order: post only cross' },
    ],
    [
      '400 flat',
      answered(400, { code: 'bad_request', message: 'bad request', details: 'json: …' }),
      { kind: 'rejected', code: 'bad_request' },
    ],
    [
      '400 with a message alone',
      answered(400, { msg: 'Parameter validation failed' }),
      { kind: 'rejected', code: 'invalid_parameters' },
    ],
    ['400 from somebody else', answered(400, '<html>Bad Request</html>'), { kind: 'unknown' }],
    ['401', answered(401, nested('authentication_error')), { kind: 'rejected', status: 401 }],
    ['403 from a proxy', answered(403, 'Forbidden'), { kind: 'unknown' }],
    ['404', answered(404, nested('not_found')), { kind: 'rejected', code: 'not_found', status: 404 }],
    ['408', answered(408, nested('timeout')), { kind: 'unknown' }],
    [
      '409 the id is taken',
      answered(409, nested('order_already_exists')),
      { kind: 'rejected', code: 'order_already_exists', status: 409 },
    ],
    ['409 nothing to fill', answered(409, nested('fill_or_kill_insufficient_resting_volume')), { kind: 'rejected' }],
    ['a refusal that says that nobody knows', answered(409, nested('exchange_unavailable')), { kind: 'unknown' }],
    ['429', answered(429, { error: 'too many requests' }), { kind: 'throttled' }],
    ['429 with no body', answered(429, ''), { kind: 'throttled' }],
    ['500', answered(500, nested('internal_error')), { kind: 'unknown' }],
    ['502', answered(502, '<html>'), { kind: 'unknown' }],
    ['503', answered(503, nested('exchange_paused')), { kind: 'unknown' }],
    ['504', answered(504, ''), { kind: 'unknown' }],
    ['a broken connection', { kind: 'unknown', cause: 'fetch failed' }, { kind: 'unknown', cause: 'fetch failed' }],
    ['our own door', { kind: 'denied', reason: 'staleApproval' }, { kind: 'denied', reason: 'staleApproval' }],
  ] as const)('%s', (_name, reply, expected) => {
    expect(outcome(reply)).toMatchObject(expected);
  });
});

describe('What became of a cancel', () => {
  const outcome = (reply: WriteReply) => outcomeOf(reply, wire.canceled, (body) => body.reduced_by);

  it('is accepted with what it took away', () => {
    expect(outcome(answered(200, { order_id: 'o-1', reduced_by: '7.50', ts_ms: 1 }))).toEqual({
      kind: 'accepted',
      value: 750,
    });
  });
  it('is rejected with 404 for an order that no longer rests', () => {
    const expected = { kind: 'rejected', status: 404, code: 'not_found' };
    expect(
      outcome(answered(404, { error: { code: 'not_found', message: 'not found', service: 'exchange' } })),
    ).toMatchObject(expected);
  });
  it('is unknown where the answer does not say how much', () => {
    expect(outcome(answered(200, { order_id: 'o-1' }))).toMatchObject({ kind: 'unknown' });
  });
});

describe('A refusal', () => {
  it('is read from each of the four envelopes', () => {
    const read = (body: unknown) => parseRefusal(400, JSON.stringify(body));
    expect(read(nested('not_found'))).toEqual({ status: 400, code: 'not_found', message: 'not found' });
    expect(read({ code: 'bad_request', message: 'bad request', details: 'why' })).toEqual({
      status: 400,
      code: 'bad_request',
      message: 'bad request: why',
    });
    expect(read({ msg: 'Parameter validation failed' })).toMatchObject({ code: 'invalid_parameters' });
    expect(read({ error: 'too many requests' })).toMatchObject({ code: 'too_many_requests' });
  });

  it.each(['', 'null', '[]', '{}', '{"error":{}}', '{"error":{"code":7}}', '{"ok":true}', '<html>'])(
    'is not read from %j',
    (body) => {
      expect(parseRefusal(400, body)).toBeNull();
    },
  );

  it('is kept short, whatever a server writes', () => {
    expect(parseRefusal(400, JSON.stringify({ code: 'x', message: 'y'.repeat(10_000) }))!.message.length).toBeLessThan(
      400,
    );
  });
});
