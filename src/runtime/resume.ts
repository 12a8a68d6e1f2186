/**
 * What becomes of a session that an earlier process left, judged by what is known now and never by what it believed:
 * it is resumed at the entrance of the state where it was, exits, or is closed. Pure.
 *
 * | left in  | market over | close near                  | otherwise                                                     |
 * |----------|-------------|-----------------------------|---------------------------------------------------------------|
 * | warmup   | closed      | closed                      | warmup while its time lasts, else closed                      |
 * | quoting  | closed      | killed (carry) or soft exit | soft exit when its TTL is over; quoting (frozen) on signals   |
 * |          |             |                             | of the last 30 s, else warmup with a new time                 |
 * | softExit | closed      | soft exit                   | soft exit; its patience counts from when it began             |
 * | killed   | closed      | killed                      | killed                                                        |
 */
import type { EndReason, Resumption, SessionContext, SessionInput } from '../../machines/market-session.ts';

/** A session as its bookmark says; of its chart's state only the outermost counts. */
export interface LeftSession {
  readonly place: Resumption['into'];
  readonly context: SessionContext;
  /** Market time of its signals' checkpoint; null without one. */
  readonly signalsAtMs: number | null;
}

/** What the exchange says of its market now; null when it knows no such market. */
export interface MarketNow {
  readonly isOver: boolean;
  readonly closeMs: number;
}

export interface ResumeTimes {
  readonly warmupTimeoutMs: number;
  readonly closeDangerMs: number;
  /** Signals older than this are no reason to skip what warm-up asks for (F2). */
  readonly signalsAgeMsMax: number;
}

export type Resumed =
  | { readonly verdict: 'resume' | 'exit'; readonly input: SessionInput; readonly withSignals: boolean }
  | { readonly verdict: 'closed'; readonly reason: EndReason };

export function resume(left: LeftSession, market: MarketNow | null, nowMs: number, times: ResumeTimes): Resumed {
  const { place, context } = left;
  if (market === null || market.isOver || market.closeMs <= nowMs)
    return { verdict: 'closed', reason: context.reason ?? 'closing' };

  const closingAtMs = market.closeMs - times.closeDangerMs;
  const isClosing = closingAtMs <= nowMs;
  const hasSignals = left.signalsAtMs !== null && nowMs - left.signalsAtMs <= times.signalsAgeMsMax;
  const into = (
    resumption: Partial<Resumption> & Pick<Resumption, 'into'>,
    changes: Partial<SessionInput> = {},
  ): Resumed => {
    const { reason, carries, readyAtMs, withdrawnAtMs } = context;
    const isExit = resumption.into === 'softExit' || resumption.into === 'killed';
    return {
      verdict: isExit ? 'exit' : 'resume',
      withSignals: hasSignals,
      input: {
        ...inputOf(context),
        closingAtMs,
        ...changes,
        resumed: { reason, carries, readyAtMs, withdrawnAtMs, ...resumption },
      },
    };
  };

  switch (place) {
    case 'killed':
      return into({ into: 'killed' });
    case 'softExit':
      return into({ into: 'softExit' });
    case 'warmup':
      if (isClosing) return { verdict: 'closed', reason: 'closing' };
      if (context.warmupUntilMs <= nowMs) return { verdict: 'closed', reason: 'warmupTimeout' };
      return into({ into: 'warmup' });
    case 'quoting':
      if (isClosing)
        return context.onClose === 'carry'
          ? into({ into: 'killed', reason: 'closing', carries: true })
          : into({ into: 'softExit', reason: 'closing' });
      if (context.readyAtMs + context.startDelayMs + context.ttlMs <= nowMs)
        return into({ into: 'softExit', reason: 'ttl' });
      if (hasSignals) return into({ into: 'quoting' });
      return into({ into: 'warmup', readyAtMs: 0 }, { warmupUntilMs: nowMs + times.warmupTimeoutMs });
  }
}

/** What it was opened with, out of what it had become. */
function inputOf(context: SessionContext): Omit<SessionInput, 'resumed' | 'closingAtMs'> {
  const { session, market, kind, openedMs, warmupUntilMs, startDelayMs, ttlMs } = context;
  const { onClose, reversionWaitMs, softExitMaxMs, carryTtlMs, smallQuantity } = context;
  return {
    session,
    market,
    kind,
    openedMs,
    warmupUntilMs,
    startDelayMs,
    ttlMs,
    onClose,
    reversionWaitMs,
    softExitMaxMs,
    carryTtlMs,
    smallQuantity,
  };
}
