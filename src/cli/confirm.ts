/** A question to a person at a terminal. */
import { createInterface } from 'node:readline/promises';

export function isAtTerminal(): boolean {
  return process.stdin.isTTY === true;
}

/** True for yes; everything else, and an end of input, is no. */
export async function askYes(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const gone = new AbortController();
  lines.once('close', () => gone.abort());
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: gone.signal });
    return /^y(es)?$/i.test(answer.trim());
  } catch (error) {
    if (gone.signal.aborted) return false;
    throw error;
  } finally {
    lines.close();
  }
}
