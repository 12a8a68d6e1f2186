/**
 * How a journal entry is written down: `journal/<sequence> → <link> <json>`. The link is the SHA-256 of the link before
 * and this entry's text, so that one look tells an altered entry, and the last link names the whole journal.
 */
import { hash } from 'node:crypto';
import type { BothsidesError } from '../domain/errors.ts';
import type { JournalEntry } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import type { UnixMs } from '../domain/units.ts';
import { damaged } from './damage.ts';

export const JOURNAL_PREFIX = 'journal/';
/** 2⁵³ has sixteen digits: padded, the order of the text is the order of the numbers. */
const DIGITS = 16;
/** SHA-256 as base64url. */
const LINK_LENGTH = 43;

/** The link before the first entry. */
export const FIRST_LINK = 'A'.repeat(LINK_LENGTH);

export function journalKey(sequence: number): string {
  return JOURNAL_PREFIX + String(sequence).padStart(DIGITS, '0');
}

/** What is hashed and stored of an entry. */
export function textOf(entry: JournalEntry): string {
  return JSON.stringify([entry.sequence, entry.wallMs, entry.marketMs, entry.kind, entry.data]);
}

export function linkOf(before: string, text: string): string {
  return hash('sha256', before + text, 'base64url');
}

export function encodeEntry(link: string, text: string): string {
  return `${link} ${text}`;
}

export function linkIn(value: string): string {
  return value.slice(0, LINK_LENGTH);
}

/** DATA_DAMAGED at this entry; `what` goes on from "entry 7: ". */
export function damagedAt(sequence: number, what: string): BothsidesError {
  return damaged(`The journal is damaged at entry ${sequence}: ${what}.`);
}

/**
 * The entry under this key, which must be number `sequence` and follow `before` (null: not known, so only the entry's own
 * form is checked). Throws DATA_DAMAGED naming the sequence: a hole, an altered or a misplaced entry.
 */
export function decodeEntry(
  key: string,
  value: string,
  sequence: number,
  before: string | null,
): { readonly entry: JournalEntry; readonly link: string } {
  if (key !== journalKey(sequence)) throw damagedAt(sequence, 'it is missing');
  const link = linkIn(value);
  const text = value.slice(LINK_LENGTH + 1);
  if (before !== null && (value[LINK_LENGTH] !== ' ' || linkOf(before, text) !== link)) {
    throw damagedAt(sequence, 'it was altered');
  }
  return { entry: parseEntry(text, sequence), link };
}

function parseEntry(text: string, sequence: number): JournalEntry {
  try {
    const [number, wallMs, marketMs, kind, data] = JSON.parse(text) as [number, UnixMs, UnixMs, string, Json];
    if (number === sequence) return { sequence, wallMs, marketMs, kind, data };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw damagedAt(sequence, 'it was altered');
}
