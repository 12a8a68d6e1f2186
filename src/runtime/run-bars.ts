/**
 * What bars a run from trading freely before anything in it happens: cash that was taken over and not accepted, a crash
 * loop. And what the operator says while it runs, in the journal, so that the next start knows it. (What earlier runs left
 * standing is told by supervise.ts.)
 */
import type { Readiness } from '../../machines/boot.ts';
import type { SupervisorEvent } from '../../machines/risk-supervisor.ts';
import type { Clock } from '../domain/clock.ts';
import type { Journal } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import { formatMoney, formatQuantity, type Microdollars } from '../domain/units.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type CrashLoop, STEADY_AFTER_MS } from './crash-loop.ts';
import type { DayBook } from './day-book.ts';
import type { Log } from './log.ts';
import type { Remembered } from './remembered.ts';

/** The reason of a halt that ends with its run. */
export const CRASH_LOOP = 'crashLoop';

export interface RunBarsParts {
  readonly remembered: Pick<Remembered, 'unaccepted'>;
  readonly days: Pick<DayBook, 'bar' | 'standing'>;
  readonly ledger: Pick<Ledger, 'positions'>;
  readonly guarded: CrashLoop | null;
  restrictForGood(): void;
  readonly parts: {
    readonly journal: Pick<Journal, 'append'>;
    readonly log: Log;
    readonly clocks: { readonly wall: Clock; readonly market: Clock };
  };
}

/** Puts the bars up, in the turn in which the charts start. Returns how to end. */
export function putUpBars(
  runtime: RunBarsParts,
  readiness: Readiness,
  tell: (event: SupervisorEvent) => void,
): () => void {
  const { remembered, days, guarded, parts } = runtime;
  const { journal, log, clocks } = parts;
  if (readiness.startReducing) {
    const amount = remembered.unaccepted.reduce((sum, each) => sum + each.amount, 0) as Microdollars;
    log.warn(
      { unaccepted: formatMoney(amount) },
      'cash that nothing explains was taken over: only positions are reduced until `npm run accept -- --data FOLDER --yes`',
    );
    tell({ type: 'switch.fired', action: 'reduce', reason: 'adjustment', resumeAtMs: null });
  }
  const halt = days.bar?.action === 'halt' ? days.bar.by : days.standing(clocks.market.now()).find(isHalt)?.reason;
  if (halt !== undefined)
    log.warn(
      { by: halt },
      'an earlier run was halted and stays halted: `npm run resume -- --data FOLDER`, with this one stopped, lifts it',
    );
  if (guarded !== null) {
    runtime.restrictForGood();
    journal.append('run.guarded', guarded as unknown as Json);
    const last = guarded.last.map(({ kind, wallMs, market, order }) => ({
      kind,
      at: new Date(wallMs).toISOString(),
      market,
      order,
    }));
    const positions = runtime.ledger.positions().filter(({ quantity }) => quantity !== 0);
    log.error(
      {
        starts: guarded.starts,
        last,
        positions: positions.map(({ market, quantity }) => `${market} ${formatQuantity(quantity)}`),
      },
      'the last starts died one after the other: this one takes orders back and does nothing else; the record before the crash is the last one named',
    );
    tell({ type: 'operator.halt', reason: CRASH_LOOP });
  }
  const timer = clocks.wall.setTimeout(() => journal.append('run.steady', {}), STEADY_AFTER_MS);
  return () => clocks.wall.clearTimeout(timer);
}

function isHalt({ action }: { readonly action: string }): boolean {
  return action === 'halt';
}

/** What is said to the supervisor, as far as the journal keeps it. */
export interface Said {
  readonly type: string;
  readonly action?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly why?: string | null;
}

/** The operator's word, once: what is recalled from an earlier run is in the journal already. */
export function journalOperator(event: Said, days: Pick<DayBook, 'bar'>, journal: Pick<Journal, 'append'>): void {
  const { bar } = days;
  const word = (by: string): Json => ({ by, ...(event.why == null ? {} : { why: event.why }) });
  const by = event.by ?? 'operator';
  switch (event.type) {
    case 'operator.halt':
      if (event.reason === CRASH_LOOP || bar?.action === 'halt') return;
      journal.append('operator.halted', word(event.by ?? event.reason ?? 'operator'));
      break;
    case 'operator.pause':
      if (bar === null || bar.action === 'reduce') journal.append('operator.paused', word(by));
      break;
    case 'operator.reduce':
      if (bar === null || bar.action === 'pause') journal.append('operator.reduced', word(by));
      break;
    case 'operator.resume':
      journal.append('operator.resumed', word(by));
      break;
  }
}
