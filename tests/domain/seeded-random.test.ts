import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/domain/random.ts';
import { createRandom } from '../../src/domain/seeded-random.ts';

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.uniform());
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]) => mean(values.map((value) => value ** 2)) - mean(values) ** 2;

describe('A seeded source of chance', () => {
  it('repeats itself from the same seed, and differs from every other seed', () => {
    expect(draw(createRandom(7), 20)).toEqual(draw(createRandom(7), 20));
    expect(draw(createRandom(7), 20)).toEqual(draw(createRandom('7'), 20));
    const firsts = new Set(Array.from({ length: 2_000 }, (_, seed) => createRandom(seed).uniform()));
    expect(firsts.size).toBe(2_000);
  });

  it('splits by seed and name alone, however much either stream was used', () => {
    const untouched = createRandom(1).split('flow');
    const used = createRandom(1);
    draw(used, 100);
    used.split('latency');
    used.normal();
    expect(draw(used.split('flow'), 20)).toEqual(draw(untouched, 20));
  });

  it('gives every name its own stream, and tells a path from a name that looks like it', () => {
    const root = createRandom(1);
    const paths = [
      root.split('a'),
      root.split('b'),
      root.split(''),
      root.split('').split(''),
      root.split('ab'),
      root.split('a').split('b'),
      root.split('a/b'),
      root,
    ];
    expect(new Set(paths.map((random) => draw(random, 3).join())).size).toBe(paths.length);
  });

  it('is not correlated between a stream and its splits', () => {
    const root = createRandom(3);
    const left = draw(root.split('left'), 20_000);
    const right = draw(root.split('right'), 20_000);
    const covariance = mean(left.map((value, index) => (value - 0.5) * (right[index]! - 0.5)));
    expect(Math.abs(covariance * 12)).toBeLessThan(0.03);
  });

  it('is uniform in [0, 1)', () => {
    const values = draw(createRandom(11), 50_000);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    const bins = new Array<number>(20).fill(0);
    for (const value of values) bins[Math.floor(value * 20)]!++;
    const chiSquare = bins.reduce((sum, count) => sum + (count - 2_500) ** 2 / 2_500, 0);
    expect(chiSquare).toBeLessThan(43.8); // 99.9 % with 19 degrees of freedom
  });

  it('draws integers from both ends of a range inclusive, evenly', () => {
    const random = createRandom(5);
    const counts = new Map<number, number>();
    for (let index = 0; index < 30_000; index++) {
      const value = random.integer(-1, 1);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-1, 0, 1]);
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(400);
    expect(random.integer(4, 4)).toBe(4);
    expect(() => random.integer(2, 1)).toThrow(/no integer/);
  });

  it('draws standard normals and exponentials of the mean asked for', () => {
    const random = createRandom(13);
    const normals = Array.from({ length: 40_000 }, () => random.normal());
    expect(Math.abs(mean(normals))).toBeLessThan(0.02);
    expect(Math.abs(variance(normals) - 1)).toBeLessThan(0.03);
    const waits = Array.from({ length: 40_000 }, () => random.exponential(250));
    expect(Math.abs(mean(waits) / 250 - 1)).toBeLessThan(0.03);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
  });
});
