/** What a folder's data belongs to: it is never mixed with another world's. */
export interface DataIdentity {
  readonly mode: string;
  readonly seed: number | null;
  readonly recording: string | null;
}

export const IDENTITY_KEY = 'meta/identity';
