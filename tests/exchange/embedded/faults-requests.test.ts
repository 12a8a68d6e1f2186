/** Each fault that comes upon requests, as our own client meets it at the embedded exchange in memory. */
import { afterEach, describe, expect, it } from 'vitest';
import { BothsidesError } from '../../../src/domain/errors.ts';
import { CREATE, openStage, START_MS, type Stage, type StageOptions } from './fault-stage.ts';

let stage: Stage;
afterEach(() => stage.close());

async function open(rules: readonly unknown[], options?: StageOptions): Promise<Stage> {
  stage = await openStage(rules, options);
  return stage;
}

describe('A create', () => {
  const upon = (fault: string, more: object = {}) => [{ fault, on: CREATE, at: [1], ...more }];

  it('that is throttled did nothing, and the next one is taken', async () => {
    const { create, resting } = await open(upon('throttle'));
    expect(await create('one')).toMatchObject({ kind: 'throttled' });
    expect(resting()).toBe(0);
    expect(await create('two')).toMatchObject({ kind: 'accepted' });
    expect(resting()).toBe(1);
  });

  it.each([
    ['errorBefore', 0, 'unknown'],
    ['errorAfter', 1, 'unknown'],
    ['silenceBefore', 0, 'unknown'],
    ['silenceAfter', 1, 'unknown'],
    ['dropBefore', 0, 'unknown'],
    ['dropAfter', 1, 'unknown'],
    ['emptyBody', 1, 'unknown'],
    ['malformedBody', 1, 'unknown'],
  ])('that meets %s leaves %i orders and is %s', async (fault, left, kind) => {
    const { create, resting, faults } = await open(upon(fault));
    expect(await create('one')).toMatchObject({ kind });
    expect(resting()).toBe(left);
    expect(faults.book.counts).toEqual([{ fault, fitted: 1, came: 1 }]);
    expect(faults.book.log).toMatchObject([{ rule: 1, fault, what: 'POST /portfolio/events/orders' }]);
  });

  it('gives up on silence after its own time-out, on a drop at once', async () => {
    const { create, clock } = await open([
      { fault: 'silenceAfter', on: CREATE, at: [1] },
      { fault: 'dropAfter', on: CREATE, at: [2] },
    ]);
    await create('one');
    expect(clock.now() - START_MS).toBe(2_000);
    await create('two');
    expect(clock.now() - START_MS).toBe(2_000);
  });

  it('that is slow takes effect before or after its delay', async () => {
    const { create, clock, resting } = await open([
      { fault: 'slowRequest', on: CREATE, at: [1], delayMs: 700 },
      { fault: 'slowAnswer', on: CREATE, at: [2], delayMs: 900 },
    ]);
    clock.setTimeout(() => expect(resting()).toBe(0), 699);
    expect(await create('one')).toMatchObject({ kind: 'accepted' });
    expect(clock.now() - START_MS).toBe(700);
    clock.setTimeout(() => expect(resting()).toBe(2), 1);
    expect(await create('two')).toMatchObject({ kind: 'accepted' });
    expect(clock.now() - START_MS).toBe(1_600);
  });

  it('is met by its market alone where one is named', async () => {
    const { create, engine } = await open([{ fault: 'throttle', on: { market: `${(await marketsOf())[0]}` } }]);
    const [first, second] = engine.allMarkets().map(({ listed }) => listed.ticker);
    expect(await create('one', 100, first)).toMatchObject({ kind: 'throttled' });
    expect(await create('two', 100, second)).not.toMatchObject({ kind: 'throttled' });
  });

  async function marketsOf(): Promise<readonly string[]> {
    const plain = await openStage([]);
    const tickers = plain.engine.allMarkets().map(({ listed }) => listed.ticker);
    await plain.close();
    return tickers;
  }
});

