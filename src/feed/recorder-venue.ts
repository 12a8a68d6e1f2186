import type { Catalogue, Venue } from '../exchange/port.ts';
import type { Recorder } from './recorder.ts';

/**
 * The same venue, whose catalogue tells a recorder what it answers: listings, and books that are polled. A single book
 * is read to compare it with the stream's, which knows better.
 */
export function recordedVenue(venue: Venue, recorder: Pick<Recorder, 'listed' | 'polled'>): Venue {
  const { catalogue } = venue;
  const tapped: Catalogue = {
    async markets(query, options) {
      const listing = await catalogue.markets(query, options);
      const isAll =
        listing.complete && query.status === 'open' && query.event === undefined && query.tickers === undefined;
      recorder.listed(listing.items, isAll);
      return listing;
    },
    async market(ticker, options) {
      const market = await catalogue.market(ticker, options);
      if (market !== null) recorder.listed([market], false);
      return market;
    },
    book: (ticker, options) => catalogue.book(ticker, options),
    async books(tickers, options) {
      const books = await catalogue.books(tickers, options);
      recorder.polled(books);
      return books;
    },
    status: (options) => catalogue.status(options),
  };
  // Everything else is the venue's own, its live values included.
  return Object.create(venue, { catalogue: { value: tapped, enumerable: true } }) as Venue;
}
