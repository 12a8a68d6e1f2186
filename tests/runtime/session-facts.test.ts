/** What a session hears of its market: the state of things first, then each change of one, once. */
import { describe, expect, it } from 'vitest';
import type { RiskMode, SessionFact } from '../../machines/market-session.ts';
import type { Clock } from '../../src/domain/clock.ts';
import { type SessionFactsOptions, sessionFacts } from '../../src/runtime/session-facts.ts';
import { type Idle, idleTrader } from '../support/idle-trader.ts';
import { createMeddler } from '../support/interference.ts';
import { quantity } from '../support/markets.ts';

/** Which question a fact answers: of each at most one answer in a row. */
const TOPIC: Partial<Record<SessionFact['type'], string>> = {
  'book.synced': 'book',
  'book.voided': 'book',
  'data.current': 'data',
  'data.stale': 'data',
  'trades.heard': 'trades',
  'trades.silent': 'trades',
  'spread.shocked': 'spread',
  'spread.calmed': 'spread',
  'toxicity.triggered': 'toxicity',
  'toxicity.recovered': 'toxicity',
  'orders.uncertain': 'orders',
  'orders.certain': 'orders',
};

function factsOf({ runtime }: Idle, mode: () => RiskMode = () => 'active'): SessionFactsOptions {
  const { feed, markets, accounts, table, ordersChanged$, parts } = runtime;
  const { clocks, settings } = parts;
  return { clocks, settings, feed, markets, accounts, table, ordersChanged$, mode };
}

function listen(idle: Idle, mode?: () => RiskMode) {
  const heard: SessionFact[] = [];
  const subscription = sessionFacts(factsOf(idle, mode), idle.market.ticker).subscribe((fact) => heard.push(fact));
  const types = (): string[] => heard.map(({ type }) => type);
  return { heard, subscription, types };
}

describe('the facts of a session', () => {
  it('begin with the state of things, in the turn in which they are asked for', async () => {
    const idle = await idleTrader(93);
    await idle.hold(2);
    const { heard } = listen(idle);
    expect(heard.map(({ type }) => type)).toEqual([
      'risk.moded',
      'position.changed',
      'orders.certain',
      'data.current',
      'book.synced',
      'regime.changed',
      'trades.heard',
      'spread.calmed',
    ]);
    expect(heard[1]).toEqual({ type: 'position.changed', position: quantity(2) });
  });

  it('tell each change once, and nothing while nothing changes', async () => {
    const meddler = createMeddler();
    const idle = await idleTrader(93, [], { interference: meddler.interference });
    const { heard, types } = listen(idle);
    await idle.trial.world.advance(30_000);
    await idle.hold(1);
    meddler.drop();
    await idle.trial.world.advance(30_000);
    const last = new Map<string, string>();
    for (const fact of heard) {
      const topic = TOPIC[fact.type] ?? fact.type;
      const said = JSON.stringify({ ...fact, atMs: null });
      expect(last.get(topic), `${topic} was said twice`).not.toBe(said);
      last.set(topic, said);
    }
    expect(types().filter((type) => type === 'position.changed')).toHaveLength(2);
    expect(types().filter((type) => type === 'book.voided')).toHaveLength(1);
    expect(types().filter((type) => type === 'book.synced')).toHaveLength(2);
    // Tens of events a second are the decision plane's measure; a market alone says far less.
    expect(heard.length).toBeLessThan(60);
  });

  it('tell of stale data within two seconds of wall time, and that it stays so after fifteen, once', async () => {
    const meddler = createMeddler();
    const idle = await idleTrader(93, [], { interference: meddler.interference });
    const { types } = listen(idle);
    meddler.switches.silent = true;
    meddler.switches.refusing = true;
    const { aliveWithinMs } = idle.runtime.parts.settings.feed;
    await idle.trial.world.advance(aliveWithinMs + 2_000);
    expect(types()).toContain('data.stale');
    expect(types()).not.toContain('data.stopped');
    // Nor does REST stand in for the stream.
    meddler.switches.throttling = true;
    await idle.trial.world.advance(60_000);
    expect(types().filter((type) => type === 'data.stopped')).toHaveLength(1);
  });

  it('tell of another mode and of the end of the market', async () => {
    const idle = await idleTrader(93);
    let mode: RiskMode = 'active';
    const { heard, types } = listen(idle, () => mode);
    mode = 'reducing';
    await idle.trial.world.advance(1_500);
    expect(heard).toContainEqual({ type: 'risk.moded', mode: 'reducing' });
    idle.watched.endedAtMs = idle.trial.world.clock.now();
    await idle.trial.world.advance(5_000);
    expect(types().filter((type) => type === 'market.ended')).toHaveLength(1);
  });

  it.each(['wall', 'market'] as const)(
    'end with a listener that leaves when the %s clock tells one',
    async (telling) => {
      const idle = await idleTrader(93);
      let looks = 0;
      let mode: RiskMode = 'active';
      const options = factsOf(idle, () => {
        looks++;
        return mode;
      });
      // One clock at a time: they would tell it in the same moment.
      const silent: Clock = {
        now: () => options.clocks.wall.now(),
        setTimeout: () => null,
        clearTimeout: () => undefined,
      };
      const other = telling === 'wall' ? 'market' : 'wall';
      const facts$ = sessionFacts({ ...options, clocks: { ...options.clocks, [other]: silent } }, idle.market.ticker);
      const subscription = facts$.subscribe((fact) => {
        if (fact.type === 'risk.moded' && fact.mode === 'halted') subscription.unsubscribe();
      });
      await idle.trial.world.advance(2_500);
      mode = 'halted';
      await idle.trial.world.advance(1_500);
      expect(subscription.closed).toBe(true);
      const before = looks;
      await idle.trial.world.advance(10_000);
      expect(looks).toBe(before);
    },
  );
});
