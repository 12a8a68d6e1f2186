/** Logs go to stderr: readable on a terminal, JSON otherwise. */
import pino from 'pino';
import pretty from 'pino-pretty';
import { BothsidesError } from '../domain/errors.ts';
import type { Log } from '../runtime/log.ts';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/**
 * @param json programs read: never pretty, and only what matters.
 * @param wanted LOG_LEVEL of the environment. Throws USAGE for a level that there is not.
 */
export function createLog(json: boolean, wanted: string | undefined): Log {
  const readable = process.stderr.isTTY === true && !json;
  const options = {
    level: levelOf(wanted) ?? (json ? 'warn' : 'info'),
    base: null,
    redact: ['privateKey', 'signature', 'token', '*.privateKey', '*.signature', '*.token'],
  };
  return readable
    ? pino(options, pretty({ destination: 2, sync: true, ...FOR_PEOPLE }))
    : pino(options, pino.destination({ dest: 2, sync: true }));
}

/** A line a thing that happened: time, market, words. What the words leave out stays at level debug. */
const FOR_PEOPLE = {
  colorize: process.env.NO_COLOR === undefined,
  translateTime: 'SYS:HH:MM:ss',
  ignore: 'pid,hostname,level',
  hideObject: process.env.LOG_LEVEL !== 'debug',
  messageFormat: '{if market}{market} {end}{msg}{if reason} ({reason}){end}{if error}: {error}{end}',
};

function levelOf(wanted: string | undefined): string | null {
  if (wanted === undefined || wanted === '') return null;
  const level = LEVELS.find((known) => known === wanted);
  if (level !== undefined) return level;
  throw new BothsidesError('USAGE', `There is no log level ${JSON.stringify(wanted)} (LOG_LEVEL).`, {
    remedy: `Levels are ${LEVELS.join(', ')}.`,
  });
}
