/** Logs go to stderr: readable on a terminal, JSON otherwise. */
import pino from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../runtime/log.ts';

const LEVEL = process.env.LOG_LEVEL ?? 'info';

/** @param json programs read: never pretty, and only what matters. */
export function createLog(json: boolean): Log {
  const readable = process.stderr.isTTY === true && !json;
  const options = {
    level: json && process.env.LOG_LEVEL === undefined ? 'warn' : LEVEL,
    base: null,
    redact: ['privateKey', 'signature', 'token', '*.privateKey', '*.signature', '*.token'],
  };
  return readable
    ? pino(options, pretty({ destination: 2, colorize: true, translateTime: 'HH:MM:ss', ignore: 'pid,hostname' }))
    : pino(options, pino.destination({ dest: 2, sync: true }));
}
