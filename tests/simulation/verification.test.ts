/**
 * What is believed is compared with the exchange, again and again: books with REST, positions with the venue's word after
 * each fill, what rests with what we think rests. Here something is wrong that no number of a sequence tells.
 */
import { describe, expect, it } from 'vitest';
import type { Interference } from '../../src/backtest/virtual-world.ts';
import { type ClientOrderId, named, type Ticker } from '../../src/domain/ids.ts';
import { type Centicents, centicontracts } from '../../src/domain/units.ts';
import type { Socket } from '../../src/exchange/kalshi/sockets.ts';
import { takeOrders } from '../support/crowd.ts';
import { differences, quotingNow, restingAtExchange, simSettings, startTrial, type Trial } from '../support/world.ts';

/** Somebody on the line who rewrites what the exchange says; null: it is lost. */
function rewriting(rewrite: (text: string) => string | null): Interference {
  return {
    sockets: (inner) => ({
      open(url, headers) {
        const socket = inner.open(url, headers);
        const outer: Socket = { ...socket, onopen() {}, onmessage() {}, onpong() {}, onerror() {}, onclose() {} };
        socket.onopen = () => outer.onopen();
        socket.onpong = () => outer.onpong();
        socket.onerror = (message) => outer.onerror(message);
        socket.onclose = (code, reason) => outer.onclose(code, reason);
        socket.onmessage = (text) => {
          const said = rewrite(text);
          if (said !== null) outer.onmessage(said);
        };
        return outer;
      },
    }),
  };
}

async function quoting(trial: Trial): Promise<void> {
  expect(await trial.world.advance(60_000, () => quotingNow(trial) >= 3)).toBe(true);
}

async function endsWell(trial: Trial): Promise<void> {
  trial.run.windDown();
  const summary = await trial.finish(180_000);
  expect(trial.violations).toEqual([]);
  expect(differences(trial)).toEqual([]);
  expect(summary).toMatchObject({ exit: 0, money: { difference: '0.000000' }, orders: { leftResting: 0, unknown: 0 } });
}

describe('A fill that nobody told of', () => {
  it('shows in the position after the next one, and no create leaves for that market before it is read back', async () => {
    /** The order whose fill is lost, with all that is said of it at that moment. */
    let lost: { order: string; market: Ticker } | null = null;
    let isArmed = false;
    const beside: string[] = [];
    const trial = await startTrial({
      settings: simSettings(['sim.markets=60']),
      seed: 85,
      forMs: null,
      interference: {
        ...rewriting((text) => {
          if (isArmed && text.includes('"type":"fill"')) {
            isArmed = false;
            const { msg } = JSON.parse(text);
            lost = { order: msg.order_id, market: msg.market_ticker };
            return null;
          }
          // Its record would tell as well.
          return lost !== null && text.includes('"user_order"') && text.includes(lost.order) ? null : text;
        }),
      },
      bystander: () => ({
        transport: (inner) => ({
          send: (request) =>
            inner.send({
              ...request,
              beforeWrite: () => {
                request.beforeWrite?.();
                if (request.method !== 'POST' || !request.url.endsWith('/portfolio/events/orders')) return;
                const { ticker } = JSON.parse(request.body!);
                if (trial.run.runtime.table.isBehind(ticker)) beside.push(ticker);
              },
            }),
        }),
      }),
    });
    await quoting(trial);
    const { runtime } = trial.run;
    const mismatches: Ticker[] = [];
    const doubted: boolean[] = [];
    runtime.accounts.mismatch$.subscribe((market) => {
      mismatches.push(market);
      queueMicrotask(() => doubted.push(runtime.table.isBehind(market)));
    });
    isArmed = true;
    expect(await trial.world.advance(300_000, () => lost !== null)).toBe(true);
    // The next fill there comes before what rests is compared: that would tell as well.
    for (let waited = 0; waited < 15_000 && mismatches.length === 0; waited += 50) {
      takeOrders(trial.world, ({ market }) => market === lost!.market);
      await trial.world.advance(50, () => mismatches.length > 0);
    }
    expect(mismatches.length).toBeGreaterThan(0);
    expect(mismatches[0]).toBe(lost!.market);
    expect(doubted).toContain(true);
    // Read back at once, and trusted again.
    expect(await trial.world.advance(2_000, () => runtime.table.doubted().length === 0)).toBe(true);
    expect(runtime.ledger.position(lost!.market).quantity).toBe(
      trial.world.exchange.engine.positions(trial.world.user).find(({ market }) => market === lost!.market)!.quantity,
    );
    expect(beside).toEqual([]);
    await trial.world.advance(30_000);
    await endsWell(trial);
    // Each execution once, by trade and order, however often it was told.
    const there = trial.world.exchange.engine.fills(trial.world.user);
    expect(new Set(there.map(({ tradeId, orderId }) => `${tradeId} ${orderId}`)).size).toBe(runtime.ledger.fillCount);
  });
});

