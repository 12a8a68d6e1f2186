/**
 * One market session under any sequence of facts and commands, with bodies that answer: withdrawing and crossing tell
 * the position, which changes when fills come; time passes on a clock that stands otherwise. What must hold:
 *
 * 1. After an order to stop the session is closed within its patience, each question being answered; and however often
 *    it is interrupted, it waits and works on its way out no longer than that in all.
 * 2. The quoter is listened to in quoting.flow.live and nowhere else, and never together with the exit worker, not even
 *    for a moment; the exit worker in softExit.working and nowhere else; neither while something withdraws or crosses.
 * 3. It quotes, and crosses, only on a book in sync, current data and known orders.
 * 4. Once closed, nothing listens, no question is open and no deadline runs; and what was ever in the market was
 *    withdrawn since somebody last worked there.
 * 5. `carried` is the position that withdrawing or crossing told last (a later fact, where that broke); 0 where nothing
 *    was ever in the market.
 * 6. A halted session does not cross: it begins no crossing, and one under way is called off in the same turn.
 * 7. A session told to carry does not cross from then on, and neither does one that stopped crossing once.
 * 8. No way leads from a way out back to quoting.
 * 9. The reason of the end is the first that was noted, and every closed session has one.
 * 10. Storing it as JSON and restoring it at any point changes none of this.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EndReason, SessionFact, SessionInput } from '../../machines/market-session.ts';
import { clockAt, settle } from '../support/chart-bodies.ts';
import { NOTHING_ALIVE, SESSION_INPUT, SessionStage } from '../support/session-stage.ts';
import { inputArbitrary, type Manner, type Step, stepArbitrary, wayArbitrary } from '../support/session-steps.ts';

const RUNS = process.env.BOTHSIDES_LONG === '1' ? 10_000 : 500;

/** What the test knows of the session without asking its chart. */
interface Known {
  position: number;
  /** What withdrawing or crossing told last. */
  told: number;
  /** What the session heard last, told or as a fact. */
  heard: number;
  /** Withdrawing or crossing broke: there may be no later word than a fact. */
  broke: boolean;
  /** Nothing was ever in the market. */
  untouched: boolean;
  synced: boolean;
  current: boolean;
  certain: boolean;
  halted: boolean;
  barred: boolean;
  factsBroke: boolean;
  /** Nobody worked in the market since it was last withdrawn from. */
  clear: boolean;
  /** When withdrawing was answered first. */
  withdrawnAtMs: number | null;
  /** It has begun to leave: no way leads back to quoting. */
  isOut: boolean;
  reason: EndReason | null;
}

class Trial {
  stage: SessionStage;
  readonly violations: string[] = [];
  readonly input: Partial<SessionInput>;
  readonly clock = clockAt();
  readonly known: Known = {
    position: 0,
    told: 0,
    heard: 0,
    broke: false,
    untouched: true,
    synced: false,
    current: false,
    certain: true,
    halted: false,
    barred: false,
    factsBroke: false,
    clear: true,
    withdrawnAtMs: null,
    isOut: false,
    reason: null,
  };

  constructor(input: Partial<SessionInput>) {
    this.input = input;
    this.stage = this.#watched(new SessionStage({ input, clock: this.clock }));
    this.stage.start();
  }

