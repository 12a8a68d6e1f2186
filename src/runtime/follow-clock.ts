/**
 * The trader's market clock: that of the exchange it trades on. A venue with a market time of its own (simulated,
 * replayed, faster than the wall) is asked again and again, because it may stand still or change its speed; one without
 * lives on the wall's.
 */
import type { Clock } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { UnixMs } from '../domain/units.ts';
import { createScaledClock } from '../exchange/embedded/market-clock.ts';
import type { Venue, VenueClock } from '../exchange/port.ts';
import type { Log } from './log.ts';

export interface FollowedClock {
  readonly market: Clock;
  /** Asks the venue once; false when it has no market time of its own. */
  align(venue: Pick<Venue, 'clock'>): Promise<boolean>;
  /** Keeps asking until stopped. */
  follow(venue: Pick<Venue, 'clock'>, log: Log): void;
  stop(): void;
  /** Market milliseconds a wall millisecond, as last heard. */
  readonly speed: number;
}

/**
 * A market that can stand still can also leap, and whoever trades on it must not live in its past for long. While it stands
 * still it is asked more often: everybody waits for it to go on.
 */
const ASK_EVERY_MS = 1_000;
const ASK_STANDING_EVERY_MS = 200;
/** Round trips up to this are always good enough. */
const ROUND_TRIP_MS_MIN = 20;
/** The shortest round trip counts for less with every answer: the way may have become longer for good. */
const FORGET = 1.04;
/** The clock never goes slower than half its speed to let the exchange catch up. */
const SLOWER_MAX = 0.5;

export function followClock(wall: Clock): FollowedClock {
  // Until the venue has spoken the wall's time is as good as any; `align` may only go forwards, so this starts behind.
  const scaled = createScaledClock(wall, { startMs: 0 as UnixMs, speed: 1 });
  let timer: unknown = null;
  let isStopped = false;
  let speed = 1;
  let isAligned = false;
  let shortestMs = Number.POSITIVE_INFINITY;

  const take = (clock: VenueClock, askedMs: number, heardMs: number): void => {
    const isAnother = clock.speed !== speed || !isAligned;
    speed = clock.speed;
    isAligned = true;
    const roundTripMs = heardMs - askedMs;
    // An answer that took long says little about now, least of all where a second is a minute.
    if (!isAnother && roundTripMs > Math.max(ROUND_TRIP_MS_MIN, 3 * shortestMs)) {
      shortestMs *= FORGET;
      scaled.setSpeed(speed);
      return;
    }
    shortestMs = Math.min(roundTripMs, shortestMs * FORGET);
    // The answer was true about half a round trip ago.
    const marketMs = clock.marketMs + (roundTripMs / 2) * speed;
    // Ahead of it we cannot go back: we go slower until it has caught up, by the next time that we ask.
    const aheadMs = Math.max(0, scaled.now() - marketMs);
    const slower = speed === 0 ? 0 : Math.min(SLOWER_MAX, aheadMs / (speed * ASK_EVERY_MS));
    scaled.align(marketMs as UnixMs, speed * (1 - slower));
  };
  const ask = async (venue: Pick<Venue, 'clock'>): Promise<boolean> => {
    const askedMs = wall.now();
    const clock = await venue.clock();
    if (clock === null) {
      scaled.align(wall.now(), 1);
      return false;
    }
    take(clock, askedMs, wall.now());
    return true;
  };
  return {
    market: scaled,
    align: ask,
    follow(venue, log) {
      const again = (): void => {
        if (isStopped) return;
        timer = wall.setTimeout(
          () => {
            ask(venue)
              // A venue without a market time of its own lives on the wall's, for good.
              .then((hasOwn) => hasOwn && again())
              .catch((error) => {
                log.warn({ error: messageOf(error) }, 'the exchange did not tell its market time');
                again();
              });
          },
          speed === 0 ? ASK_STANDING_EVERY_MS : ASK_EVERY_MS,
        );
      };
      again();
    },
    stop() {
      isStopped = true;
      wall.clearTimeout(timer);
    },
    get speed() {
      return speed;
    },
  };
}
