/** The one place that prints: results go to stdout, everything said on the way to stderr. */
import { BothsidesError, type ExitCode, exitCodeOf, messageOf } from '../domain/errors.ts';

/** A result for a person. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A result for a program: one JSON document a line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Something worth knowing that is no result. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Says what failed and gives the exit code that belongs to it. */
export function printError(error: unknown): ExitCode {
  note(errorText(error));
  return exitCodeOf(error);
}

/** `bothsides: <message> <remedy> [CODE]`. What nobody foresaw is our fault and comes with its stack. */
export function errorText(error: unknown): string {
  if (error instanceof BothsidesError && error.code !== 'FAULT') {
    const parts = [ended(error.message), error.remedy].filter((part) => part !== '');
    return `bothsides: ${shown(parts.join(' '))} [${error.code}]`;
  }
  const stack = error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  return `bothsides: This should not have happened: ${messageOf(error)} [FAULT]${stack}`;
}

/** As a sentence; after a list, what follows begins a line. */
function ended(text: string): string {
  const sentence = /[.?!:][)”"]?$/.test(text) ? text : `${text}.`;
  return sentence.includes('\n') ? `${sentence}\n` : sentence;
}

/** What was read from outside may be quoted: a terminal is not to obey it. */
function shown(text: string): string {
  return text.replace(/(?:(?!\n)[\p{Cc}\p{Cf}\ufffd])+/gu, '\ufffd');
}

/** Columns of equal width, two spaces apart; the last one is left as it is. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  return rows
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  '),
    )
    .map((line) => line.trimEnd())
    .join('\n');
}
