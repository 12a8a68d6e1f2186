/** Changes of fees: of a series, and of an event's override of it. */
import type { FeeChange } from '../fee-model.ts';
import { formatTime } from './format.ts';
import { pageOf } from './page.ts';
import { Query } from './query.ts';
import { COST_DEFAULT } from './rate-limits.ts';
import { type Call, ok, type Reply, type Route, type Venue } from './venue.ts';

export const feeRoutes: readonly Route[] = [
  route('/series/fee_changes', listSeriesFeeChanges),
  route('/events/fee_changes', listEventFeeChanges),
];

function route(path: string, handle: Route['handle']): Route {
  return { method: 'GET', path, access: 'public', readCost: COST_DEFAULT, handle };
}

/** What is ahead; with `show_historical` what has been, too. */
function listSeriesFeeChanges({ engine, market }: Venue, call: Call): Reply {
  const query = new Query('GetSeriesFeeChanges', call.query);
  const series = query.text('series_ticker');
  const withPast = query.flag('show_historical');
  const nowMs = market.now();
  const changes = engine
    .feeChanges()
    .filter((change) => change.event === null && (series === null || change.series === series))
    .filter((change) => withPast || change.atMs > nowMs);
  return ok({
    series_fee_change_arr: changes.map((change) => ({
      id: change.id,
      series_ticker: change.series,
      fee_type: change.fees?.type,
      fee_multiplier: multiplier(change),
      scheduled_ts: formatTime(change.atMs),
    })),
  });
}

/** In order of announcement. An override that is taken back is null. */
function listEventFeeChanges({ engine }: Venue, call: Call): Reply {
  const query = new Query('GetEventFeeChanges', call.query);
  const limit = query.limit({ max: 1000, default: 100, zeroIsDefault: true, saysMax: true });
  const event = query.text('event_ticker');
  const page = pageOf(engine.feeChanges(), {
    limit,
    cursor: query.cursor(),
    keyOf: (change) => change.id,
    matches: (change) => change.event !== null && (event === null || change.event === event),
  });
  return ok({
    event_fee_changes: page.items.map((change) => ({
      id: change.id,
      event_ticker: change.event,
      series_ticker: change.series,
      fee_type_override: change.fees?.type ?? null,
      fee_multiplier_override: multiplier(change),
      scheduled_ts: formatTime(change.atMs),
    })),
    cursor: page.cursor,
  });
}

function multiplier({ fees }: FeeChange): number | null {
  return fees === null ? null : fees.multiplierMillionths / 1_000_000;
}
