/** What the memory benchmark asks of the process that it starts for each measurement, and what comes back. */
export type MemoryTask =
  /** Bytes a market: watched alone, or quoted with everything full. */
  | { readonly kind: 'market'; readonly markets: number; readonly isQuoted: boolean }
  /** Bytes an event over the second half of so many. */
  | { readonly kind: 'slope'; readonly events: number };

/** One number for each measurement. */
export type MemoryAnswer = readonly number[];
