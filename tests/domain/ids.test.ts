import { describe, expect, it } from 'vitest';
import { isOwnOrder, makeClientOrderId, named, type RunId, type SessionId } from '../../src/domain/ids.ts';

const make = (run: string, session: string, sequence: number) =>
  makeClientOrderId(named<RunId>(run), named<SessionId>(session), sequence);

describe('A client order id', () => {
  it('is another one for every run, session and order', () => {
    const ids = ['r1', 'r2'].flatMap((run) =>
      ['s1', 's2'].flatMap((session) => [1, 2, 11].map((sequence) => make(run, session, sequence))),
    );
    expect(new Set(ids).size).toBe(12);
  });

  it('says that it is ours', () => {
    expect(isOwnOrder(make('r1', 's1', 1))).toBe(true);
    for (const foreign of ['', 'xbs-1', 'BS-1', '3f1c0e9a', null, undefined]) expect(isOwnOrder(foreign)).toBe(false);
  });
});