describe('Reads', () => {
  it('are repeated through 5xx, 429, drops and silence, the exchange’s status too', async () => {
    for (const fault of ['errorBefore', 'errorAfter', 'throttle', 'dropBefore', 'silenceAfter']) {
      const { settled, venue } = await open([{ fault, on: { path: '/exchange/status' }, at: [1] }]);
      expect(await settled(venue.catalogue.status())).toEqual({ exchangeActive: true, tradingActive: true });
      await stage.close();
    }
  });

  it('that are no JSON are said to be nonsense', async () => {
    const { settled, venue } = await open([{ fault: 'malformedBody', on: { path: '/exchange/status' } }]);
    await expect(settled(venue.catalogue.status())).rejects.toThrow(BothsidesError);
  });

  it('of a listing that is cut off are never taken for the whole', async () => {
    const { settled, venue, create, faults } = await open([{ fault: 'cutPages', on: { path: '/portfolio/orders' } }]);
    for (const id of ['one', 'two', 'three', 'four']) await create(id);
    const listing = await settled(venue.account.orders({})).catch(() => 'failed');
    expect(listing === 'failed' || (listing as { complete: boolean }).complete === false).toBe(true);
    faults.replace([]);
    expect((await settled(venue.account.orders({}))).items).toHaveLength(4);
  });

  it('lag as long as they are told to: a canceled order still rests for a while, and the time stamp says so', async () => {
    const { settled, venue, create, cancel, address, clock } = await open([
      { fault: 'staleReads', fromMs: 1_000, toMs: 5_000, delayMs: 400 },
    ]);
    const read = () => settled(venue.account.order(address()));
    const asOf = async () => (await settled(venue.account.userDataTimestamp())) as number;
    await create('one');
    expect(await read()).toMatchObject({ status: 'resting' });
    await clock.run(START_MS + 2_000);
    await cancel(address());
    expect(await asOf()).toBe(START_MS + 1_600);
    await clock.run(START_MS + 2_360);
    expect(await read()).toMatchObject({ status: 'resting' });
    expect(await cancel(address())).toMatchObject({ kind: 'rejected' });
    await clock.run(START_MS + 2_400);
    expect(await asOf()).toBe(START_MS + 2_000);
    expect(await read()).toMatchObject({ status: 'canceled' });
    await clock.run(START_MS + 5_000);
    expect(await asOf()).toBe(START_MS + 5_000);
  });

  it('never go back when their lag begins', async () => {
    const { settled, venue, create, address, clock } = await open([
      { fault: 'staleReads', fromMs: 100, toMs: 9_000, delayMs: 5_000 },
    ]);
    await create('one');
    expect(await settled(venue.account.order(address()))).not.toBeNull();
    await clock.run(START_MS + 200);
    expect(await settled(venue.account.order(address()))).not.toBeNull();
    expect(await settled(venue.account.userDataTimestamp())).toBe(START_MS);
  });
});

describe('The exchange’s clock', () => {
  it('that is off refuses a signature until its Date header has corrected the client', async () => {
    const { settled, venue, clock } = await open([{ fault: 'clockSkew', fromMs: 0, toMs: 60_000, skewMs: 45_000 }]);
    expect(await settled(venue.account.balance())).toBeDefined();
    expect(venue.skewMs).toBeGreaterThan(43_000);
    expect(await settled(venue.clock())).toMatchObject({ marketMs: clock.now() });
  });
});

