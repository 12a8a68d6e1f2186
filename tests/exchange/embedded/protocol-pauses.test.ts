import { describe, expect, it } from 'vitest';
import { createFixture, RAIN } from './protocol-fixture.ts';

const ORDERS = '/portfolio/events/orders';

async function resting() {
  const fixture = createFixture();
  const place = () =>
    fixture.call('alice', 'POST', ORDERS, {
      ticker: RAIN,
      side: 'bid',
      count: '10.00',
      price: '0.4000',
      time_in_force: 'good_till_canceled',
      self_trade_prevention_type: 'taker_at_cross',
    });
  const { body } = await place();
  const id: string = body.order_id;
  const amend = () =>
    fixture.call('alice', 'POST', `${ORDERS}/${id}/amend`, { ticker: RAIN, side: 'bid', price: '0.4100', count: '10' });
  return { fixture, id, place, amend, cancel: () => fixture.call('alice', 'DELETE', `${ORDERS}/${id}`) };
}

describe('A request', () => {
  it('in a pause of trading that would place something is a conflict, and nothing is wrong with it; a cancel is done', async () => {
    const { fixture, place, amend, cancel } = await resting();
    fixture.engine.setTradingActive(false);
    const paused = { error: { code: 'trading_is_paused', message: 'trading is paused' } };
    expect(await place()).toMatchObject({ status: 409, body: paused });
    expect(await amend()).toMatchObject({ status: 409, body: paused });
    expect(await cancel()).toMatchObject({ status: 200, body: { reduced_by: '10.00' } });
  });

  it('in a pause of the exchange is a conflict whatever it asks for, a cancel of one and of all too', async () => {
    const { fixture, id, place, amend, cancel } = await resting();
    fixture.engine.setExchangeActive(false);
    const all = () => fixture.call('alice', 'DELETE', ORDERS);
    for (const ask of [place, amend, cancel, all]) {
      expect(await ask()).toMatchObject({
        status: 409,
        body: { error: { code: 'exchange_is_paused', message: 'exchange is paused' } },
      });
    }
    fixture.engine.setExchangeActive(true);
    expect((await fixture.call('alice', 'GET', `/portfolio/orders/${id}`)).body.order.status).toBe('resting');
    expect((await all()).status).toBe(204);
  });
});
