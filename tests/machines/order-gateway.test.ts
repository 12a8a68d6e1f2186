import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { type GatewayEvent, orderGateway } from '../../machines/order-gateway.ts';
import { Door } from '../../src/gateway/door.ts';
import { Tap } from '../support/chart-bodies.ts';
import { ChartWalk } from '../support/chart-walk.ts';

const walk = new ChartWalk(orderGateway);

/** The chart with the real door behind it. */
function begin() {
  const door = new Door();
  const facts = new Tap<GatewayEvent>();
  const resolver = new Tap<GatewayEvent>();
  const actor = createActor(
    orderGateway.provide({
      actors: { gatewayFacts: facts.body, resolver: resolver.body },
      actions: {
        closeDoor: () => door.close(),
        restrictDoor: () => door.restrict(),
        openDoor: () => door.open(),
      },
    }),
    { inspect: walk.inspect },
  );
  actor.start();
  return { actor, door, facts, resolver, value: () => actor.getSnapshot().value };
}

const COMMANDS = [
  [{ type: 'gateway.open' }, 'open'],
  [{ type: 'gateway.restrict', reason: 'halted' }, 'cancelOnly'],
  [{ type: 'gateway.close' }, 'closed'],
] as const satisfies readonly (readonly [GatewayEvent, string])[];

describe('The gateway', () => {
  it('begins closed, with nothing congested and nothing unknown', () => {
    const { door, value } = begin();
    expect(value()).toEqual({ permission: 'closed', flow: 'free', certainty: 'known' });
    expect(door.permission).toBe('closed');
  });

  it.each(COMMANDS.flatMap(([from]) => COMMANDS.map(([to, permission]) => ({ from, to, permission }))))(
    'after $from.type follows $to.type, and the door with it',
    ({ from, to, permission }) => {
      const { actor, door, value } = begin();
      actor.send(from);
      actor.send(to);
      expect(value()).toMatchObject({ permission });
      expect(door.permission).toBe(permission);
    },
  );

  it('makes every approval stale that was given before it was restricted or closed', () => {
    const { actor, door } = begin();
    actor.send({ type: 'gateway.open' });
    const epoch = door.riskEpoch;
    actor.send({ type: 'gateway.restrict', reason: 'halted' });
    expect(door.riskEpoch).toBeGreaterThan(epoch);
    actor.send({ type: 'gateway.open' });
    expect(door.refusal({ riskEpoch: epoch, validUntilMs: Number.MAX_SAFE_INTEGER as never }, 0 as never)).toBe(
      'staleApproval',
    );
  });

  it('shows congestion while there is one', () => {
    const { facts, value } = begin();
    facts.say({ type: 'congestion.began' });
    expect(value()).toMatchObject({ flow: 'congested' });
    facts.say({ type: 'congestion.ended' });
    expect(value()).toMatchObject({ flow: 'free' });
  });

  it.each(['facts', 'resolver'] as const)('looks for unknown orders until the %s say that all are known', (who) => {
    const stage = begin();
    expect(stage.resolver.listeners).toBe(0);
    stage.facts.say({ type: 'orders.uncertain' });
    expect(stage.value()).toMatchObject({ certainty: 'resolving' });
    expect(stage.resolver.listeners).toBe(1);
    // A second unknown order does not begin the search again.
    stage.facts.say({ type: 'orders.uncertain' });
    expect(stage.resolver.inputs).toHaveLength(1);
    stage[who].say({ type: 'orders.certain' });
    expect(stage.value()).toMatchObject({ certainty: 'known' });
    expect(stage.resolver.listeners).toBe(0);
  });

  it('keeps its regions apart: searching and congestion change no permission', () => {
    const { actor, facts, value } = begin();
    actor.send({ type: 'gateway.open' });
    facts.say({ type: 'orders.uncertain' }, { type: 'congestion.began' });
    expect(value()).toEqual({ permission: 'open', flow: 'congested', certainty: 'resolving' });
    actor.send({ type: 'gateway.close' });
    expect(value()).toEqual({ permission: 'closed', flow: 'congested', certainty: 'resolving' });
  });

  it('was in every state and took every transition in these tests', () => {
    expect(walk.unvisited()).toEqual([]);
    expect(walk.untaken()).toEqual([]);
  });
});
