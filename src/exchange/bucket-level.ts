/** What a bucket of the rate budget holds now. */
export interface BucketLevel {
  readonly kind: 'read' | 'write';
  /** Of writes: the shard whose orders it pays for. */
  readonly shard: number | null;
  /** Free now: neither spent nor set aside for a request under way. */
  readonly tokens: number;
  readonly capacity: number;
  /** Of market time. */
  readonly tokensPerSecond: number;
  /** Requests that wait for tokens. */
  readonly waiting: number;
}
