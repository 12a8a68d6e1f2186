import { describe, expect, it } from 'vitest';
import type { ActorRefFrom } from 'xstate';
import { type FeedMachineFact, marketFeed } from '../../machines/market-feed.ts';
import { clockAt, settle, Tap, underParent } from '../support/chart-bodies.ts';
import { ChartWalk } from '../support/chart-walk.ts';

const walk = new ChartWalk(marketFeed);

function begin() {
  const connection = new Tap<FeedMachineFact>();
  const polling = new Tap<FeedMachineFact>();
  const backoff = new Tap<{ readonly type: 'backoff.over' }, { readonly failures: number }>();
  const chart = marketFeed.provide({
    actors: { connection: connection.body, polling: polling.body, backoff: backoff.body },
  });
  const { child, heard } = underParent(chart, { clock: clockAt(), inspect: walk.inspect });
  const actor = child as ActorRefFrom<typeof marketFeed>;
  const told = () => heard.map(({ type }) => type);
  return { actor, connection, polling, backoff, told, value: () => actor.getSnapshot().value };
}

function live() {
  const stage = begin();
  stage.connection.say({ type: 'feed.opened' }, { type: 'feed.live' });
  return stage;
}

describe('The feed', () => {
  it('connects, syncs and is live, and says so', () => {
    const { connection, value, told } = begin();
    expect(value()).toEqual({ stream: { connected: 'connecting' }, fallback: 'idle' });
    expect(connection.listeners).toBe(1);
    connection.say({ type: 'feed.opened' });
    expect(value()).toEqual({ stream: { connected: 'syncing' }, fallback: 'idle' });
    expect(told()).toEqual([]);
    connection.say({ type: 'feed.live' });
    expect(value()).toEqual({ stream: { connected: 'live' }, fallback: 'idle' });
    expect(told()).toEqual(['feed.live']);
  });

  it('has one connection at a time, and none while it backs off', () => {
    const { connection, backoff, value, told } = live();
    connection.say({ type: 'feed.closed', reason: 'the venue left' });
    expect(connection.listeners).toBe(0);
    expect(told()).toEqual(['feed.live', 'feed.down']);
    expect(value()).toMatchObject({ stream: 'backingOff' });
    backoff.say({ type: 'backoff.over' });
    expect(connection.listeners).toBe(1);
    expect(backoff.listeners).toBe(0);
    expect(value()).toMatchObject({ stream: { connected: 'connecting' } });
  });

  it('counts the connections that did not become live, and forgets them once one did', () => {
    const { actor, connection, backoff } = begin();
    for (const failures of [1, 2, 3]) {
      connection.say({ type: 'feed.closed', reason: 'refused' });
      expect(backoff.inputs.at(-1)).toEqual({ failures });
      expect(actor.getSnapshot().context.lastReason).toBe('refused');
      backoff.say({ type: 'backoff.over' });
    }
    connection.say({ type: 'feed.opened' }, { type: 'feed.live' });
    expect(actor.getSnapshot().context).toEqual({ failures: 0, lastReason: null });
    connection.say({ type: 'feed.closed', reason: 'again' });
    expect(backoff.inputs.at(-1)).toEqual({ failures: 1 });
  });

  it('lets REST stand in while the stream lags, on the same connection, until it is live again', () => {
    const { connection, polling, value } = live();
    connection.say({ type: 'feed.lagging', medianMs: 2_500 });
    expect(value()).toEqual({ stream: { connected: 'lagging' }, fallback: 'polling' });
    expect([connection.listeners, polling.listeners]).toEqual([1, 1]);
    connection.say({ type: 'feed.live' });
    expect(value()).toEqual({ stream: { connected: 'live' }, fallback: 'idle' });
    expect([connection.listeners, connection.inputs.length, polling.listeners]).toEqual([1, 1, 0]);
  });

  it('lets REST stand in from the end of a connection until the next one is live', () => {
    const { connection, backoff, polling } = live();
    connection.say({ type: 'feed.closed', reason: 'silence' });
    expect(polling.listeners).toBe(1);
    backoff.say({ type: 'backoff.over' });
    connection.say({ type: 'feed.opened' });
    expect(polling.listeners).toBe(1);
    connection.say({ type: 'feed.live' });
    expect(polling.listeners).toBe(0);
    expect(polling.inputs).toHaveLength(1);
  });

  it.each([
    ['breaks', (stage: ReturnType<typeof live>) => stage.connection.fail(new Error('reset')), 'Error: reset'],
    ['ends without a word', (stage: ReturnType<typeof live>) => stage.connection.end(), 'ended'],
  ])('treats a connection that %s as closed: it backs off and polls', async (_how, end, reason) => {
    const stage = live();
    end(stage);
    await settle();
    expect(stage.value()).toEqual({ stream: 'backingOff', fallback: 'polling' });
    expect(stage.actor.getSnapshot().context).toEqual({ failures: 1, lastReason: reason });
  });

  it('counts a connection that said goodbye and then ended once', async () => {
    const { actor, connection } = live();
    connection.say({ type: 'feed.closed', reason: 'bye' });
    connection.end();
    await settle();
    expect(actor.getSnapshot().context).toEqual({ failures: 1, lastReason: 'bye' });
  });

  it('was in every state and took every transition in these tests', () => {
    expect(walk.unvisited()).toEqual([]);
    expect(walk.untaken()).toEqual([]);
  });
});
