import type { Random } from '../../../domain/random.ts';

/** A uuid's text made of chance that repeats itself. */
export function uuidOf(random: Random): string {
  const digits = Array.from({ length: 32 }, (_, index) => {
    if (index === 12) return '4';
    if (index === 16) return (8 + random.integer(0, 3)).toString(16);
    return random.integer(0, 15).toString(16);
  }).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
