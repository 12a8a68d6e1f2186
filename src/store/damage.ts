import { BothsidesError } from '../domain/errors.ts';

/** What a person does about a store that is not as it was written. */
export const MEND =
  'Nothing was changed. Run `npm run doctor` on this data folder: it says what is wrong, and with --repair it mends what can be mended and moves the rest aside.';

/** The data is not as it was written. `what` is a sentence that names the place. */
export function damaged(what: string, cause?: unknown): BothsidesError {
  return new BothsidesError('DATA_DAMAGED', what, { remedy: MEND, cause });
}