describe('A book that the exchange no longer speaks of', () => {
  it('is voided by its audit within two minutes and a half, with every number in order', async () => {
    let muted: Ticker | null = null;
    const trial = await startTrial({
      seed: 82,
      forMs: null,
      // In place of each change another frame of the same numbering that says nothing.
      interference: rewriting((text) => {
        if (muted === null || !text.includes('"orderbook_delta"') || !text.includes(muted)) return text;
        const { type, sid, seq } = JSON.parse(text);
        return type === 'orderbook_delta' ? JSON.stringify({ type: 'ok', sid, seq, msg: {} }) : text;
      }),
    });
    await quoting(trial);
    const { runtime } = trial.run;
    const voided: { market: Ticker; reason: string }[] = [];
    runtime.feed.facts$.subscribe((fact) => void (fact.type === 'book.voided' && voided.push(fact)));
    muted = [...runtime.sessions.markets()][0]!;
    expect(await trial.world.advance(150_000, () => voided.some(({ market }) => market === muted))).toBe(true);
    expect(voided[0]).toMatchObject({ market: muted, reason: 'audit' });
    expect(runtime.feed.counts.gaps).toBe(0);
    muted = null;
    await trial.world.advance(10_000);
    await endsWell(trial);
  });
});

describe('What rests at the exchange', () => {
  it('and is ours though nobody here knows of it is taken off within a minute and journaled; a stranger’s stays', async () => {
    const trial = await startTrial({ seed: 83, forMs: null });
    await quoting(trial);
    const { engine } = trial.world.exchange;
    const { runtime, journal } = trial.run;
    const strays: string[] = [];
    journal.entries$.subscribe(({ kind, data }) => {
      if (kind === 'order.stray') strays.push((data as { clientOrderId: string }).clientOrderId);
    });
    const market = engine
      .allMarkets()
      .find(({ status, listed }) => status === 'active' && runtime.markets.get(listed.ticker) === null)!.listed.ticker;
    for (const id of ['bs-of-a-life-nobody-remembers', 'by-hand'])
      engine.create(trial.world.user, {
        market,
        side: 'bid',
        price: 100 as Centicents,
        quantity: centicontracts(500),
        timeInForce: 'goodTillCanceled',
        selfTrade: 'taker_at_cross',
        clientOrderId: named<ClientOrderId>(id),
        expiresAtMs: null,
        postOnly: true,
        reduceOnly: false,
        cancelOnPause: false,
        groupId: null,
      });
    const resting = () =>
      engine
        .orders(trial.world.user)
        .filter((order) => order.market === market && order.status === 'resting')
        .map(({ clientOrderId }) => clientOrderId);
    expect(await trial.world.advance(61_000, () => resting().length === 1)).toBe(true);
    await trial.world.advance(100);
    expect(resting()).toEqual(['by-hand']);
    expect(strays).toEqual(['bs-of-a-life-nobody-remembers']);
    expect(runtime.foreign.count).toBe(1);
    trial.run.windDown();
    expect(await trial.finish(180_000)).toMatchObject({ exit: 0 });
    expect(restingAtExchange(trial)).toBe(1);
  });
});
