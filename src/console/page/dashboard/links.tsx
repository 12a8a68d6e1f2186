/** Where things lead: a market to its page, a session to its chart in the inspector, an order and its fills to each other. */
import type { ComponentChildren } from 'preact';
import { addressOf } from '../address.ts';
import { shortened } from '../format.ts';

const NAME_MAX = 120;

export function marketAddress(ticker: string): string {
  return addressOf('dashboard', ['market', ticker]);
}

/** The session's chart; of one that is over, as it was at that moment. */
export function chartAddress(session: string, atMs: number | null = null): string {
  return addressOf('inspector', [session], atMs === null ? {} : { at: String(Math.round(atMs)) });
}

export function MarketLink({ ticker, title }: { ticker: string; title?: string }) {
  return (
    <a class="outside market-link" href={marketAddress(ticker)} title={shortened(title ?? ticker, 300)} dir="auto">
      {shortened(title ?? ticker, NAME_MAX)}
    </a>
  );
}

export function SessionLink({ session, atMs = null }: { session: string; atMs?: number | null }) {
  return (
    <a
      class="mono outside"
      href={chartAddress(session, atMs)}
      title={`Chart of ${shortened(session, 80)} in the inspector`}
    >
      {shortened(session, 24)}
    </a>
  );
}

/** The tables below, on this market, session or order alone. */
export function narrowedAddress(tab: string, query: Readonly<Record<string, string>>): string {
  return addressOf('dashboard', [], { tab, ...query });
}

export function NarrowLink(props: {
  tab: string;
  query: Readonly<Record<string, string>>;
  children: ComponentChildren;
}) {
  return (
    <a class="mono outside" href={narrowedAddress(props.tab, props.query)}>
      {props.children}
    </a>
  );
}
