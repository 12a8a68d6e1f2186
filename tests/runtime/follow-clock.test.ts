/** The trader's market clock follows its exchange's. */
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/domain/manual-clock.ts';
import { unixMs } from '../../src/domain/units.ts';
import type { VenueClock } from '../../src/exchange/port.ts';
import { type FollowedClock, followClock } from '../../src/runtime/follow-clock.ts';
import { SILENT } from '../../src/runtime/log.ts';

const START_MS = 1_767_625_200_000;
const MARKET_START_MS = 1_600_000_000_000;

interface Stage {
  readonly wall: ManualClock;
  readonly followed: FollowedClock;
  readonly venue: { clock(): Promise<VenueClock | null> };
  /** The exchange's own market time. */
  marketMs(): number;
  speed: number;
  asked: number;
  /** Wall milliseconds of each leg of a request. */
  legMs: readonly [there: number, back: number];
  advance(ms: number): Promise<void>;
}

function stage(speed: number | null): Stage {
  const wall = new ManualClock(unixMs(START_MS));
  let anchor = { wallMs: START_MS, marketMs: MARKET_START_MS, speed: speed ?? 1 };
  const marketMs = (): number => anchor.marketMs + (wall.now() - anchor.wallMs) * anchor.speed;
  const wait = (ms: number): Promise<void> => new Promise((resolve) => void wall.setTimeout(resolve, ms));
  const self: Stage = {
    wall,
    followed: followClock(wall),
    marketMs,
    asked: 0,
    legMs: [0, 0],
    get speed() {
      return anchor.speed;
    },
    set speed(next) {
      anchor = { wallMs: wall.now(), marketMs: marketMs(), speed: next };
    },
    venue: {
      async clock() {
        self.asked++;
        const [there, back] = self.legMs;
        if (there > 0) await wait(there);
        const answer = { marketMs: unixMs(Math.floor(marketMs())), wallMs: wall.now(), speed: anchor.speed };
        if (back > 0) await wait(back);
        return speed === null ? null : answer;
      },
    },
    async advance(ms) {
      for (const end = wall.now() + ms; wall.now() < end; ) {
        wall.advanceTo(Math.min(end, wall.now() + 10));
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      }
    },
  };
  return self;
}

describe('a followed clock', () => {
  it('has the market time and speed of its exchange', async () => {
    const at = stage(60);
    expect(await at.followed.align(at.venue)).toBe(true);
    expect(at.followed.market.now()).toBe(MARKET_START_MS);
    await at.advance(1_000);
    expect(at.followed.market.now()).toBe(MARKET_START_MS + 60_000);
    expect(at.followed.speed).toBe(60);
  });

  it('stands still with it, asks often, and goes when it goes', async () => {
    const at = stage(0);
    await at.followed.align(at.venue);
    at.followed.follow(at.venue, SILENT);
    let fired = 0;
    at.followed.market.setTimeout(() => fired++, 2_000);
    await at.advance(2_000);
    expect(at.followed.market.now()).toBe(MARKET_START_MS);
    expect(at.asked).toBeGreaterThanOrEqual(9);
    expect(fired).toBe(0);
    at.speed = 20;
    await at.advance(300);
    expect(at.followed.speed).toBe(20);
    expect(at.followed.market.now()).toBe(at.marketMs());
    expect(fired).toBe(1);
    at.followed.stop();
  });

  it('is the wall clock where the exchange has none, and asks no more', async () => {
    const at = stage(null);
    expect(await at.followed.align(at.venue)).toBe(false);
    at.followed.follow(at.venue, SILENT);
    await at.advance(60_000);
    expect(at.followed.market.now()).toBe(at.wall.now());
    expect(at.followed.speed).toBe(1);
    expect(at.asked).toBeLessThanOrEqual(2);
  });

  it('that ran ahead never goes back, and has waited for its exchange by the next asking', async () => {
    const at = stage(60);
    // All of the way was on the way there: half of the round trip is 2 s of market time too much.
    at.legMs = [70, 0];
    const aligned = at.followed.align(at.venue);
    await at.advance(100);
    await aligned;
    expect(at.followed.market.now() - at.marketMs()).toBeGreaterThan(1_500);
    at.legMs = [0, 0];
    at.followed.follow(at.venue, SILENT);
    let before = at.followed.market.now();
    for (let second = 0; second < 12; second++) {
      await at.advance(1_000);
      expect(at.followed.market.now()).toBeGreaterThan(before);
      before = at.followed.market.now();
    }
    expect(Math.abs(at.followed.market.now() - at.marketMs())).toBeLessThan(60);
    at.followed.stop();
  });

  it('does not believe an answer that was long under way', async () => {
    const at = stage(60);
    await at.followed.align(at.venue);
    at.followed.follow(at.venue, SILENT);
    at.legMs = [600, 0];
    await at.advance(1_700);
    expect(at.asked).toBe(2);
    expect(at.followed.market.now()).toBe(at.marketMs());
    at.followed.stop();
  });

  it('asks again after an answer that did not come, and no more once it is stopped', async () => {
    const at = stage(2);
    await at.followed.align(at.venue);
    const broken = {
      clock(): Promise<never> {
        at.asked++;
        return Promise.reject(new Error('nobody there'));
      },
    };
    at.followed.follow(broken, SILENT);
    await at.advance(3_100);
    expect(at.asked).toBe(4);
    at.followed.stop();
    await at.advance(30_000);
    expect(at.asked).toBe(4);
    expect(at.wall.nextDueMs).toBeNull();
  });
});
