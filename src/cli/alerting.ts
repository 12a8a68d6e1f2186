/** Alerts of a run, where the environment names a webhook for them. */

import { watchForAlerts } from '../console/alert-watch.ts';
import { type AlertCounts, Alerts } from '../console/alerts.ts';
import type { Clock } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { TraderRun } from '../runtime/run-trader.ts';
import { type Environment, readAlertsUrl } from '../settings/credentials.ts';
import type { Settings } from '../settings/schema.ts';

export interface Alerting {
  readonly counts: AlertCounts | null;
  /** Before there was anything to watch. */
  couldNotStart(error: unknown): void;
  watch(run: TraderRun): void;
  /** What waits still goes out, for a second. */
  close(): Promise<void>;
}

const NOWHERE: Alerting = {
  counts: null,
  couldNotStart: () => undefined,
  watch: () => undefined,
  close: async () => undefined,
};
const CLOSE_WITHIN_MS = 1_000;

/** Throws CREDENTIALS_UNREADABLE for an address that is none. */
export function openAlerting(
  env: Environment,
  {
    settings,
    wall,
    log,
    mode,
  }: { readonly settings: Settings; readonly wall: Clock; readonly log: Log; readonly mode: string },
): Alerting {
  const url = readAlertsUrl(env);
  if (url === null) return NOWHERE;
  let run: TraderRun | null = null;
  const origin = () => ({ mode, run: run?.runtime.parts.run ?? '' });
  const alerts = new Alerts({ url, settings: settings.alerts, wall, log, origin });
  let unwatch = (): void => undefined;
  return {
    counts: alerts.counts,
    couldNotStart(error) {
      // What a run was refused for is in its journal, and told from there.
      if (run !== null) return;
      alerts.raise({ code: 'start', severity: 'critical', text: `The trader could not start: ${messageOf(error)}` });
    },
    watch(started) {
      run = started;
      const watching = watchForAlerts(started, { alerts, settings: settings.alerts, wall });
      unwatch = () => watching.unsubscribe();
    },
    async close() {
      unwatch();
      await alerts.close(CLOSE_WITHIN_MS);
    },
  };
}
