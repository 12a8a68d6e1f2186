/** What an account can lose at most, computed from nothing and as simply as can be, to hold limits against. */
import { DOLLAR, fromDollars } from '../../src/domain/units.ts';
import type { Engine, EnginePosition } from '../../src/exchange/embedded/model.ts';
import type { Settings } from '../../src/settings/schema.ts';

/** An order that may still execute. */
export interface Stake {
  readonly market: string;
  readonly side: 'bid' | 'ask';
  readonly price: number;
  readonly quantity: number;
}

/** Which limits are passed, in words. Limits that are shares of equity are looser than these in every test that asks. */
export function overLimits(
  engine: Pick<Engine, 'market' | 'event' | 'series'>,
  positions: readonly EnginePosition[],
  stakes: readonly Stake[],
  { risk }: Pick<Settings, 'risk'>,
): string[] {
  const over: string[] = [];
  const atMost = (what: string, loss: number, dollars: number): void => {
    if (loss > fromDollars(dollars)) over.push(`${what} can lose $${(loss / 1e6).toFixed(2)} of $${dollars}`);
  };
  const byMarket = new Map<string, { losesOnYes: number; losesOnNo: number }>();
  const of = (market: string) => {
    const sums = byMarket.get(market) ?? { losesOnYes: 0, losesOnNo: 0 };
    byMarket.set(market, sums);
    return sums;
  };
  // A long costs its price if it ends at nothing and gains the rest of the dollar if not; a short the other way round.
  for (const { market, quantity, cost } of positions) {
    const sums = of(market);
    const gain = DOLLAR * Math.abs(quantity) - cost;
    sums.losesOnNo += quantity > 0 ? cost : -gain;
    sums.losesOnYes += quantity > 0 ? -gain : cost;
  }
  // Of the orders those execute that lose.
  for (const { market, side, price, quantity } of stakes) {
    if (side === 'bid') of(market).losesOnNo += price * quantity;
    else of(market).losesOnYes += (DOLLAR - price) * quantity;
  }
  const byCategory = new Map<string, number>();
  let total = 0;
  for (const [market, { losesOnYes, losesOnNo }] of byMarket) {
    const loss = Math.max(0, losesOnYes, losesOnNo);
    total += loss;
    atMost(market, loss, risk.marketDollarsMax);
    const category = categoryOf(engine, market);
    byCategory.set(category, (byCategory.get(category) ?? 0) + loss);
  }
  for (const [category, loss] of byCategory) atMost(`category ${category}`, loss, risk.categoryDollarsMax);
  atMost('the account', total, risk.totalDollarsMax);
  return over;
}

function categoryOf(engine: Pick<Engine, 'market' | 'event' | 'series'>, ticker: string): string {
  const event = engine.event(engine.market(ticker as never)!.listed.event)!;
  return engine.series(event.series)!.category;
}
