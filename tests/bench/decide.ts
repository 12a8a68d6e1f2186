/** From a reading of a book to two approved orders, as in a quoter's turn; nothing is signed or sent. */
import { type ClientOrderId, type EventTicker, named, type Ticker } from '../../src/domain/ids.ts';
import type { Centicents, Centicontracts, UnixMs } from '../../src/domain/units.ts';
import { fromDollars } from '../../src/domain/units.ts';
import { decide } from '../../src/quoting/decide.ts';
import type { DecideInput } from '../../src/quoting/decision.ts';
import { type ApprovalContext, approve } from '../../src/risk/approve.ts';
import { Exposure } from '../../src/risk/exposure.ts';
import { limitsOf } from '../../src/risk/limits.ts';
import { DEFAULTS } from '../support/default-settings.ts';
import { feesOf, marketWith, quantity, readingOf } from '../support/markets.ts';

export interface Percentiles {
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface DecideBench {
  /** reading → decide → approve both sides */
  readonly whole: Percentiles;
  /** one approval of it */
  readonly approval: Percentiles;
}

const WARM_UP = 20_000;
const TURNS = 100_000;
/** Markets with positions and orders beside the one that is quoted: an approval must not feel them. */
const OTHERS = 200;

function percentiles(nanoseconds: Float64Array): Percentiles {
  nanoseconds.sort();
  const at = (share: number) => nanoseconds[Math.floor((nanoseconds.length - 1) * share)]! / 1_000;
  return { p50Us: at(0.5), p99Us: at(0.99) };
}

export function benchDecide(): DecideBench {
  const market = marketWith({ fees: feesOf('quadratic_with_maker_fees') });
  const exposure = new Exposure();
  exposure.describe(market.ticker, market);
  for (let index = 0; index < OTHERS; index++) {
    const ticker = named<Ticker>(`OTHER-${index}`);
    exposure.describe(ticker, { category: 'Other', event: named<EventTicker>(`OTHER-${index >> 2}`) });
    exposure.setPosition(ticker, quantity(1), fromDollars(0.01));
  }
  const equity = fromDollars(1_000);
  const limits = { ...limitsOf(DEFAULTS, equity), openPositionsMax: 2 * OTHERS };
  const context: ApprovalContext = {
    exposure,
    limits,
    cash: equity,
    mode: 'active',
    riskEpoch: 1,
    nowWallMs: 0 as UnixMs,
  };
  const readings = Array.from({ length: 64 }, (_, index) =>
    readingOf(30 + (index % 30), 34 + (index % 30) + (index % 3)),
  );
  const whole = new Float64Array(TURNS);
  const approval = new Float64Array(TURNS);

  for (let turn = -WARM_UP; turn < TURNS; turn++) {
    const reading = readings[turn & 63]!;
    const position = (((turn & 7) - 4) * 100) as Centicontracts;
    exposure.setPosition(market.ticker, position, fromDollars(Math.abs(position) * 0.004));
    const bidId = `bs-run-s1-${2 * turn}` as ClientOrderId;
    const askId = `bs-run-s1-${2 * turn + 1}` as ClientOrderId;
    const input: DecideInput = {
      market,
      reading,
      touch: { bid: reading.bid as Centicents, ask: reading.ask as Centicents },
      position,
      signals: { sigmaCentsPerSqrtSecond: 0.1, regime: 'MEAN_REVERTING' },
      secondsToClose: 86_400,
      widenCents: 0,
      sides: 'both',
      quantity: quantity(3),
      settings: DEFAULTS,
    };
    const start = process.hrtime.bigint();
    const { bid, ask } = decide(input);
    const decided = process.hrtime.bigint();
    if (bid !== null) approve({ ...bid, clientOrderId: bidId, market: market.ticker, purpose: 'quote' }, context);
    const once = process.hrtime.bigint();
    if (ask !== null) approve({ ...ask, clientOrderId: askId, market: market.ticker, purpose: 'quote' }, context);
    const end = process.hrtime.bigint();
    if (turn >= 0) {
      whole[turn] = Number(end - start);
      approval[turn] = Number(once - decided);
    }
    exposure.release(bidId);
    exposure.release(askId);
  }
  return { whole: percentiles(whole), approval: percentiles(approval) };
}
