/** Exact numbers as people read them: from decimal text, never through a float, and never rounded. */

/** "1012.345600" → "1,012.3456": at least so many digits after the point, zeros beyond them left out. */
export function exact(text: string, digitsMin: number): string {
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? text.slice(1) : text).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  const kept = fraction.replace(/0+$/, '').padEnd(digitsMin, '0');
  return `${negative ? '−' : ''}${grouped}${kept === '' ? '' : `.${kept}`}`;
}

/** "-0.250000" → "−$0.25". */
export function dollars(text: string, sign: 'always' | 'negative' = 'negative', digitsMin = 2): string {
  const value = exact(text, digitsMin);
  if (value.startsWith('−')) return `−$${value.slice(1)}`;
  return sign === 'always' && signOf(text) > 0 ? `+$${value}` : `$${value}`;
}

/** "$50.59" of "50.593000": for what is only compared, cut and not rounded. */
export function shortDollars(text: string): string {
  return dollars(text.replace(/(\.\d\d)\d*$/, '$1'));
}

/** "0.5625" dollars → "56.25" cents. */
export function cents(price: string): string {
  const [whole = '0', fraction = ''] = price.split('.');
  const digits = `${whole}${fraction.padEnd(4, '0')}`;
  const shifted = `${Number(digits.slice(0, -2))}.${digits.slice(-2)}`;
  return exact(shifted, 0);
}

/** "10.00" contracts → "10". */
export function contracts(text: string): string {
  return exact(text, 0);
}

export function signOf(text: string): -1 | 0 | 1 {
  if (!/[1-9]/.test(text)) return 0;
  return text.startsWith('-') ? -1 : 1;
}

/** A share as percent, for what is measured. */
export function percent(share: number, digits = 1): string {
  return `${(share * 100).toFixed(digits)} %`;
}
