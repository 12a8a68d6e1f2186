/**
 * What the official client can ask besides a trader's day: one call for each method, and the field by which its answer is
 * known. Those in NOT_YET answer 501 today. One that begins to work fails its test until its name is taken off.
 */
import type { OfficialClient } from './official-client.ts';

export const NOT_YET: ReadonlySet<string> = new Set([
  'account.getAccountApiUsageLevelVolumeProgress',
  'communications.acceptBlockTradeProposal',
  'communications.acceptQuote',
  'communications.acceptRFQQuote',
  'communications.confirmQuote',
  'communications.confirmRFQQuote',
  'communications.createQuote',
  'communications.createRFQ',
  'communications.deleteQuote',
  'communications.deleteRFQ',
  'communications.deleteRFQQuote',
  'communications.getBlockTradeProposals',
  'communications.getCommunicationsID',
  'communications.getQuote',
  'communications.getQuotes',
  'communications.getRFQ',
  'communications.getRFQQuote',
  'communications.getRFQs',
  'communications.proposeBlockTrade',
  'events.getEventForecastPercentilesHistory',
  'fcm.createFCMSubtrader',
  'fcm.deleteFCMEventContractDailyCap',
  'fcm.getFCMEventContractDailyCap',
  'fcm.getFCMOrders',
  'fcm.getFCMPositions',
  'fcm.listFCMSubtraders',
  'fcm.updateFCMEventContractDailyCap',
  'historical.getHistoricalPositions',
  'keys.createApiKey',
  'keys.deleteApiKey',
  'keys.generateApiKey',
  'keys.getApiKeys',
  'liveData.getEventLiveData',
  'liveData.getGameStats',
  'liveData.getLiveData',
  'liveData.getLiveDataByMilestone',
  'liveData.getLiveDatas',
  'liveData.getWeatherIndex',
  'liveData.getWeatherIndexCalibrations',
  'milestones.getMilestone',
  'milestones.getMilestones',
  'multivariate.createMarketInMultivariateEventCollection',
  'multivariate.getMultivariateEventCollection',
  'multivariate.getMultivariateEventCollections',
  'portfolio.applySubaccountTransfer',
  'portfolio.createSubaccount',
  'portfolio.getSubaccountBalances',
  'portfolio.getSubaccountNetting',
  'portfolio.getSubaccountTransfers',
  'portfolio.updateSubaccountNetting',
  'search.getFiltersForSports',
  'search.getTagsForSeriesCategories',
  'targets.getStructuredTarget',
  'targets.getStructuredTargets',
]);

export interface Place {
  readonly ticker: string;
  readonly event: string;
  readonly series: string;
  /** Unix seconds of the market clock. */
  readonly now: number;
}

/** The call, and the field that its answer has, null where it has no body to speak of; or the refusal that is right. */
type Beyond = readonly [
  call: (client: OfficialClient, place: Place) => Promise<{ data: unknown }>,
  answer: string | null | readonly [status: number, code: string],
];
/** The market of the day is not historical yet. */
const NOT_THERE = [404, 'not_found'] as const;

/** Requests of the families that are left out as a whole: any will do, they are not read. */
// biome-ignore lint/suspicious/noExplicitAny: as above
const ANY = {} as any;
const SOME = 'a0000000-0000-4000-8000-000000000000';

