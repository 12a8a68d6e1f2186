/** The exchange itself: status, hours, clock. */
import { unixMs } from '../../../domain/units.ts';
import { formatTime } from './format.ts';
import { COST_DEFAULT, SHARDS } from './rate-limits.ts';
import { ok, type Route } from './venue.ts';

const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

export function exchangeRoutes(readLagMs: () => number): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/exchange/status',
      access: 'public',
      readCost: COST_DEFAULT,
      handle: ({ engine }) => {
        const status = { exchange_active: engine.exchangeActive, trading_active: engine.tradingActive };
        return ok({
          ...status,
          exchange_index_statuses: SHARDS.map((shard) => ({
            exchange_index: shard,
            description: `shard ${shard}`,
            ...status,
            intra_exchange_transfers_active: engine.exchangeActive,
          })),
        });
      },
    },
    {
      method: 'GET',
      path: '/exchange/schedule',
      access: 'public',
      readCost: COST_DEFAULT,
      // This exchange never sleeps.
      handle: () => {
        const allDay = Object.fromEntries(DAYS.map((day) => [day, [{ open_time: '00:00', close_time: '24:00' }]]));
        return ok({
          schedule: {
            standard_hours: [{ start_time: '2020-01-01T00:00:00Z', end_time: '2100-01-01T00:00:00Z', ...allDay }],
            maintenance_windows: [],
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/exchange/user_data_timestamp',
      access: 'public',
      readCost: COST_DEFAULT,
      // Wall time: it is compared with the time at which a request was signed.
      handle: ({ wall }) => ok({ as_of_time: formatTime(unixMs(wall.now() - readLagMs())) }),
    },
    {
      method: 'GET',
      path: '/_clock',
      access: 'public',
      readCost: null,
      handle: ({ market, wall, speed }) => ok({ marketTimeMs: market.now(), wallTimeMs: wall.now(), speed: speed() }),
    },
  ];
}
