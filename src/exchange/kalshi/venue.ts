/** The real protocol behind the port: what the trader talks to in every mode, over sockets or in memory. */
import type { Clocks } from '../../domain/clock.ts';
import type { Random } from '../../domain/random.ts';
import type { Settings } from '../../settings/schema.ts';
import type { Venue } from '../port.ts';
import { createAccount } from './account.ts';
import { createCatalogue } from './catalogue.ts';
import { readVenueClock } from './clock.ts';
import { assumedLimits } from './costs.ts';
import { Families } from './families.ts';
import type { VenueLog } from './log.ts';
import { createOrderEntry } from './order-entry.ts';
import { createOrderGroups } from './order-groups.ts';
import { RateBudget } from './rate-budget.ts';
import { Rest } from './rest.ts';
import type { Signer } from './sign.ts';
import { SkewEstimate } from './skew.ts';
import type { SocketPort } from './sockets.ts';
import { openStream } from './stream.ts';
import type { HttpTransport } from './transport.ts';

export interface KalshiOptions {
  /** Ends in `/trade-api/v2`. */
  readonly restUrl: string;
  /** Ends in `/trade-api/ws/v2`. */
  readonly wsUrl: string;
  readonly keyId: string;
  /** Null: nothing is signed, and only public REST reads are answered. */
  readonly signer: Signer | null;
  readonly transport: HttpTransport;
  readonly sockets: SocketPort;
  /** Token buckets run on the market clock; signatures and time-outs on the wall clock as it is, uncorrected. */
  readonly clocks: Clocks;
  readonly random: Random;
  readonly settings: Settings['exchange'];
  readonly log?: VenueLog;
}

export function createKalshiVenue(options: KalshiOptions): Venue {
  const { restUrl, wsUrl, keyId, signer, transport, sockets, clocks, settings } = options;
  const { subaccount } = settings;
  const log = options.log ?? (() => {});
  const random = options.random.split('kalshi');
  const budget = new RateBudget(clocks.market, assumedLimits(settings));
  const skew = new SkewEstimate();
  const rest = new Rest({ restUrl, keyId, signer, transport, budget, skew, clocks, random, settings, log });
  const families = new Families(rest, clocks.wall);
  const streams = new Set<{ close(): void }>();
  let isClosed = false;

  return {
    catalogue: createCatalogue({ rest, families, log }),
    orders: createOrderEntry({ rest, budget, clocks, subaccount }),
    groups: createOrderGroups({ rest, subaccount }),
    account: createAccount({ rest, budget, subaccount }),
    openStream() {
      const stream = openStream({
        wsUrl,
        keyId,
        signer,
        sockets,
        skew,
        clocks,
        handshakeTimeoutMs: settings.requestTimeoutMs,
        subaccount,
        onEventFees: (event) => families.forget(event),
        marketOf: (event) => families.marketOf(event),
      });
      streams.add(stream);
      stream.events.subscribe({ complete: () => streams.delete(stream) });
      return stream;
    },
    clock: () => readVenueClock(rest),
    get skewMs() {
      return skew.ms;
    },
    get requests() {
      return rest.counts;
    },
    congested$: budget.congested$,
    budget: () => budget.levels(),
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const stream of [...streams]) stream.close();
      budget.close();
      rest.close();
    },
  };
}
