/** The market of our own session, as the venue would describe it. */
import type { Wire } from './session.ts';

export const MORNING = Date.UTC(2027, 3, 2, 7, 15);
export const TICKER = 'KXFROST-27APR02-OSL';

/** Seconds after the session's beginning, as the wire writes it: no zeros at the end. */
export function at(offset: number): string {
  const text = new Date(MORNING + offset * 1000).toISOString();
  return `${text.slice(0, -1).replace(/\.?0+$/, '')}Z`;
}

export const MARKET: Wire = {
  ticker: TICKER,
  event_ticker: 'KXFROST-27APR02',
  market_type: 'binary',
  title: 'Will there be frost in Oslo on Apr 2, 2027?',
  yes_sub_title: 'Frost',
  no_sub_title: 'Frost',
  created_time: at(-7_200),
  updated_time: at(-7_200),
  open_time: at(-3_600),
  close_time: at(36_000),
  expiration_time: at(36_000),
  latest_expiration_time: at(36_000),
  expected_expiration_time: at(40_000),
  expiration_value: '',
  settlement_timer_seconds: 300,
  status: 'active',
  yes_bid_dollars: '0.3100',
  yes_bid_size_fp: '5.00',
  yes_ask_dollars: '0.3600',
  yes_ask_size_fp: '4.50',
  no_bid_dollars: '0.6400',
  no_ask_dollars: '0.6900',
  last_price_dollars: '0.9000',
  previous_price_dollars: '0.0000',
  previous_yes_ask_dollars: '0.0000',
  previous_yes_bid_dollars: '0.0000',
  volume_fp: '2.00',
  volume_24h_fp: '2.00',
  open_interest_fp: '2.00',
  notional_value_dollars: '1.0000',
  result: '',
  can_close_early: true,
  strike_type: 'less',
  cap_strike: 0,
  rules_primary: 'If it freezes, then the market resolves to Yes.',
  rules_secondary: 'Frost is at most 0 °C, two metres above the ground.',
  price_level_structure: 'linear_cent',
  price_ranges: [{ start: '0.0000', end: '1.0000', step: '0.0100' }],
};
