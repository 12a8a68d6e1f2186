/** A busy day for those who look at charts: a hundred real ones that move all the time, with their journal, on a console. */
import { inspectionPart } from '../../src/console/inspection-part.ts';
import type { Console } from '../../src/console/server.ts';
import { timelinePart } from '../../src/console/timeline-part.ts';
import type { Json } from '../../src/domain/json.ts';
import { ActorRegister } from '../../src/runtime/actor-register.ts';
import type { TraderRun } from '../../src/runtime/run-trader.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { MemoryStore } from '../../src/store/memory-store.ts';
import { StoreJournal } from '../../src/store/store-journal.ts';
import { openStage } from '../console/stage.ts';
import { startSessions } from '../support/many-sessions.ts';

export const SESSIONS = 100;
export const TRANSITIONS_PER_SECOND = 10;
const BEAT_MS = 10;

export interface Charts {
  readonly web: Console;
  close(): Promise<void>;
}

export async function openCharts(): Promise<Charts> {
  const wall = createSystemClock();
  const journal = await StoreJournal.open(new MemoryStore(), { wall, market: wall });
  const register = new ActorRegister(wall, (_ref, entry, before, event) => {
    journal.append('actor.moved', {
      ...{ actor: entry.id, machine: entry.machine, from: before as Json, to: entry.state as Json, event },
      ...(before === null ? { parent: entry.parent } : {}),
    });
  });
  const web = await openStage({ parts: [inspectionPart, timelinePart] });
  // Of a run these parts ask for no more than its actors and its journal.
  web.attach({ past: journal, live: { runtime: { register } } as unknown as TraderRun });
  const sessions = startSessions(SESSIONS, { clock: wall, inspect: register.inspect });
  let taken = 0;
  const beganMs = performance.now();
  const timer = setInterval(() => {
    // However late a beat comes: as many a second as were promised.
    const due = ((performance.now() - beganMs) * SESSIONS * TRANSITIONS_PER_SECOND) / 1_000;
    for (; taken < due; taken++) sessions.toggle(taken % SESSIONS);
  }, BEAT_MS);
  return {
    web,
    async close() {
      clearInterval(timer);
      sessions.stop();
      await web.close();
      await journal.close();
    },
  };
}
