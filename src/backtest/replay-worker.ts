/** A thread that replays what it is sent, one recording after the other. */
import { parentPort } from 'node:worker_threads';
import { assert } from '../domain/assert.ts';
import { type ReplayJob, replayOutcome } from './replay-run.ts';

const port = parentPort;
assert(port !== null, 'this is a thread');
port.on('message', async (job: ReplayJob) => port.postMessage(await replayOutcome(job)));
