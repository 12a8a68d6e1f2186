/**
 * A trader in a virtual world behind a console on a real port: its time stands unless it is moved on, so that what the page
 * shows can be compared with what is so. The markets of its exchange have the titles of somebody who means ill.
 */
import type { Interference } from '../../src/backtest/virtual-world.ts';
import type { Console } from '../../src/console/server.ts';
import { stateReport } from '../../src/runtime/state-report.ts';
import { openStage } from '../console/stage.ts';
import { quotingNow, simSettings, startTrial, type Trial } from '../support/world.ts';

/** Markup that would run, letters that turn the line around, and more than anybody reads. */
export const MARKUP = '<img src=x onerror="document.title=1"><script>document.title=2</script>"\'><b>x';
export const TURNED = '\u202Eمن سيفوز‮\u2066 gnp.exe \u200F\u0000\u001B[31m';
export const ENDLESS = `Very ${'long '.repeat(2_000)}`.slice(0, 10_000);
const HOSTILE = [MARKUP, TURNED, ENDLESS] as const;

export interface QuotingStage {
  readonly web: Console;
  readonly trial: Trial;
  close(): Promise<void>;
}

export async function openQuotingStage(): Promise<QuotingStage> {
  const sets = ['sim.markets=16', 'session.concurrentMax=5', 'session.ttlMs=8000'];
  const trial = await startTrial({
    seed: 71,
    forMs: null,
    settings: simSettings(sets),
    interference: { transport: hostileTitles },
  });
  const web = await openStage({
    market: trial.world.clock,
    state: () => stateReport(trial.run.runtime, { mode: 'sim', seed: 71, speed: 1 }),
  });
  web.attach({ past: trial.run.journal, live: trial.run });
  if (!(await trial.world.advance(120_000, () => quotingNow(trial) >= 3))) throw new Error('nothing is quoted');
  return {
    web,
    trial,
    async close() {
      await web.close();
      trial.run.kill();
      trial.world.stop();
    },
  };
}

/** Who stands between exchange and trader and gives the markets other titles. */
const hostileTitles: NonNullable<Interference['transport']> = (inner) => ({
  async send(request) {
    const answer = await inner.send(request);
    if (request.method !== 'GET' || !/\/(markets|events)\b/.test(new URL(request.url).pathname)) return answer;
    let index = 0;
    const retitled = (name: string, value: unknown): unknown =>
      name === 'title' || name === 'yes_sub_title' ? HOSTILE[index++ % HOSTILE.length] : value;
    return { ...answer, body: JSON.stringify(JSON.parse(answer.body, retitled)) };
  },
});
