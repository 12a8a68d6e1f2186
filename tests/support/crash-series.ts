/**
 * The crash runs of one seed: one without a death counts the places, the others die at chosen ones, each once more than
 * the run that it follows. So a later death falls into the recovery from, or the life after, an earlier one.
 */
import { createRandom } from '../../src/domain/seeded-random.ts';
import type { Coverage } from './crash-choice.ts';
import type { Place } from './crash-places.ts';
import { crashRun, type Outcome } from './crash-run.ts';

/** Deaths in one run at most. */
const DEATHS_MAX = 3;

/** Runs until so many deaths were tried, or until one of the runs broke a rule; says each violation with how to repeat it. */
export async function crashSeries(
  seed: number,
  points: number,
  coverage: Coverage,
): Promise<{ readonly runs: number; readonly points: number; readonly violations: readonly string[] }> {
  const random = createRandom(seed).split('points');
  const violations: string[] = [];
  let runs = 0;
  let tried = 0;
  const run = async (deaths: readonly Place[]): Promise<Outcome> => {
    const numbers = deaths.map((place) => place.number);
    runs++;
    const outcome = await crashRun({ seed, deaths: numbers });
    const place = deaths.at(-1);
    if (place !== undefined) {
      tried++;
      coverage.note(place);
      const came = outcome.died.at(-1);
      // A run that does not repeat itself would make every number worthless.
      if (came?.number !== place.number || came.kind !== place.kind)
        violations.push(`place ${place.number} was ${place.kind}, and ${came?.kind} when it should have died there`);
    }
    const where = deaths.map(({ number, kind, states }) => `${number} ${kind} [${states.join(' ')}]`).join(', then ');
    for (const violation of outcome.violations)
      violations.push(
        `${violation}\n  seed ${seed}, died at ${where || 'no place'}\n  ${outcome.told.join('\n  ')}\n  again: ${repeat(seed, numbers)}`,
      );
    return outcome;
  };
  const whole = await run([]);
  while (tried < points && violations.length === 0) {
    let deaths: Place[] = [];
    let { places } = whole;
    while (deaths.length < DEATHS_MAX && tried < points && violations.length === 0) {
      const place = coverage.choose(places, random);
      if (place === null) break;
      deaths = [...deaths, place];
      ({ places } = await run(deaths));
    }
    if (deaths.length === 0) break;
  }
  return { runs, points: tried, violations };
}

function repeat(seed: number, deaths: readonly number[]): string {
  return `BOTHSIDES_CRASH=${seed}:${deaths.join(',')} npx vitest run tests/crash/points.test.ts`;
}
