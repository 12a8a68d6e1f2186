/** What goes wrong at an exchange of ours, as a flag or a setting names it, and what the person is told of it. */
import { readFileSync } from 'node:fs';
import { BothsidesError, messageOf } from '../domain/errors.ts';
import type { FaultBook, FaultEvent } from '../exchange/embedded/faults/fault-book.ts';
import { type FaultRule, parseFaults } from '../exchange/embedded/faults/spec.ts';
import { note } from './output.ts';

/** A list as it stands, or a file with one. Throws CONFIG_FILE and CONFIG_VALUE. */
export function readFaults(text: string, flag: string): readonly FaultRule[] {
  if (/^\s*(\[|-\s)/.test(text)) return parseFaults(text, flag);
  let content: string;
  try {
    content = readFileSync(text, 'utf8');
  } catch (error) {
    throw new BothsidesError('CONFIG_FILE', `The faults in ${text} cannot be read: ${messageOf(error)}`, {
      remedy: `Name a file with ${flag}, or write the list itself: "[{fault: throttle, probability: 0.05}]".`,
      cause: error,
    });
  }
  return parseFaults(content, text);
}

/** What holds for a while is told as it comes and goes; the rest is counted. */
export function noteFault({ atMs, fault, what }: FaultEvent): void {
  if (what === 'begins' || what === 'ends') note(`fault: ${fault} ${what} at ${(atMs / 1_000).toFixed(1)} s`);
}

export function noteFaults(book: FaultBook): void {
  for (const [index, { fault, fitted, came }] of book.counts.entries())
    note(`fault ${index + 1}: ${fault} came ${came} times${fitted === 0 ? '' : ` upon ${fitted} that fitted`}`);
}
