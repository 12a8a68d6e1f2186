/** What stopped, slowed or freed the trader, and what a person did: one line each, the last few hundred. */
import type { JournalEntry } from '../../domain/journal.ts';
import { formatMoney, type Microdollars } from '../../domain/units.ts';
import type { RiskEvent } from '../wire-dashboard.ts';

const EVENTS_KEPT = 300;

type Line = readonly [text: string, tone: RiskEvent['tone']];
type Said = Readonly<Record<string, unknown>>;

/** How each kind of entry reads; kinds that are not here are no events of risk. */
const LINES: Readonly<Record<string, (said: Said) => Line>> = {
  'run.started': ({ mode, run }) => [`Run ${text(run)} began in mode ${text(mode)}`, 'plain'],
  'run.ready': () => ['In control: orders, fills and cash add up', 'good'],
  'run.ended': ({ exit, left }) =>
    Number(left) > 0
      ? [`Ended with ${text(left)} orders possibly left`, 'bad']
      : [`Ended, exit ${text(exit)}`, 'plain'],
  'run.refused': ({ error }) => [`Trading refused: ${text(error)}`, 'bad'],
  'run.faulted': ({ error }) => [`Fault: ${text(error)}`, 'bad'],
  'run.guarded': () => ['Starts died one after the other: orders are taken back, nothing else', 'bad'],
  'risk.moded': ({ mode }) => [`Risk mode ${text(mode)}`, MODE_TONES[text(mode)] ?? 'warn'],
  'switch.fired': ({ switch: name, action, reason }) => [
    `Switch ${text(name)} fired (${text(action)}): ${text(reason)}`,
    action === 'halt' ? 'bad' : 'warn',
  ],
  'operator.halted': (said) => [`Halted by ${whose(said)}`, 'bad'],
  'operator.paused': (said) => [`Paused by ${whose(said)}`, 'warn'],
  'operator.reduced': (said) => [`Reducing only, by ${whose(said)}`, 'warn'],
  'operator.resumed': (said) => [`Resumed by ${whose(said)}`, 'good'],
  'operator.commanded': (said) => [
    `${text(said.by ?? 'operator')} asked to ${apart(text(said.action))}${whereAndWhy(said)}`,
    'plain',
  ],
  'account.opened': ({ cash }) => [`Account opened with $${money(cash)}`, 'plain'],
  'account.transferred': ({ amount, kind }) => [`${text(kind)} of $${money(amount)}`, 'plain'],
  'account.adjusted': ({ amount }) => [`Cash that nothing explains taken over: $${money(amount)}`, 'warn'],
  'account.accepted': (said) => [`Adjustments accepted by ${whose(said)}`, 'good'],
  'position.adjusted': (said) => [`Position of ${text(said.market)} taken as the venue has it`, 'warn'],
  'day.began': ({ day, equity }) => [`Day ${text(day)} began with $${money(equity)}`, 'plain'],
  'process.slept': ({ sleptMs }) => [`The process slept ${Math.round(Number(sleptMs) / 1000)} s`, 'warn'],
  'group.failed': ({ reason }) => [`Order group failed: ${text(reason)}`, 'warn'],
  'store.mended': ({ lost }) => [`Store mended, ${text(lost)} entries lost`, 'warn'],
  'order.stray': ({ clientOrderId }) => [`Stray order ${text(clientOrderId)} taken off`, 'warn'],
};

const MODE_TONES: Readonly<Record<string, RiskEvent['tone']>> = { active: 'good', halted: 'bad' };

export class EventsTold {
  readonly #events: RiskEvent[] = [];

  take({ sequence, marketMs, wallMs, kind, data }: JournalEntry): void {
    const line = LINES[kind];
    if (line === undefined) return;
    const [words, tone] = line((data ?? {}) as Said);
    this.#events.push({ sequence, atMs: marketMs, wallMs, kind, text: words, tone });
    if (this.#events.length > EVENTS_KEPT) this.#events.shift();
  }

  /** Newest first. */
  last(count: number): RiskEvent[] {
    return this.#events.slice(-count).reverse();
  }
}

/** Words from elsewhere, no longer than a line. */
function text(value: unknown): string {
  const words = String(value ?? '–');
  return words.length <= 200 ? words : `${words.slice(0, 199)}…`;
}
function whose(said: Said): string {
  return `${text(said.by ?? 'operator')}${whereAndWhy(said)}`;
}
function whereAndWhy({ market, why }: Said): string {
  const where = market === undefined ? '' : ` for ${text(market)}`;
  return `${where}${typeof why === 'string' && why !== '' ? `: ${text(why)}` : ''}`;
}
/** `cancelAll` → `cancel all`. */
function apart(words: string): string {
  return words.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
function money(value: unknown): string {
  return Number.isSafeInteger(value) ? formatMoney(value as Microdollars).replace(/(\.\d\d)\d*$/, '$1') : '–';
}
