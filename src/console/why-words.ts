/** What "why" is answered with: a stable code for programs, a sentence for people, and the numbers in it. */
import { formatMoney, type Microdollars } from '../domain/units.ts';

export interface Reason {
  readonly code: string;
  readonly sentence: string;
  /** By name with unit; what is no number stands as text. */
  readonly numbers: Readonly<Record<string, number | string | null>>;
}

export function reason(code: string, sentence: string, numbers: Reason['numbers'] = {}): Reason {
  return { code, sentence, numbers };
}

/** $12.34 of $0.000001. */
export function dollars(money: number): string {
  return `$${formatMoney(money as Microdollars).replace(/(\.\d\d)\d*$/, '$1')}`;
}

/** Words from elsewhere: one line, not longer than a line, nothing that turns the writing around. */
export function told(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
  return plain.length > 120 ? `${plain.slice(0, 119)}…` : plain;
}
