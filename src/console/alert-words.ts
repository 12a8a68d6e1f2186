/** What is worth waking a person for, in one line, and how each receiver wants to be told. Pure. */
import type { JournalEntry } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import { told } from './why-words.ts';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface Alert {
  /** Stable, with what it is about: the same one again is a repeat. */
  readonly code: string;
  readonly severity: Severity;
  readonly text: string;
}

/** What an entry of the journal is worth saying; null for the most. */
export function alertOf({ kind, data }: JournalEntry): Alert | null {
  const { by, why, market, reason, action, error, exit, left, starts } = data as Partial<
    Record<string, string | number>
  >;
  const word = `${by === undefined ? '' : ` by ${told(String(by))}`}${why === undefined ? '' : ` (${told(String(why))})`}`;
  const of = market === undefined ? '' : ` on ${told(String(market))}`;
  switch (kind) {
    case 'operator.halted':
      return { code: kind, severity: 'critical', text: `Halted${word}: nothing leaves but cancels.` };
    case 'operator.paused':
      return { code: `${kind}${of}`, severity: 'warning', text: `Paused${of}${word}.` };
    case 'operator.reduced':
      return { code: `${kind}${of}`, severity: 'warning', text: `Only reducing${of}${word}.` };
    case 'operator.resumed':
      return { code: `${kind}${of}`, severity: 'info', text: `Resumed${of}${word}.` };
    case 'switch.fired': {
      const name = (data as { switch?: string }).switch ?? '';
      const what = name === 'feedStale' ? 'The feed is lost' : `Kill switch ${told(name)}`;
      const does = action === 'halt' ? 'halted' : action === 'pause' ? 'paused' : 'only reducing';
      return {
        code: `${kind} ${name}`,
        severity: action === 'halt' ? 'critical' : 'warning',
        text: `${what}: ${told(String(reason))}. Trading is ${does}.`,
      };
    }
    case 'run.refused':
      return { code: kind, severity: 'critical', text: `The start was refused: ${told(String(error))}` };
    case 'run.faulted':
      return {
        code: kind,
        severity: 'critical',
        text: `A fault of ours, everything is taken back: ${told(String(error))}`,
      };
    case 'run.guarded':
      return {
        code: kind,
        severity: 'critical',
        text: `Start ${starts} in a row after crashes: orders are taken back, and nothing is quoted.`,
      };
    case 'run.ended':
      if (exit === 0) return { code: kind, severity: 'info', text: 'The trader has ended in order.' };
      return {
        code: kind,
        severity: 'critical',
        text: `The trader has ended with ${exit}${left === 0 ? '' : `, ${left} orders are possibly left at the exchange`}.`,
      };
    default:
      return null;
  }
}

export const FORMATS = ['json', 'slack', 'discord', 'telegram'] as const;
export type Format = (typeof FORMATS)[number];

/** What is said beside every alert. */
export interface AlertOrigin {
  readonly mode: string;
  readonly run: string;
}

const MARKS: Readonly<Record<Severity, string>> = { info: 'ℹ️', warning: '⚠️', critical: '🛑' };
/** Discord takes 2,000 characters, Telegram 4,096. */
const TEXT_MAX = 1_900;

/** The body for a receiver. `chat`: Telegram's, from the address. Names and reasons are text in each of them, never a mention. */
export function bodyFor(
  format: Format,
  { code, severity, text }: Alert,
  { mode, run }: AlertOrigin,
  { wallMs, chat }: { readonly wallMs: number; readonly chat: string | null },
): Json {
  const line = `${MARKS[severity]} Bothsides (${mode}): ${text}`.slice(0, TEXT_MAX);
  switch (format) {
    case 'slack':
      return { text: line.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;') };
    case 'discord':
      return { content: line, allowed_mentions: { parse: [] } };
    case 'telegram':
      return { ...(chat === null ? {} : { chat_id: chat }), text: line, disable_web_page_preview: true };
    case 'json':
      return { severity, code, text, mode, run, wallMs };
  }
}
