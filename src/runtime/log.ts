/** What a person may want to read later. Structured: a message and its facts; keys and secrets never come here. */
export interface Log {
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** For worlds in which nobody reads. */
export const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };
