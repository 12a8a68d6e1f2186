import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { boot, type Readiness } from '../../machines/boot.ts';
import { Asked, settle } from '../support/chart-bodies.ts';
import { ChartWalk } from '../support/chart-walk.ts';

const walk = new ChartWalk(boot);

function begin() {
  const open = new Asked<void>();
  const load = new Asked<void>();
  const reconcile = new Asked<Readiness>();
  const actor = createActor(boot.provide({ actors: { open: open.body, load: load.body, reconcile: reconcile.body } }), {
    inspect: walk.inspect,
  });
  actor.start();
  return { actor, open, load, reconcile };
}

describe('Boot', () => {
  it('opens, loads, reconciles, each only after the one before, and is ready with what was found', async () => {
    const { actor, open, load, reconcile } = begin();
    expect(actor.getSnapshot().value).toBe('opening');
    expect([load, reconcile].map(({ questions }) => questions.length)).toEqual([0, 0]);
    await open.answer();
    expect(actor.getSnapshot().value).toBe('loading');
    expect(reconcile.questions).toHaveLength(0);
    await load.answer();
    expect(actor.getSnapshot().value).toBe('reconciling');
    await reconcile.answer({ restored: true, startReducing: true });
    expect(actor.getSnapshot()).toMatchObject({
      value: 'ready',
      status: 'done',
      output: { readiness: { restored: true, startReducing: true }, failure: null },
    });
  });

  it.each(['open', 'load', 'reconcile'] as const)('refuses when %s fails, and says why', async (broken) => {
    const stage = begin();
    for (const step of ['open', 'load', 'reconcile'] as const) {
      if (step === broken) {
        await stage[step].refuse(new Error(`${step} did not work`));
        break;
      }
      await stage[step].answer(undefined as never);
    }
    await settle();
    expect(stage.actor.getSnapshot()).toMatchObject({
      value: 'refused',
      status: 'done',
      output: { readiness: null, failure: `Error: ${broken} did not work` },
    });
  });

  it('was in every state and took every transition in these tests', () => {
    expect(walk.unvisited()).toEqual([]);
    expect(walk.untaken()).toEqual([]);
  });
});
