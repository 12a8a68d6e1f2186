/** A chart as the page reads it from a machine's own definition, against what the machine itself says. */

import { describe, expect, it } from 'vitest';
import { getInitialSnapshot } from 'xstate';
import { marketFeed } from '../../../machines/market-feed.ts';
import { marketSession } from '../../../machines/market-session.ts';
import { orderGateway } from '../../../machines/order-gateway.ts';
import { riskSupervisor } from '../../../machines/risk-supervisor.ts';
import { scanner } from '../../../machines/scanner.ts';
import { sessionManager } from '../../../machines/session-manager.ts';
import { trader } from '../../../machines/trader.ts';
import { eventName, readChart } from '../../../src/console/page/inspector/definition.ts';
import { activeStates, stateText } from '../../../src/console/page/inspector/state-value.ts';

const MACHINES = [marketSession, marketFeed, orderGateway, riskSupervisor, scanner, sessionManager, trader];

interface Node {
  readonly id: string;
  readonly type: string;
  readonly states: Readonly<Record<string, Node>>;
  readonly transitions: ReadonlyMap<string, readonly Taken[]>;
  readonly always?: readonly Taken[];
}
interface Taken {
  readonly eventType: string;
  readonly source: { readonly id: string };
  readonly target?: readonly { readonly id: string }[];
}

const nodesOf = (node: Node): Node[] => [node, ...Object.values(node.states).flatMap(nodesOf)];
const arrow = (source: string, event: string, targets: readonly string[]) =>
  `${source} -${event}-> ${targets.join(',')}`;

describe('A chart read from its definition', () => {
  for (const machine of MACHINES) {
    const nodes = nodesOf(machine.root as unknown as Node);
    const chart = readChart(JSON.stringify(machine.config))!;

    it(`has the states of ${machine.id}, with their ids and types`, () => {
      expect([...chart.states.values()].map(({ id, type }) => [id, type])).toEqual(
        nodes.map(({ id, type }) => [id, type]),
      );
    });

    it(`has the transitions of ${machine.id}, each from and to where the machine takes it`, () => {
      const declared = nodes
        .flatMap(({ transitions, always = [] }) => [...[...transitions.values()].flat(), ...always])
        .map(({ source, eventType, target = [] }) =>
          arrow(
            source.id,
            eventType,
            target.map(({ id }) => id),
          ),
        );
      const read = chart.transitions.map(({ source, eventType, targets }) => arrow(source, eventType, targets));
      expect(read.sort()).toEqual(declared.sort());
    });
  }

  it('says what runs in a state, and what is done on entering and leaving it', () => {
    const { states } = readChart(marketSession.config)!;
    expect(states.get('marketSession.quoting.flow.live')).toMatchObject({ invokes: ['quoter'], entry: ['resetSides'] });
    expect(states.get('marketSession.quoting.width.widened')).toMatchObject({ exit: ['narrowQuotes'] });
  });

  it('follows targets in each of the ways in which one can be written', () => {
    const chart = readChart({
      id: 'm',
      initial: 'a',
      on: { up: '.b.deep', own: '#named' },
      states: {
        a: { on: { go: 'b.deep', far: '#m.b', both: { target: ['b', '#named'] }, lost: '#nobody' } },
        b: { initial: 'deep', states: { deep: { id: 'named' } } },
      },
    })!;
    const targets = Object.fromEntries(
      chart.transitions.map((transition) => [transition.eventType, transition.targets]),
    );
    expect(targets).toEqual({
      up: ['named'],
      own: ['named'],
      go: ['named'],
      far: ['m.b'],
      both: ['m.b', 'named'],
      lost: [],
    });
  });

  it('is null for what is no chart', () => {
    for (const nonsense of ['', '{', 'null', '[]', 3, null, undefined]) expect(readChart(nonsense)).toBe(null);
  });
});

describe('Active states', () => {
  it('are those that a running machine says it matches, in nested and parallel ones', () => {
    const snapshot = getInitialSnapshot(orderGateway);
    const chart = readChart(orderGateway.config)!;
    const running = (snapshot as unknown as { _nodes: readonly Node[] })._nodes.map(({ id }) => id);
    expect([...activeStates(chart, snapshot.value)].sort()).toEqual([...running].sort());
  });

  it('are none of a value that the chart does not know', () => {
    const chart = readChart(orderGateway.config)!;
    expect([...activeStates(chart, { nowhere: 'at all' })]).toEqual(['orderGateway']);
    expect([...activeStates(chart, null)]).toEqual([]);
  });

  it('are told in words', () => {
    expect(stateText('active')).toBe('active');
    expect(stateText({ quoting: { flow: 'live', width: 'normal', sides: 'both' } })).toBe(
      'quoting · live, normal, both',
    );
    expect(stateText({ permission: 'open', certainty: 'known' })).toBe('open · known');
    expect(stateText(undefined)).toBe('');
  });
});

describe('The name of an event', () => {
  it('is what a person would say', () => {
    expect(eventName('book.synced')).toBe('book.synced');
    expect(eventName('xstate.done.actor.withdraw')).toBe('done: withdraw');
    expect(eventName('xstate.error.actor.0.trader.draining.proving')).toBe('error: proving');
    expect(eventName('xstate.after.1500.feed.backingOff')).toBe('after 1500 ms');
    expect(eventName('xstate.done.state.m.warmup')).toBe('done');
    expect(eventName('xstate.init')).toBe('start');
  });
});
