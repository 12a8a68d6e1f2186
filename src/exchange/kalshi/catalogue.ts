/** What is listed, and public books over REST. */
import { type EventTicker, named, type Ticker } from '../../domain/ids.ts';
import type { Market } from '../../domain/market.ts';
import type { Catalogue, CatalogueQuery, Listing, Priority, ReadOptions, RestBook } from '../port.ts';
import { nonsense } from './errors.ts';
import type { Families } from './families.ts';
import type { VenueLog } from './log.ts';
import { collect } from './pagination.ts';
import { check, toBook, toMarket } from './parse-rest.ts';
import type { Rest } from './rest.ts';
import * as wire from './wire.ts';

const MARKETS_PER_PAGE = 1000;
const TICKERS_PER_REQUEST = 100;
/** The status page may come with these while the exchange rests; its body says so. */
const STATUS_WITH_BODY = [503, 504];

export function createCatalogue({
  rest,
  families,
  log,
}: {
  readonly rest: Rest;
  readonly families: Families;
  readonly log: VenueLog;
}): Catalogue {
  /** Each record with its family. One that cannot be read or has no family is left out, and the listing says so. */
  async function describe(
    records: readonly unknown[],
    query: CatalogueQuery,
    priority: Priority,
  ): Promise<Listing<Market>> {
    const read: wire.WireMarket[] = [];
    let complaint: string | null = null;
    for (const record of records) {
      const parsed = wire.market.safeParse(record);
      if (parsed.success) read.push(parsed.data);
      else complaint ??= `${parsed.error.issues[0]?.path.join('.')} ${parsed.error.issues[0]?.message}`;
    }
    await families.load(new Set(read.map((record) => record.event_ticker)), query, priority);
    const markets: Market[] = [];
    for (const record of read) {
      const family = families.get(named<EventTicker>(record.event_ticker));
      if (family === null) complaint ??= `event ${record.event_ticker} cannot be found`;
      else {
        try {
          const market = toMarket(record, family);
          families.note(market.event, market.ticker);
          markets.push(market);
        } catch (error) {
          complaint ??= (error as Error).message;
        }
      }
    }
    const leftOut = records.length - markets.length;
    if (leftOut > 0) log('warn', 'markets that cannot be understood are left out', { leftOut, first: complaint });
    return { items: markets, complete: leftOut === 0 };
  }

  async function page(query: CatalogueQuery, tickers: readonly Ticker[] | undefined, priority: Priority) {
    return collect<unknown>({
      keyOf: (record) => String((record as { ticker?: unknown } | null)?.ticker),
      fetchPage: async (cursor) => {
        const isOpenEnded = tickers === undefined && query.event === undefined;
        const body = await rest.read({
          path: '/markets',
          query: {
            limit: MARKETS_PER_PAGE,
            cursor,
            status: query.status,
            event_ticker: query.event,
            tickers: tickers?.join(','),
            // Combinations trade by request for quote; nothing of ours is for them.
            mve_filter: isOpenEnded ? 'exclude' : undefined,
          },
          priority,
        });
        const { markets, cursor: next } = check(wire.marketsPage, '/markets', body);
        return { items: markets, cursor: next };
      },
    });
  }

  const priorityOf = (options: ReadOptions | undefined, otherwise: Priority): Priority =>
    options?.priority ?? otherwise;

  return {
    async markets(query, options) {
      const priority = priorityOf(options, 'scan');
      const groups = query.tickers === undefined ? [undefined] : chunks(query.tickers, TICKERS_PER_REQUEST);
      const records: unknown[] = [];
      let complete = true;
      for (const tickers of groups) {
        const listing = await page(query, tickers, priority);
        records.push(...listing.items);
        complete &&= listing.complete;
      }
      const described = await describe(records, query, priority);
      return { items: described.items, complete: complete && described.complete };
    },

    async market(ticker, options) {
      const path = `/markets/${encodeURIComponent(ticker)}`;
      const priority = priorityOf(options, 'read');
      const reply = await rest.tryRead({ path, priority });
      if (!reply.ok) {
        if (reply.refusal.status === 404) return null;
        throw nonsense(path, `${reply.refusal.status} ${reply.refusal.code}`);
      }
      const record = check(wire.market, path, check(wire.marketAnswer, path, reply.json).market);
      await families.load(new Set([record.event_ticker]), {}, priority);
      const family = families.get(named<EventTicker>(record.event_ticker));
      if (family === null) throw nonsense(path, `a market whose event ${record.event_ticker} cannot be found`);
      families.note(named<EventTicker>(record.event_ticker), ticker);
      return toMarket(record, family);
    },

    async book(ticker, options) {
      const path = `/markets/${encodeURIComponent(ticker)}/orderbook`;
      const body = await rest.read({ path, priority: priorityOf(options, 'read') });
      return toBook(path, ticker, check(wire.bookAnswer, path, body).orderbook_fp);
    },

    async books(tickers, options) {
      const path = '/markets/orderbooks';
      const read = async (group: readonly Ticker[]): Promise<readonly RestBook[]> => {
        const body = await rest.read({ path, query: { tickers: group }, priority: priorityOf(options, 'read') });
        const { orderbooks } = check(wire.booksAnswer, path, body);
        return orderbooks.map((one) => toBook(path, named<Ticker>(one.ticker), one.orderbook_fp));
      };
      return (await Promise.all(chunks(tickers, TICKERS_PER_REQUEST).map(read))).flat();
    },

    async status(options) {
      const path = '/exchange/status';
      const priority = priorityOf(options, 'read');
      const body = check(wire.statusAnswer, path, await rest.read({ path, priority, acceptStatus: STATUS_WITH_BODY }));
      return { exchangeActive: body.exchange_active, tradingActive: body.trading_active };
    },
  };
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const groups: T[][] = [];
  for (let index = 0; index < items.length; index += size) groups.push(items.slice(index, index + size));
  return groups;
}