  /** What must hold at every moment is looked at where something begins; a throw there would be the body's, so it is kept. */
  #watched(stage: SessionStage): SessionStage {
    const { known } = this;
    const never = (isSo: boolean, what: string): void => {
      if (isSo) this.violations.push(what);
    };
    const asks = () => stage.withdraw.open.length + stage.flatten.open.length > 0;
    stage.quoter.onOpen = () => {
      known.untouched = false;
      known.clear = false;
      never(stage.exitWorker.listeners > 0 || asks(), 'quotes beside a way out');
      never(known.halted, 'quotes during a halt');
      never(known.isOut, 'quotes after it left quoting');
    };
    stage.exitWorker.onOpen = () => {
      known.isOut = true;
      known.clear = false;
      never(stage.quoter.listeners > 0 || asks(), 'works beside something else');
      never(known.halted, 'works during a halt');
    };
    stage.withdraw.onAsked = () => {
      known.untouched = false;
      known.isOut = true;
      never(stage.quoter.listeners + stage.exitWorker.listeners > 0, 'withdraws from under somebody');
    };
    stage.flatten.onAsked = () => {
      known.clear = false;
      never(stage.quoter.listeners + stage.exitWorker.listeners > 0, 'crosses beside somebody');
      never(known.halted, 'crosses during a halt');
      never(known.barred, 'crosses though told to carry, or after it stopped crossing');
      never(!known.synced || !known.current || !known.certain, 'crosses blindly');
    };
    return stage;
  }

  /** How long it may wait and work on its way out. */
  get patienceMs(): number {
    return this.input.kind === 'carry'
      ? SESSION_INPUT.carryTtlMs
      : Math.max(SESSION_INPUT.reversionWaitMs, SESSION_INPUT.softExitMaxMs);
  }

  hear(fact: SessionFact): void {
    const { known, stage } = this;
    if (known.factsBroke || stage.isOver) return;
    if (fact.type === 'book.synced') known.synced = true;
    if (fact.type === 'book.voided') known.synced = false;
    if (fact.type === 'data.current') known.current = true;
    if (fact.type === 'data.stale' || fact.type === 'data.stopped') known.current = false;
    if (fact.type === 'orders.certain') known.certain = true;
    if (fact.type === 'orders.uncertain') known.certain = false;
    if (fact.type === 'position.changed') known.heard = fact.position;
    if (fact.type === 'risk.moded') known.halted = fact.mode === 'halted';
    const wasCrossing = stage.flatten.open.length > 0;
    stage.facts.say(fact);
    // It stopped crossing: for good.
    if (wasCrossing && stage.flatten.open.length === 0) known.barred = true;
  }

  async take(step: Step): Promise<void> {
    const { known, stage } = this;
    switch (step.kind) {
      case 'fact':
        this.hear(step.fact);
        break;
      case 'regime':
        this.hear({ ...step, seen: step.ready, type: 'regime.changed', atMs: this.clock.now() });
        break;
      case 'warm':
        this.hear({ type: 'book.synced' });
        this.hear({ type: 'data.current' });
        this.hear({ type: 'orders.certain' });
        this.hear({ type: 'trades.heard' });
        this.hear({ type: 'spread.calmed' });
        this.hear({ type: 'toxicity.recovered' });
        this.hear({
          type: 'regime.changed',
          regime: 'RANGING',
          ready: true,
          fresh: true,
          seen: true,
          atMs: this.clock.now(),
        });
        if (stage.actor.getSnapshot().matches({ warmup: 'delaying' })) stage.pass(SESSION_INPUT.startDelayMs);
        break;
      case 'fill':
        // Fills come to those who have orders out.
        if (stage.quoter.listeners + stage.exitWorker.listeners + stage.flatten.open.length === 0) break;
        known.position = step.position;
        this.hear({ type: 'position.changed', position: step.position });
        break;
      case 'stop':
        this.stop(step.manner);
        break;
      case 'sides':
        stage.quoter.say({ type: 'sides.limited', to: step.to });
        break;
      case 'flat':
        if (stage.exitWorker.listeners > 0) known.position = step.left;
        stage.exitWorker.say({ type: 'exit.flat' });
        break;
      case 'fail':
        stage.quoter.say({ type: 'quoter.failed', message: 'x' });
        stage.exitWorker.say({ type: 'quoter.failed', message: 'x' });
        break;
      case 'break':
        await this.#break(step.body);
        break;
      case 'answer':
        await this.answer();
        break;
      case 'pass':
        stage.pass(step.ms);
        break;
      case 'restore':
        await this.#restore();
        break;
    }
    this.check();
  }

  stop(manner: Manner): void {
    const { known, stage } = this;
    if (stage.isOver) return;
    if (manner === 'carry') known.barred = true;
    stage.stop(manner);
  }

  /** Whoever waits for an answer gets it. Returns whether somebody did. */
  async answer(): Promise<boolean> {
    const { known, stage } = this;
    const asked = stage.flatten.open.length > 0 ? stage.flatten : stage.withdraw;
    if (asked.open.length === 0) return false;
    if (asked === stage.flatten) known.position = Math.trunc(known.position / 2);
    known.told = known.position;
    known.heard = known.position;
    known.clear = true;
    known.withdrawnAtMs ??= this.clock.now();
    await asked.answer({ position: known.position, atMs: this.clock.now() });
    return true;
  }

  async #break(body: 'quoter' | 'exitWorker' | 'facts' | 'withdraw' | 'flatten'): Promise<void> {
    const { known, stage } = this;
    if (body === 'facts') {
      if (stage.isOver) return;
      known.factsBroke = true;
      known.barred = true;
      stage.facts.fail(new Error('facts'));
    } else if (body === 'quoter' || body === 'exitWorker') {
      stage[body].fail(new Error(body));
    } else if (stage[body].open.length > 0) {
      known.barred = true;
      known.broke = true;
      await stage[body].refuse(new Error(body));
    }
  }

  async #restore(): Promise<void> {
    const snapshot = JSON.parse(JSON.stringify(this.stage.actor.getPersistedSnapshot()));
    const { value, context } = this.stage;
    this.stage.actor.stop();
    // Facts that broke are not heard again by a session that was told so.
    this.stage = this.#watched(new SessionStage({ input: this.input, clock: this.clock, snapshot }));
    this.stage.start();
    expect(this.stage.value).toEqual(value);
    expect(this.stage.context).toEqual(context);
    await settle();
    expect(this.stage.value).toEqual(value);
  }

  /** What holds whenever the session rests between two events. */
  check(): void {
    const { stage, known } = this;
    const snapshot = stage.actor.getSnapshot();
    expect(this.violations).toEqual([]);
    expect(snapshot.status).not.toBe('error');
    const isLive = snapshot.status === 'active' && snapshot.matches({ quoting: { flow: 'live' } });
    const isWorking = snapshot.status === 'active' && snapshot.matches({ softExit: 'working' });
    expect(stage.quoter.listeners).toBe(isLive ? 1 : 0);
    if (isLive) {
      const { synced, current, certain } = known;
      expect({ synced, current, certain }).toEqual({ synced: true, current: true, certain: true });
    }
    if (isWorking || (snapshot.status === 'active' && snapshot.matches({ softExit: 'awaitingReversion' }))) {
      // Past its patience it may be here for the rest of this turn: the deadline is due now.
      const isPast = this.clock.now() - known.withdrawnAtMs! > this.patienceMs;
      if (isPast) expect(this.clock.nextDueMs).toBe(this.clock.now());
    }
    expect(stage.exitWorker.listeners).toBe(isWorking ? 1 : 0);
    if (known.halted || known.barred) expect(stage.flatten.open).toEqual([]);
    const { reason } = snapshot.context;
    if (known.reason !== null) expect(reason).toBe(known.reason);
    known.reason = reason;
    if (stage.isOver) {
      expect(stage.alive()).toEqual(NOTHING_ALIVE);
      expect(stage.output?.reason ?? null).toBe(reason ?? (this.input.kind === 'carry' ? 'carriedOn' : null));
      expect(known.clear || known.broke).toBe(true);
      if (known.untouched) expect(stage.output?.carried).toBe(0);
      else expect(stage.output?.carried).toBe(known.broke ? known.heard : known.told);
    }
  }
}

