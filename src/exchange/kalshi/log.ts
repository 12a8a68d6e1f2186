import type { Json } from '../../domain/json.ts';

/** Where the client says what a person may want to know. Never holds keys or signatures. */
export type VenueLog = (level: 'info' | 'warn', message: string, detail?: Readonly<Record<string, Json>>) => void;
