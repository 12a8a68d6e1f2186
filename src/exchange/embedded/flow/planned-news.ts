/** When what is to be known about an event comes out. */
import { CHARACTERS } from './characters.ts';
import type { InformationPlan } from './information-clock.ts';
import type { SeriesPlan } from './series-plan.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** However long an event lives, surprises leave something to be known at its close. */
const JUMPS_MAX = 12;

/** What is planned between these times, surprises, and the rest evenly. */
export function informationOf(plan: SeriesPlan, times: { startMs: number; closeMs: number }): InformationPlan {
  const { startMs, closeMs } = times;
  const character = CHARACTERS[plan.characters[0]!];
  const hours = (closeMs - startMs) / HOUR_MS;
  const usual = Math.min(character.jumpsPerHour, hours > 0 ? JUMPS_MAX / hours : 0);
  const { perHour, share } = plan.surprises ?? { perHour: usual, share: character.jumpShare };
  return {
    startMs,
    closeMs,
    leftAtClose: plan.leftAtClose,
    jumpsPerHour: perHour,
    jumpShare: share,
    news: plan.news
      .map(({ beforeCloseMinutes, share }) => ({ atMs: closeMs - beforeCloseMinutes * MINUTE_MS, share }))
      .filter(({ atMs }) => atMs > startMs)
      .sort((one, other) => one.atMs - other.atMs),
  };
}