describe('A market session', () => {
  it('keeps its promises under any sequence of facts, commands, answers and breaks', async () => {
    await fc.assert(
      fc.asyncProperty(
        inputArbitrary,
        wayArbitrary,
        fc.array(stepArbitrary, { maxLength: 30, size: 'max' }),
        fc.constantFrom<Manner>('soft', 'hard', 'carry'),
        async (input, way, steps, manner) => {
          const trial = new Trial(input);
          trial.check();
          for (const step of [...way, ...steps]) {
            if (trial.stage.isOver) break;
            await trial.take(step);
          }

          trial.stop(manner);
          trial.check();
          // Every question is answered at once: what is left of time is the chart's own patience.
          const stoppedAtMs = trial.clock.now();
          for (;;) {
            while (await trial.answer()) trial.check();
            if (trial.stage.isOver) break;
            const dueMs = trial.clock.nextDueMs;
            expect(dueMs).not.toBeNull();
            trial.clock.advanceTo(dueMs!);
            trial.check();
            expect(trial.clock.now() - stoppedAtMs).toBeLessThanOrEqual(trial.patienceMs);
          }
          if (manner !== 'soft') expect(trial.clock.now()).toBe(stoppedAtMs);
        },
      ),
      { numRuns: RUNS },
    );
  }, 180_000);
});
