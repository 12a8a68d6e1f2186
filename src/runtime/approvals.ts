/**
 * Risk's answers with what this moment brings to them: limits of the equity that is there now, the mode, the epoch. And the
 * reason of each quote, in the journal in front of the order that comes of it.
 */
import type { RiskMode } from '../../machines/market-session.ts';
import type { Clocks } from '../domain/clock.ts';
import type { Ticker } from '../domain/ids.ts';
import type { Journal } from '../domain/journal.ts';
import type { Json } from '../domain/json.ts';
import type { OrderIntent } from '../domain/order.ts';
import type { Microdollars } from '../domain/units.ts';
import type { Door } from '../gateway/door.ts';
import type { Verdict } from '../gateway/gateway.ts';
import type { Explanation } from '../quoting/decision.ts';
import { balanceSuffices, type RefusalReason, refuseSession } from '../risk/admission.ts';
import { approve } from '../risk/approve.ts';
import type { Exposure } from '../risk/exposure.ts';
import { WindowCounter } from '../risk/kill-switches.ts';
import { limitsOf } from '../risk/limits.ts';
import type { Settings } from '../settings/schema.ts';
import type { Accounts } from './accounts.ts';
import type { LatencyMeter } from './latency-meter.ts';
import type { LastDenial } from './why.ts';

export interface ApprovalsOptions {
  readonly clocks: Clocks;
  readonly settings: Settings;
  readonly accounts: Accounts;
  readonly exposure: Exposure;
  readonly door: Door;
  readonly journal: Journal;
  readonly latency: LatencyMeter;
  readonly mode: () => RiskMode;
  /** The operator paused this market alone. */
  readonly isBarred: (market: Ticker) => boolean;
}

/** Equity moves with every tick; limits need it to the second of market time. */
const EQUITY_AGE_MS_MAX = 1_000;

export class Approvals {
  /** The last word on each market, for whoever asks why. */
  readonly explanations = new Map<Ticker, Explanation>();
  /** The last quote on each market that was denied, until one is approved. */
  readonly denials = new Map<Ticker, LastDenial>();
  /** Sessions that began within the last hour, in this process or one before it. */
  readonly entries: WindowCounter;
  readonly #options: ApprovalsOptions;
  /** Explanations that the journal has. */
  readonly #explained = new Map<Ticker, Explanation>();
  #equity = 0 as Microdollars;
  #equityAtMs = Number.NEGATIVE_INFINITY;
  #balanceSufficed = true;

  constructor(options: ApprovalsOptions) {
    this.#options = options;
    this.entries = new WindowCounter(options.settings.risk.entriesPerHourMax);
  }

  /** Approves and reserves in one synchronous step. */
  approve(intent: OrderIntent): Verdict {
    const { clocks, settings, exposure, accounts, door, latency, mode, isBarred } = this.#options;
    if (intent.purpose === 'quote' && isBarred(intent.market)) return { ok: false, reason: 'operator' };
    const verdict = approve(intent, {
      exposure,
      limits: limitsOf(settings, this.#currentEquity()),
      cash: accounts.cash(),
      mode: mode(),
      riskEpoch: door.riskEpoch,
      nowWallMs: clocks.wall.now(),
    });
    if (verdict.ok) {
      latency.approved();
      this.#explain(intent);
      this.denials.delete(intent.market);
    } else if (intent.purpose === 'quote') {
      const { reason, value, limit } = verdict;
      this.denials.set(intent.market, { side: intent.side, reason, value, limit });
    }
    return verdict;
  }

  /** Why no session may begin now, whatever the market; null when one may. */
  refusal(): RefusalReason | null {
    const { clocks, settings, accounts, exposure, mode } = this.#options;
    const equity = this.#currentEquity();
    this.#balanceSufficed = balanceSuffices(accounts.cash(), equity, this.#balanceSufficed, settings);
    return refuseSession(
      {
        mode: mode(),
        market: 'free',
        // Room is the manager's to give: its chart says `full`.
        sessions: 0,
        isBlackout: false,
        isRegimeStable: null,
        hasEntryLeft: this.entries.hasRoom(clocks.market.now()),
        balanceSuffices: this.#balanceSufficed,
        restingValue: exposure.restingValue,
      },
      settings,
    );
  }

  #currentEquity(): Microdollars {
    const { clocks, accounts } = this.#options;
    const nowMs = clocks.market.now();
    if (nowMs - this.#equityAtMs > EQUITY_AGE_MS_MAX) {
      this.#equityAtMs = nowMs;
      this.#equity = accounts.equity();
    }
    return this.#equity;
  }

  /** Said once a decision, when an order comes of it. */
  #explain({ market, session, purpose }: OrderIntent): void {
    const explain = this.explanations.get(market);
    if (purpose !== 'quote' || explain === undefined || this.#explained.get(market) === explain) return;
    this.#explained.set(market, explain);
    this.#options.journal.append('quote.decided', { market, session, explain: explain as unknown as Json });
  }
}
