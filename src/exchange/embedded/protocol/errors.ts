import type { RefusalCode, Refused } from '../model.ts';

/** What the venue answers when it does not do as asked: thrown inside handlers, turned into an answer at the edge. */
export class VenueError extends Error {
  override readonly name = 'VenueError';
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

export interface ErrorDetail {
  readonly code: string;
  readonly message: string;
  readonly details?: string;
}

/** The venue's message is its code in words, except for authentication errors. */
export function errorDetail(code: string, details?: string | null): ErrorDetail {
  const message = code === 'authentication_error' ? code : code.replaceAll('_', ' ');
  return details == null ? { code, message } : { code, message, details };
}

/** `{"error": {code, message, details?}}`: authentication and the exchange's own refusals. */
export function exchangeError(status: number, code: string, details?: string | null): VenueError {
  return new VenueError(status, { error: errorDetail(code, details) });
}

/** `{code, message, details}` without an envelope: a body that could not be read. */
export function badRequest(details: string): VenueError {
  return new VenueError(400, { code: 'bad_request', message: 'bad request', details });
}

/** `{msg}`: a query parameter out of bounds, in the words of the venue's validator. */
export function invalidParameter(operation: string, field: string, rule: string): VenueError {
  return new VenueError(400, {
    msg:
      `Parameter validation failed for ${operation}: Key: '${operation}Params.${field}' ` +
      `Error:Field validation for '${field}' failed on the '${rule}' tag`,
  });
}

export function tooManyRequests(): VenueError {
  return new VenueError(429, { error: 'too many requests' });
}

/** The exchange does not know it itself just now: ask again later. */
export function unavailable(): VenueError {
  return exchangeError(503, 'service_unavailable');
}

export function notFound(): VenueError {
  return exchangeError(404, 'not_found');
}

const STATUS_OF: Partial<Record<RefusalCode, number>> = {
  not_found: 404,
  market_not_found: 404,
  order_group_not_found: 404,
  order_already_exists: 409,
  transfer_already_exists: 409,
  fill_or_kill_insufficient_resting_volume: 409,
  // Seen at the venue: nothing is wrong with the order, it may be sent again later.
  trading_is_paused: 409,
  exchange_is_paused: 409,
};

/** Everything else that the engine refuses is a 400. */
export function statusOf(code: RefusalCode): number {
  return STATUS_OF[code] ?? 400;
}

export function refusal(refused: Refused): VenueError {
  return exchangeError(statusOf(refused.code), refused.code, refused.details);
}