export const BEYOND: Readonly<Record<string, Beyond>> = {
  'portfolio.getDeposits': [(c) => c.portfolio.getDeposits(), 'deposits'],
  'portfolio.getWithdrawals': [(c) => c.portfolio.getWithdrawals(), 'withdrawals'],
  'account.getAccountApiUsageLevelVolumeProgress': [
    (c) => c.account.getAccountApiUsageLevelVolumeProgress(),
    'volume_progress',
  ],
  'account.upgradeAccountApiUsageLevel': [(c) => c.account.upgradeAccountApiUsageLevel(), null],
  'communications.acceptBlockTradeProposal': [(c) => c.communications.acceptBlockTradeProposal(SOME, ANY), null],
  'communications.acceptQuote': [(c) => c.communications.acceptQuote(SOME, ANY), null],
  'communications.acceptRFQQuote': [(c) => c.communications.acceptRFQQuote(SOME, SOME, ANY), null],
  'communications.confirmQuote': [(c) => c.communications.confirmQuote(SOME), null],
  'communications.confirmRFQQuote': [(c) => c.communications.confirmRFQQuote(SOME, SOME), null],
  'communications.createQuote': [(c) => c.communications.createQuote(ANY), 'id'],
  'communications.createRFQ': [(c) => c.communications.createRFQ(ANY), 'id'],
  'communications.deleteQuote': [(c) => c.communications.deleteQuote(SOME), null],
  'communications.deleteRFQ': [(c) => c.communications.deleteRFQ(SOME), null],
  'communications.deleteRFQQuote': [(c) => c.communications.deleteRFQQuote(SOME, SOME), null],
  'communications.getBlockTradeProposals': [(c) => c.communications.getBlockTradeProposals(), 'block_trade_proposals'],
  'communications.getCommunicationsID': [(c) => c.communications.getCommunicationsID(), 'communications_id'],
  'communications.getQuote': [(c) => c.communications.getQuote(SOME), 'quote'],
  'communications.getQuotes': [(c) => c.communications.getQuotes(), 'quotes'],
  'communications.getRFQ': [(c) => c.communications.getRFQ(SOME), 'rfq'],
  'communications.getRFQQuote': [(c) => c.communications.getRFQQuote(SOME, SOME), 'quote'],
  'communications.getRFQs': [(c) => c.communications.getRFQs(), 'rfqs'],
  'communications.proposeBlockTrade': [(c) => c.communications.proposeBlockTrade(ANY), null],
  'events.getEventFeeChanges': [(c) => c.events.getEventFeeChanges(), 'event_fee_changes'],
  'events.getEventForecastPercentilesHistory': [
    (c, { event, series, now }) =>
      c.events.getEventForecastPercentilesHistory(event, series, [5000], now - 3600, now, 60),
    'forecast_history',
  ],
  'events.getEventMetadata': [(c, { event }) => c.events.getEventMetadata(event), 'market_details'],
  'events.getMarketCandlesticksByEvent': [
    (c, { event, series, now }) => c.events.getMarketCandlesticksByEvent(event, series, now - 3600, now, 1),
    'market_candlesticks',
  ],
  'events.getMultivariateEvents': [(c) => c.events.getMultivariateEvents(), 'events'],
  'exchange.getSeriesFeeChanges': [(c) => c.exchange.getSeriesFeeChanges(), 'series_fee_change_arr'],
  'fcm.createFCMSubtrader': [(c) => c.fcm.createFCMSubtrader(ANY), null],
  'fcm.deleteFCMEventContractDailyCap': [(c) => c.fcm.deleteFCMEventContractDailyCap(SOME), null],
  'fcm.getFCMEventContractDailyCap': [(c) => c.fcm.getFCMEventContractDailyCap(SOME), null],
  'fcm.getFCMOrders': [(c) => c.fcm.getFCMOrders(SOME), 'orders'],
  'fcm.getFCMPositions': [(c) => c.fcm.getFCMPositions(SOME), 'market_positions'],
  'fcm.listFCMSubtraders': [(c) => c.fcm.listFCMSubtraders(), null],
  'fcm.updateFCMEventContractDailyCap': [(c) => c.fcm.updateFCMEventContractDailyCap(ANY), null],
  'historical.getFillsHistorical': [(c) => c.historical.getFillsHistorical(), 'fills'],
  'historical.getHistoricalCutoff': [(c) => c.historical.getHistoricalCutoff(), 'market_settled_ts'],
  'historical.getHistoricalMarket': [(c, { ticker }) => c.historical.getHistoricalMarket(ticker), NOT_THERE],
  'historical.getHistoricalMarkets': [(c) => c.historical.getHistoricalMarkets(), 'markets'],
  'historical.getHistoricalOrders': [(c) => c.historical.getHistoricalOrders(), 'orders'],
  'historical.getHistoricalPositions': [(c) => c.historical.getHistoricalPositions(), 'market_positions'],
  'historical.getMarketCandlesticksHistorical': [
    (c, { ticker, now }) => c.historical.getMarketCandlesticksHistorical(ticker, now - 3600, now, 1),
    NOT_THERE,
  ],
  'historical.getTradesHistorical': [(c) => c.historical.getTradesHistorical(), 'trades'],
  'incentives.getIncentivePrograms': [(c) => c.incentives.getIncentivePrograms(), 'incentive_programs'],
  'keys.createApiKey': [(c) => c.keys.createApiKey({ name: 'second', public_key: 'none' }), 'api_key_id'],
  'keys.deleteApiKey': [(c) => c.keys.deleteApiKey(SOME), null],
  'keys.generateApiKey': [(c) => c.keys.generateApiKey({ name: 'third' }), 'private_key'],
  'keys.getApiKeys': [(c) => c.keys.getApiKeys(), 'api_keys'],
  'liveData.getEventLiveData': [(c, { event }) => c.liveData.getEventLiveData(event), null],
  'liveData.getGameStats': [(c) => c.liveData.getGameStats(SOME), null],
  'liveData.getLiveData': [(c) => c.liveData.getLiveData('game', SOME), null],
  'liveData.getLiveDataByMilestone': [(c) => c.liveData.getLiveDataByMilestone(SOME), null],
  'liveData.getLiveDatas': [(c) => c.liveData.getLiveDatas([SOME]), null],
  'liveData.getWeatherIndex': [(c) => c.liveData.getWeatherIndex('nyc'), null],
  'liveData.getWeatherIndexCalibrations': [(c) => c.liveData.getWeatherIndexCalibrations('nyc'), null],
  'markets.batchGetMarketCandlesticks': [
    (c, { ticker, now }) => c.markets.batchGetMarketCandlesticks(ticker, now - 3600, now, 1),
    'markets',
  ],
  'markets.getMarketCandlesticks': [
    (c, { ticker, series, now }) => c.markets.getMarketCandlesticks(series, ticker, now - 3600, now, 1),
    'candlesticks',
  ],
  'milestones.getMilestone': [(c) => c.milestones.getMilestone(SOME), 'milestone'],
  'milestones.getMilestones': [(c) => c.milestones.getMilestones(10), 'milestones'],
  'multivariate.createMarketInMultivariateEventCollection': [
    (c) => c.multivariate.createMarketInMultivariateEventCollection('KXMVE', ANY),
    null,
  ],
  'multivariate.getMultivariateEventCollection': [(c) => c.multivariate.getMultivariateEventCollection('KXMVE'), null],
  'multivariate.getMultivariateEventCollections': [(c) => c.multivariate.getMultivariateEventCollections(), null],
  'portfolio.createSubaccount': [(c) => c.portfolio.createSubaccount(), 'subaccount_number'],
  'portfolio.applySubaccountTransfer': [
    (c) =>
      c.portfolio.applySubaccountTransfer({
        client_transfer_id: SOME,
        from_subaccount: 0,
        to_subaccount: 1,
        amount_cents: 100,
      }),
    null,
  ],
  'portfolio.getSubaccountBalances': [(c) => c.portfolio.getSubaccountBalances(), 'subaccount_balances'],
  'portfolio.getSubaccountTransfers': [(c) => c.portfolio.getSubaccountTransfers(), 'transfers'],
  'portfolio.getSubaccountNetting': [(c) => c.portfolio.getSubaccountNetting(), 'netting_configs'],
  'portfolio.updateSubaccountNetting': [
    (c) => c.portfolio.updateSubaccountNetting({ subaccount_number: 0, enabled: true }),
    null,
  ],
  'portfolio.intraExchangeInstanceTransfer': [
    (c) =>
      c.portfolio.intraExchangeInstanceTransfer({
        source: 'event_contract',
        destination: 'event_contract',
        source_exchange_shard: 0,
        destination_exchange_shard: 1,
        amount: 10_000,
      }),
    'transfer_id',
  ],
  'portfolio.getIntraExchangeInstanceTransfers': [(c) => c.portfolio.getIntraExchangeInstanceTransfers(), 'transfers'],
  'portfolio.getIntraExchangeInstanceTransfer': [
    async (c) => {
      const made = NOT_YET.has('portfolio.intraExchangeInstanceTransfer')
        ? SOME
        : (await c.portfolio.getIntraExchangeInstanceTransfers()).data.transfers[0]!.transfer_id;
      return c.portfolio.getIntraExchangeInstanceTransfer(made);
    },
    'transfer',
  ],
  'portfolio.getPortfolioRestingOrderTotalValue': [
    (c) => c.portfolio.getPortfolioRestingOrderTotalValue(),
    'total_resting_order_value',
  ],
  'portfolio.getTargetBalanceAllocation': [(c) => c.portfolio.getTargetBalanceAllocation(), 'allocations'],
  'portfolio.setTargetBalanceAllocation': [
    (c) => c.portfolio.setTargetBalanceAllocation({ allocations: [] }),
    [403, 'target_balance_allocation_is_not_enabled_for_this_user'],
  ],
  'search.getFiltersForSports': [(c) => c.search.getFiltersForSports(), null],
  'search.getTagsForSeriesCategories': [(c) => c.search.getTagsForSeriesCategories(), null],
  'targets.getStructuredTarget': [(c) => c.targets.getStructuredTarget(SOME), null],
  'targets.getStructuredTargets': [(c) => c.targets.getStructuredTargets(), null],
};
