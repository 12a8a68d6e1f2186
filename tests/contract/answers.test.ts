/** Our own cases in the shapes of what was recorded of the venue: they need no recordings. */
import { beforeAll, describe, expect, it } from 'vitest';
import { differences } from './support/differences.ts';
import { OWN_SESSION } from './support/own-session.ts';
import { Identities, replay } from './support/session.ts';

describe('A request like', () => {
  const answers = new Map<string, { status: number; differences: string[] }>();

  beforeAll(async () => {
    await replay(OWN_SESSION, (one, { status, body }, ids) => {
      answers.set(one.name, { status, differences: differences(one.answer, body, ids, { values: true }) });
    });
  });

  it.each(OWN_SESSION.exchanged.map((one) => [one.name, one.status] as const))('%s is answered %i', (name, status) => {
    expect(answers.get(name)).toEqual({ status, differences: [] });
  });
});

describe('Two answers', () => {
  const told = (theirs: unknown, ours: unknown) => differences(theirs, ours, new Identities(), { values: true });

  it('are the same whatever their ids and within two seconds', () => {
    const theirs = { order_id: 'a', again: { order_id: 'a' }, ts_ms: 1_781_159_360_866, created_time: at(0) };
    const ours = { order_id: 'x', again: { order_id: 'x' }, ts_ms: 1_781_159_361_000, created_time: at(1_999) };
    expect(told(theirs, ours)).toEqual([]);
  });

  it.each([
    ['a value', { count_fp: '1.00' }, { count_fp: '2.00' }],
    ['a number for a text', { count: '1.00' }, { count: 1 }],
    ['a null', { tags: [] }, { tags: null }],
    ['decimals', { volume_24h_fp: '1.00' }, { volume_24h_fp: '1.0' }],
    ['a field less', { a: 1, b: 1 }, { a: 1 }],
    ['a field more', { a: 1 }, { a: 1, b: 1 }],
    ['a field that is gone', { a: 1, service: 'exchange' }, { a: 1, service: 'exchange' }],
    ['an item less', { orders: [{ a: 1 }] }, { orders: [] }],
    ['one id for two', { x: { order_id: 'a' }, y: { order_id: 'b' } }, { x: { order_id: 'q' }, y: { order_id: 'q' } }],
    ['a time', { created_time: at(0) }, { created_time: at(2_001) }],
    ['a next page', { cursor: '' }, { cursor: 'more' }],
  ])('differ by %s', (_, theirs, ours) => {
    expect(told(theirs, ours)).toHaveLength(1);
  });
});

function at(offsetMs: number): string {
  return new Date(Date.UTC(2027, 3, 2) + offsetMs).toISOString();
}
