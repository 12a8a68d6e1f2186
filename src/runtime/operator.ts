/**
 * A person's word to a running trader: pause, resume, flatten, cancelAll, halt. What a command takes away is gone in the turn
 * in which it is heard (approvals stop, the door shuts, cancels begin); charts follow. It is in the journal with whose word
 * it was before it is answered, and stands over restarts until it is taken back.
 */
import { BothsidesError } from '../domain/errors.ts';
import { named, type Ticker } from '../domain/ids.ts';
import type { Json } from '../domain/json.ts';
import { type OperatorCommand, type OperatorPlan, planOf } from './operator-plan.ts';
import type { TraderRuntime } from './trader-runtime.ts';

/** What a console or a command line has to do with. */
export interface OperatorPort {
  /** What it would do now; nothing is changed. Throws USAGE. */
  plan(command: OperatorCommand): OperatorPlan;
  /** Does it, and resolves with what it did once the journal has it on disk. Throws USAGE. */
  carryOut(command: OperatorCommand): Promise<OperatorPlan>;
}

export class Operator implements OperatorPort {
  readonly #runtime: TraderRuntime;

  constructor(runtime: TraderRuntime) {
    this.#runtime = runtime;
  }

  plan(command: OperatorCommand): OperatorPlan {
    this.#check(command);
    return planOf(this.#runtime, command);
  }

  async carryOut(command: OperatorCommand): Promise<OperatorPlan> {
    this.#check(command);
    const runtime = this.#runtime;
    const { journal } = runtime.parts;
    const plan = planOf(runtime, command);
    // First of all, whatever comes of it: that it was said.
    const { action, market } = command;
    journal.append('operator.commanded', { action, ...saidOf(command), ...(market === null ? {} : { market }) });
    if (market === null) this.#tellAll(command);
    else this.#tellOne(command, named<Ticker>(market));
    await journal.synced(journal.lastSequence);
    return plan;
  }

  /** Markets that were barred by an earlier run: their sessions came back with the others. */
  recall(): void {
    for (const [market, { action }] of this.#runtime.days.marketBars) this.#stop(market, action);
  }

  #tellAll(command: OperatorCommand): void {
    const runtime = this.#runtime;
    const { by, why } = command;
    const isHalted = runtime.mode === 'halted';
    switch (command.action) {
      case 'halt':
        runtime.halt('operator', { by, why });
        runtime.gateway.recall();
        break;
      case 'resume':
        runtime.tell('supervisor', { type: 'operator.resume', by, why });
        break;
      case 'flatten':
        runtime.tell('supervisor', { type: 'operator.reduce', by, why });
        if (!isHalted) this.#stop(null, 'reduce');
        break;
      case 'pause':
      case 'cancelAll':
        runtime.tell('supervisor', { type: 'operator.pause', by, why });
        if (!isHalted) this.#stop(null, 'pause');
        if (command.action === 'pause') break;
        runtime.gateway.recall();
        void runtime.groups.triggerAll('operator');
        break;
    }
  }

  #tellOne(command: OperatorCommand, market: Ticker): void {
    const { days, door, parts } = this.#runtime;
    const data: Json = { ...saidOf(command), market };
    if (command.action === 'resume') {
      if (days.barOn(market) !== null) parts.journal.append('operator.resumed', data);
      return;
    }
    const action = command.action === 'flatten' ? 'reduce' : 'pause';
    // What is in the journal is remembered in the same turn, and risk asks what is remembered.
    parts.journal.append(action === 'reduce' ? 'operator.reduced' : 'operator.paused', data);
    door.raiseEpoch();
    this.#stop(market, action);
  }

  #stop(market: string | null, action: 'pause' | 'reduce' | 'halt'): void {
    const isCarryStopped = action === 'reduce';
    const reason = isCarryStopped ? 'flattened' : 'operator';
    this.#runtime.tell('sessions', { type: 'manager.stop', market, reason, isCarryStopped });
  }

  #check({ action, market }: OperatorCommand): void {
    const runtime = this.#runtime;
    if (runtime.inControlMs === null)
      throw new BothsidesError('USAGE', 'The trader is not in control yet.', {
        remedy: 'Ask again in a few seconds; a file HALT in its data folder keeps it from quoting.',
      });
    if (market === null) return;
    if (action === 'halt' || action === 'cancelAll')
      throw new BothsidesError('USAGE', `${action} is for the whole trader.`, {
        remedy: 'For one market there are pause and flatten.',
      });
    const isKnown = runtime.markets.get(named(market)) !== null || runtime.scan.listed.has(named(market));
    if (!isKnown && runtime.days.barOn(market) === null)
      throw new BothsidesError('USAGE', `No market is called ${JSON.stringify(market)}.`, {
        remedy: 'Write its ticker as the exchange does.',
      });
  }
}

function saidOf({ by, why }: OperatorCommand): { by: string; why?: string } {
  return { by, ...(why === null ? {} : { why }) };
}
