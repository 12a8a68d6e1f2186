import { dollars, signOf } from './numbers.ts';

interface MoneyProps {
  readonly value: string;
  /** Green or red: only where that means something. */
  readonly tone?: boolean;
  readonly sign?: 'always';
  readonly digitsMin?: number;
}

/** Exact money on the page; the whole text is in `data-exact`. */
export function Money({ value, tone = false, sign, digitsMin }: MoneyProps) {
  const direction = tone ? TONES[signOf(value) + 1] : '';
  return (
    <span class={`money ${direction}`} data-exact={value}>
      {dollars(value, sign, digitsMin)}
    </span>
  );
}
const TONES = ['loss', '', 'gain'] as const;
