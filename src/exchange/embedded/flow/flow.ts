/** What makes the market of an embedded exchange move: a synthetic crowd or the crowd of a recording. */
export interface Flow {
  /** From now on, on the market clock. */
  start(): void;
  /** At once and for good: no timer of it fires afterwards. What rests stays. */
  stop(): void;
}
