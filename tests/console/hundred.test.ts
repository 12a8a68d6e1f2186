/** A hundred sessions at ten transitions a second each: who comes late, and who is told more than there is time for. */
import { afterEach, expect, it } from 'vitest';
import { Inspection } from '../../src/console/inspection.ts';
import type { Console } from '../../src/console/server.ts';
import { ActorRegister } from '../../src/runtime/actor-register.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { type ManySessions, startSessions } from '../support/many-sessions.ts';
import { Looker, openStage, until } from './stage.ts';

const SESSIONS = 100;
let web: Console;
let sessions: ManySessions;
let register: ActorRegister;

afterEach(async () => {
  sessions.stop();
  await web.close();
});

async function open(limits = {}): Promise<void> {
  const wall = createSystemClock();
  register = new ActorRegister(wall, () => undefined);
  sessions = startSessions(SESSIONS, { clock: wall, inspect: register.inspect });
  await until(() => quoting() === SESSIONS);
  web = await openStage({
    limits,
    parts: [
      ({ viewers, clocks }) => {
        const inspection = new Inspection({ viewers, clocks });
        inspection.attach(register);
        return { topics: { inspection }, close: () => inspection.stop() };
      },
    ],
  });
}

const quoting = () =>
  register.entries().filter(({ state }) => (state as { quoting?: { flow: string } }).quoting?.flow === 'live').length;

/** All of them toggle as often as a second of theirs would, without a pause between. */
function storm(rounds: number): void {
  for (let round = 0; round < rounds; round++) for (let index = 0; index < SESSIONS; index++) sessions.toggle(index);
}

/** What a viewer holds to be each session's state. */
function known(looker: Looker): Map<string, unknown> {
  const names = new Map<string, string>();
  const states = new Map<string, unknown>();
  for (const message of looker.told) {
    if (message.type === '@xstate.actor' && message.machine === 'marketSession')
      names.set(message.sessionId, message.name);
    if (message.type !== '@xstate.actor' && message.type !== '@xstate.snapshot') continue;
    const name = names.get(message.sessionId);
    if (name !== undefined) states.set(name, message.snapshot.value);
  }
  return states;
}

const agrees = (looker: Looker) => {
  const states = known(looker);
  return register
    .entries()
    .every(
      ({ id, machine, state }) =>
        machine !== 'marketSession' || JSON.stringify(states.get(id)) === JSON.stringify(state),
    );
};

it('one who comes late has them all soon, though they go on meanwhile', async () => {
  await open();
  const looker = await Looker.at(web.url, ['inspection']);
  const timer = setInterval(() => storm(1), 100);
  await looker.until(() => known(looker).size === SESSIONS);
  clearInterval(timer);
  await looker.until(() => agrees(looker));
  const charts = looker.of('@xstate.actor').filter(({ definition }) => definition !== undefined);
  expect(charts.map(({ machine }) => machine).sort()).toEqual(['marketSession', 'sessionManager']);
  // Nobody is heard of before they were introduced.
  const introduced = new Set<string>();
  for (const message of looker.told) {
    if (message.type === '@xstate.actor') introduced.add(message.sessionId);
    else if ('sessionId' in message) expect(introduced.has(message.sessionId)).toBe(true);
  }
  looker.end();
});

it('of a storm the end is told, what was left out is counted, and nothing stays wrong', async () => {
  await open();
  const looker = await Looker.at(web.url, ['inspection']);
  await looker.until(() => known(looker).size === SESSIONS);
  storm(25);
  await looker.until(() => looker.of('lost').length > 0);
  await looker.until(() => agrees(looker));
  const { count } = looker.of('lost')[0]!;
  expect(count).toBeGreaterThan(1_000);
  looker.end();
});
