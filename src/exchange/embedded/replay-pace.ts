/** The clock of an exchange that plays a recording at its own pace: it stands while somebody is waited for. */
import type { Clock, TimerId } from '../../domain/clock.ts';
import type { Ticker } from '../../domain/ids.ts';
import type { UnixMs } from '../../domain/units.ts';
import type { ReplayPace } from './flow/replay-pace.ts';
import type { ScaledClock } from './market-clock.ts';
import type { VenueServer } from './server.ts';

/** A replay waits this long for somebody to watch a book before it goes on by itself. */
const WATCHER_WAIT_MS = 10_000;
/** Clients look at the exchange's clock about once a second: after a leap they are given time to come along. */
const LEAP_REST_MS = 1_500;

export interface PacedReplay extends ReplayPace {
  /** As wanted; at once unless time stands just now. */
  setSpeed(speed: number): void;
  stop(): void;
}

/** Takes over a clock that stands; it goes once the first audience is there, or is begun without one. */
export function createReplayPace(options: {
  readonly wall: Clock;
  readonly market: ScaledClock;
  readonly speed: number;
  readonly server: Pick<VenueServer, 'whenBooksSubscribed'>;
}): PacedReplay {
  const { wall, market, server } = options;
  let { speed } = options;
  let isStanding = true;
  let isStopped = false;
  let goOn: (() => void) | null = null;

  /** Stands until this long has passed, or `prepare`'s callback came. */
  function stand(waitMs: number, prepare: (done: () => void) => () => void): Promise<void> {
    isStanding = true;
    market.setSpeed(0);
    return new Promise((resolve) => {
      let giveUp: () => void = () => undefined;
      const timer: TimerId = wall.setTimeout(() => go(), waitMs);
      const go = (): void => {
        wall.clearTimeout(timer);
        giveUp();
        goOn = null;
        isStanding = false;
        if (!isStopped) market.setSpeed(speed);
        resolve();
      };
      goOn = go;
      giveUp = prepare(go);
    });
  }

  return {
    awaitAudience: (markets: readonly Ticker[]) =>
      stand(WATCHER_WAIT_MS, (done) => server.whenBooksSubscribed(markets, done)),
    begin() {
      isStanding = false;
      if (!isStopped) market.setSpeed(speed);
    },
    skipTo(marketMs: UnixMs) {
      market.align(marketMs, 0);
      return stand(LEAP_REST_MS, () => () => undefined);
    },
    setSpeed(next) {
      speed = next;
      if (!isStanding) market.setSpeed(next);
    },
    stop() {
      isStopped = true;
      goOn?.();
    },
  };
}
