import { describe, expect, it } from 'vitest';
import { marketSession } from '../../machines/market-session.ts';
import { settle, T0_MS } from '../support/chart-bodies.ts';
import { leavesOf } from '../support/chart-walk.ts';
import { LARGE, NOTHING_ALIVE, SessionStage, type StageOptions } from '../support/session-stage.ts';

const begin = (options: StageOptions = {}) => new SessionStage(options).start();

describe('A session that is restored', () => {
  type Route = (stage: SessionStage) => SessionStage | Promise<SessionStage>;
  const routes: Record<string, Route> = {
    'warmup.awaitingBook': (stage) => stage,
    'warmup.awaitingRegime': (stage) => {
      stage.facts.say({ type: 'book.synced' });
      return stage;
    },
    'warmup.delaying': (stage) => stage.toDelaying(),
    'quoting.flow.live': (stage) => stage.toQuoting(),
    'quoting.flow.frozen': (stage) => {
      stage.toQuoting().facts.say({ type: 'book.voided' });
      return stage;
    },
    'quoting.width.normal': (stage) => stage.toQuoting(),
    'quoting.width.widened': (stage) => {
      stage.toQuoting().facts.say({ type: 'toxicity.triggered' });
      return stage;
    },
    'quoting.sides.both': (stage) => stage.toQuoting(),
    'quoting.sides.bidOnly': (stage) => {
      stage.toQuoting().quoter.say({ type: 'sides.limited', to: 'bidOnly' });
      return stage;
    },
    'quoting.sides.askOnly': (stage) => {
      stage.toQuoting().quoter.say({ type: 'sides.limited', to: 'askOnly' });
      return stage;
    },
    'softExit.cancelling': (stage) => stage.toSoftExit(),
    'softExit.awaitingReversion': async (stage) => {
      await stage.toSoftExit().withdrawn(LARGE);
      return stage;
    },
    'softExit.working': (stage) => stage.toWorking(),
    'killed.cancelling': (stage) => stage.toKilled(),
    'killed.flattening': (stage) => stage.toFlattening(),
    closed: (stage) => {
      stage.stop('soft');
      return stage;
    },
  };
  /** Left in the microstep after they are entered: never at rest, never stored. */
  const passedThrough = ['opening', 'killed.carrying'];

  /** Where each state goes when all its deadlines passed while nobody was there. */
  const overdue: Record<string, unknown> = {
    'warmup.awaitingBook': 'closed',
    'warmup.awaitingRegime': 'closed',
    'warmup.delaying': 'closed',
    'quoting.flow.live': { softExit: 'cancelling' },
    'quoting.flow.frozen': { softExit: 'cancelling' },
    'quoting.width.normal': { softExit: 'cancelling' },
    'quoting.width.widened': { softExit: 'cancelling' },
    'quoting.sides.both': { softExit: 'cancelling' },
    'quoting.sides.bidOnly': { softExit: 'cancelling' },
    'quoting.sides.askOnly': { softExit: 'cancelling' },
    'softExit.awaitingReversion': { killed: 'cancelling' },
    'softExit.working': { killed: 'cancelling' },
  };

  async function storedIn(state: string): Promise<{ before: SessionStage; stored: unknown }> {
    const before = await routes[state]!(begin());
    const stored = JSON.parse(JSON.stringify(before.actor.getPersistedSnapshot()));
    before.actor.stop();
    return { before, stored };
  }

  it('has a way to every state that can be stored', () => {
    expect([...Object.keys(routes), ...passedThrough].sort()).toEqual(leavesOf(marketSession).sort());
  });

  it.each(Object.keys(routes))(
    'in %s is alive there, and its bodies are asked again with the same input',
    async (state) => {
      const { before, stored } = await storedIn(state);
      expect(before.actor.getSnapshot().matches(pathOf(state))).toBe(true);
      const after = begin({ snapshot: stored, clock: before.clock });
      expect(after.value).toEqual(before.value);
      expect(after.context).toEqual(before.context);
      // Entry actions do not run again; children do.
      expect(after.acted).toEqual([]);
      if (state === 'closed') {
        expect(after.isOver).toBe(true);
        expect(after.alive()).toEqual(NOTHING_ALIVE);
        return;
      }
      expect(after.facts.inputs).toEqual([{ session: 's1', market: 'RAIN-26' }]);
      for (const name of ['quoter', 'exitWorker'] as const) {
        expect(after[name].inputs).toEqual(name === bodyIn(state) ? [before[name].inputs.at(-1)] : []);
      }
      for (const name of ['withdraw', 'flatten'] as const) {
        const inputs = after[name].questions.map(({ input }) => input);
        expect(inputs).toEqual(name === bodyIn(state) ? [before[name].questions.at(-1)?.input] : []);
      }
      after.stop('carry');
      if (!after.isOver) await after.withdrawn(0);
      expect(after.output).toMatchObject({ carried: 0 });
      expect(after.alive()).toEqual(NOTHING_ALIVE);
    },
  );

  it.each(Object.keys(routes))('in %s lets deadlines that passed meanwhile fire in a later turn', async (state) => {
    const { before, stored } = await storedIn(state);
    before.clock.advanceTo(T0_MS + 40 * 86_400_000);
    const after = begin({ snapshot: stored, clock: before.clock });
    expect(after.value).toEqual(before.value);
    await settle();
    expect(after.value).toEqual(before.value);
    after.pass(0);
    expect(after.value).toEqual(overdue[state] ?? before.value);
  });

  it.each(Object.keys(routes))('in %s can be stored and restored again', async (state) => {
    const { before, stored } = await storedIn(state);
    const after = begin({ snapshot: stored, clock: before.clock });
    const again = JSON.parse(JSON.stringify(after.actor.getPersistedSnapshot()));
    expect(again.value).toEqual((stored as { value: unknown }).value);
    expect(again.context).toEqual((stored as { context: unknown }).context);
    expect(Object.keys(again.children).sort()).toEqual(Object.keys((stored as { children: object }).children).sort());
  });
});

/** The body that works in a state, besides facts and deadlines. */
function bodyIn(state: string): 'quoter' | 'exitWorker' | 'withdraw' | 'flatten' | null {
  if (state.startsWith('quoting')) return state === 'quoting.flow.frozen' ? null : 'quoter';
  if (state.endsWith('cancelling')) return 'withdraw';
  if (state === 'softExit.working') return 'exitWorker';
  return state === 'killed.flattening' ? 'flatten' : null;
}

function pathOf(state: string): never {
  return state
    .split('.')
    .reduceRight<unknown>((inner, key) => (inner === null ? key : { [key]: inner }), null) as never;
}
