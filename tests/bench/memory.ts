/**
 * What is held: by a market that is watched, by one that is quoted, and by the past. Each is measured in a process of its
 * own, in which nothing else was ever done, and after forced collections.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { MemoryAnswer, MemoryTask } from './memory-protocol.ts';
import { type BenchRow, ceilingRow, summarize } from './row.ts';

/** With BOTHSIDES_LONG=1 the ten million of the budget. */
const EVENTS = process.env.BOTHSIDES_LONG === '1' ? 10_000_000 : 1_000_000;

async function ask(task: MemoryTask): Promise<MemoryAnswer> {
  const child = fork(new URL('./memory-child.ts', import.meta.url), { execArgv: ['--expose-gc'] });
  try {
    child.send(task);
    const answer = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => {
        throw new Error(`The measuring process ended with ${code}`);
      }),
    ]);
    return answer[0] as MemoryAnswer;
  } finally {
    child.kill();
  }
}

export async function benchMemory(): Promise<readonly BenchRow[]> {
  const kilobytes = async (markets: number, isQuoted: boolean) =>
    summarize((await ask({ kind: 'market', markets, isQuoted })).map((bytes) => bytes / 1024));
  return [
    ceilingRow('memory: a watched market, of 1,000', 'KB', await kilobytes(1_000, false), 20),
    ceilingRow('memory: a quoted market with full rings, of 100', 'KB', await kilobytes(100, true), 250),
  ];
}

export async function benchSlope(): Promise<BenchRow> {
  const slopes = summarize(await ask({ kind: 'slope', events: EVENTS }));
  const name = `heap, second half of ${EVENTS.toLocaleString('en-US')} events`;
  return ceilingRow(name, 'bytes/event', slopes, 1);
}