describe('A pause', () => {
  it('of trading refuses creates, and takes off what is not to outlive one', async () => {
    const { create, resting, clock, settled, venue } = await open([
      { fault: 'tradingPause', fromMs: 1_000, toMs: 2_000 },
    ]);
    await create('one');
    await clock.run(START_MS + 1_000);
    expect(await settled(venue.catalogue.status())).toEqual({ exchangeActive: true, tradingActive: false });
    expect(resting()).toBe(0);
    expect(await create('two')).toMatchObject({ kind: 'rejected' });
    await clock.run(START_MS + 2_000);
    expect(await create('three')).toMatchObject({ kind: 'accepted' });
  });

  it('of the exchange refuses everything, again and again where it comes again', async () => {
    const { create, cancel, address, engine, clock, faults } = await open([
      { fault: 'exchangePause', fromMs: 1_000, toMs: 2_000, everyMs: 5_000 },
    ]);
    await create('one');
    await clock.run(START_MS + 1_500);
    expect(await cancel(address())).toMatchObject({ kind: 'rejected' });
    await clock.run(START_MS + 2_500);
    expect(engine.exchangeActive).toBe(true);
    await clock.run(START_MS + 6_500);
    expect(engine.exchangeActive).toBe(false);
    faults.stop();
    expect(engine.exchangeActive).toBe(true);
    expect(faults.book.counts).toEqual([{ fault: 'exchangePause', fitted: 0, came: 2 }]);
  });

  it('of a market takes its orders off when it ends', async () => {
    const { create, engine, clock, market, resting } = await open([
      { fault: 'marketHalt', on: { market: '*' }, fromMs: 1_000, toMs: 2_000 },
    ]);
    await create('one');
    await clock.run(START_MS + 1_000);
    expect(engine.market(market.ticker)?.status).toBe('inactive');
    expect(await create('two')).toMatchObject({ kind: 'rejected' });
    await clock.run(START_MS + 2_000);
    expect(engine.market(market.ticker)?.status).toBe('active');
    expect(resting()).toBe(0);
  });
});

describe('Latency', () => {
  it('is drawn for each leg: its base at least, and its mean on average', async () => {
    const { embedded, settled, clock } = await open([], {
      latency: {
        request: { baseMs: 5, meanMs: 3 },
        response: { baseMs: 20, meanMs: 0 },
        stream: { baseMs: 0, meanMs: 0 },
      },
    });
    const took: number[] = [];
    for (let index = 0; index < 200; index++) {
      const fromMs = clock.now();
      await settled(embedded.server.fetch(new Request('http://exchange.test/trade-api/v2/_clock')));
      took.push(clock.now() - fromMs);
    }
    expect(Math.min(...took)).toBeGreaterThanOrEqual(25);
    // Virtual time is in whole ms, rounded up: half a millisecond more on average.
    const mean = took.reduce((sum, value) => sum + value, 0) / took.length;
    expect(mean).toBeGreaterThan(27.5);
    expect(mean).toBeLessThan(29.5);
  });
});

describe('The faults themselves', () => {
  const rules = [{ fault: 'errorAfter', on: CREATE, probability: 0.3 }];

  it('come again with their seed, and otherwise with another', async () => {
    const run = async (seed: number) => {
      const { create } = await open(rules, { seed });
      const kinds: string[] = [];
      for (let index = 0; index < 30; index++) kinds.push((await create(`order ${index}`)).kind);
      await stage.close();
      return kinds.join(' ');
    };
    const first = await run(1);
    expect(await run(1)).toBe(first);
    expect(await run(2)).not.toBe(first);
    expect(first).toContain('unknown');
    expect(first).toContain('accepted');
  });

  it('are read and replaced at _faults, where that is served', async () => {
    const { embedded, create } = await open(rules, { endpoint: true });
    const call = async (method: string, body?: unknown) => {
      const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      const response = await embedded.server.fetch(new Request('http://exchange.test/trade-api/v2/_faults', init));
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    expect((await call('GET')).body).toMatchObject({ rules, counts: [{ fitted: 0, came: 0 }] });
    expect((await call('PUT', [{ fault: 'throttle', on: CREATE, at: [1] }])).status).toBe(200);
    expect(await create('one')).toMatchObject({ kind: 'throttled' });
    expect((await call('GET')).body).toMatchObject({ counts: [{ fault: 'throttle', fitted: 1, came: 1 }] });
    expect(await call('PUT', [{ fault: 'throttel' }])).toMatchObject({ status: 400 });
    expect((await call('DELETE')).body).toMatchObject({ rules: [] });
  });

  it('are not to be had from outside unless that was asked for', async () => {
    const { embedded } = await open(rules);
    const response = await embedded.server.fetch(new Request('http://exchange.test/trade-api/v2/_faults'));
    expect(response.status).toBe(404);
  });
});
