/** Watches a run for what alerts are raised about: its journal, its feed, its orders of unknown fate. */
import { Subscription } from 'rxjs';
import type { Clock } from '../domain/clock.ts';
import type { TraderRun } from '../runtime/run-trader.ts';
import type { Settings } from '../settings/schema.ts';
import { alertOf } from './alert-words.ts';
import type { Alerts } from './alerts.ts';

const LOOK_EVERY_MS = 5_000;

/** Ends when it is unsubscribed. */
export function watchForAlerts(
  { journal, runtime }: Pick<TraderRun, 'journal' | 'runtime'>,
  {
    alerts,
    settings,
    wall,
  }: { readonly alerts: Pick<Alerts, 'raise'>; readonly settings: Settings['alerts']; readonly wall: Clock },
): Subscription {
  const watching = new Subscription();
  watching.add(
    journal.entries$.subscribe((entry) => {
      const alert = alertOf(entry);
      if (alert !== null) alerts.raise(alert);
    }),
  );
  /** Wall time since when the stream is down; null while it is not, or never was up. */
  let downSinceMs: number | null = null;
  let isDownTold = false;
  watching.add(
    runtime.feed.facts$.subscribe(({ type }) => {
      if (type === 'feed.closed') downSinceMs ??= wall.now();
      if (type !== 'feed.live') return;
      if (isDownTold)
        alerts.raise({ code: 'feed.back', severity: 'info', text: 'The stream of the exchange is live again.' });
      downSinceMs = null;
      isDownTold = false;
    }),
  );
  const unknownSinceMs = new Map<string, number>();
  const look = (): void => {
    timer = wall.setTimeout(look, LOOK_EVERY_MS);
    const nowMs = wall.now();
    if (downSinceMs !== null && !isDownTold && nowMs - downSinceMs >= settings.feedLostAfterMs) {
      isDownTold = true;
      const seconds = Math.round((nowMs - downSinceMs) / 1000);
      alerts.raise({
        code: 'feed.lost',
        severity: 'warning',
        text: `The stream of the exchange has been down for ${seconds} s.`,
      });
    }
    const unknown = new Set<string>();
    for (const { clientOrderId, state, market } of runtime.table.allOpen()) {
      if (state !== 'unknown') continue;
      unknown.add(clientOrderId);
      const sinceMs = unknownSinceMs.get(clientOrderId) ?? nowMs;
      unknownSinceMs.set(clientOrderId, sinceMs);
      if (nowMs - sinceMs < settings.unknownOrderAfterMs) continue;
      const seconds = Math.round((nowMs - sinceMs) / 1000);
      alerts.raise({
        code: `order.unknown ${clientOrderId}`,
        severity: 'critical',
        text: `What became of an order on ${market} has not been known for ${seconds} s; its market gets no other (${clientOrderId}).`,
      });
    }
    for (const id of unknownSinceMs.keys()) if (!unknown.has(id)) unknownSinceMs.delete(id);
  };
  let timer: unknown = wall.setTimeout(look, LOOK_EVERY_MS);
  watching.add(() => wall.clearTimeout(timer));
  return watching;
}
