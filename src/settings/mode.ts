/** Which world the trader runs in. Money is real in one of them, so nothing but a flag chooses it. */
import { distance } from 'fastest-levenshtein';
import { BothsidesError } from '../domain/errors.ts';
import type { Environment } from './credentials.ts';
import { MODES, type Mode } from './schema.ts';

export interface ModeChoice {
  /** `--mode`; without it: sim. */
  readonly flag: string | undefined;
  readonly env: Environment;
  readonly confirmLive?: boolean | undefined;
}

/** The mode of that name. Throws USAGE with the modes there are. */
export function parseMode(text: string): Mode {
  const mode = MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  const near = MODES.find((known) => distance(known, text) <= 2);
  throw new BothsidesError('USAGE', `There is no mode ${JSON.stringify(text)}.`, {
    remedy:
      near === undefined ? `Modes are ${MODES.join(', ')}.` : `Did you mean ${near}? Modes are ${MODES.join(', ')}.`,
  });
}

/**
 * The mode that the flag names. TRADING_MODE never chooses one, it only confirms: `live` needs `--mode live` and either
 * `--confirm-live` or TRADING_MODE=live, otherwise LIVE_UNCONFIRMED.
 */
export function chooseMode(choice: ModeChoice): Mode {
  const mode = parseMode(choice.flag ?? 'sim');
  if (mode === 'live' && choice.confirmLive !== true && choice.env.TRADING_MODE !== 'live') {
    throw new BothsidesError('LIVE_UNCONFIRMED', '--mode live trades real money and was not confirmed.', {
      remedy: 'Add --confirm-live, or set TRADING_MODE=live.',
    });
  }
  return mode;
}
