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
import { type BenchRow, ceilingRow, repeatedly } from './row.ts';

/** Of one round; the first round only warms up. */
const TURNS = 50_000;
/** Markets with positions and orders beside the one that is quoted: an approval must not feel them. */
const OTHERS = 200;

function p99Us(nanoseconds: Float64Array): number {
  nanoseconds.sort();
  return nanoseconds[Math.floor((nanoseconds.length - 1) * 0.99)]! / 1_000;
}

/** A round: for each turn, nanoseconds from the reading to both approvals. */
function prepare(): () => Float64Array {
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
  let turn = 0;

  const once = (): number => {
    const reading = readings[++turn & 63]!;
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
    if (bid !== null) approve({ ...bid, clientOrderId: bidId, market: market.ticker, purpose: 'quote' }, context);
    if (ask !== null) approve({ ...ask, clientOrderId: askId, market: market.ticker, purpose: 'quote' }, context);
    const took = Number(process.hrtime.bigint() - start);
    exposure.release(bidId);
    exposure.release(askId);
    return took;
  };
  return () => Float64Array.from({ length: TURNS }, once);
}

export async function benchDecide(): Promise<BenchRow> {
  const round = prepare();
  const measured = await repeatedly(() => p99Us(round()));
  return ceilingRow('of it: book reading → two approved orders, p99', 'µs', measured, 50);
}
