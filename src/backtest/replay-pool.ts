/** Many replays, some at a time on threads of their own. What a run comes to does not depend on which ran beside it. */
import { Worker } from 'node:worker_threads';
import { BothsidesError } from '../domain/errors.ts';
import type { ReplayJob, ReplayOutcome } from './replay-run.ts';

/** In order of the jobs. Rejects only when a thread breaks; a run that fails is an outcome with its exit code. */
export async function replayAll(
  jobs: readonly ReplayJob[],
  options: { readonly threads: number; readonly onOutcome?: (index: number, outcome: ReplayOutcome) => void },
): Promise<ReplayOutcome[]> {
  const outcomes: ReplayOutcome[] = new Array(jobs.length);
  let next = 0;
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL('./replay-worker.ts', import.meta.url), { execArgv: [] });
    try {
      for (let index = next++; index < jobs.length; index = next++) {
        const outcome = await ask(worker, jobs[index]!);
        outcomes[index] = outcome;
        options.onOutcome?.(index, outcome);
      }
    } finally {
      await worker.terminate();
    }
  };
  const threads = Math.max(1, Math.min(options.threads, jobs.length));
  await Promise.all(Array.from({ length: jobs.length === 0 ? 0 : threads }, work));
  return outcomes;
}

function ask(worker: Worker, job: ReplayJob): Promise<ReplayOutcome> {
  return new Promise((resolve, reject) => {
    const stopListening = (): void => {
      worker.off('message', answered);
      worker.off('error', broke);
      worker.off('exit', left);
    };
    const answered = (outcome: ReplayOutcome): void => {
      stopListening();
      resolve(outcome);
    };
    const broke = (error: unknown): void => {
      stopListening();
      reject(error);
    };
    const left = (code: number): void => broke(new BothsidesError('FAULT', `A thread of a replay ended with ${code}`));
    worker.on('message', answered);
    worker.on('error', broke);
    worker.on('exit', left);
    worker.postMessage(job);
  });
}
