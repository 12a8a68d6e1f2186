/** What people look at all day: the account, its risk, every market, what was traded, and whether all is well. */
import { useEffect } from 'preact/hooks';
import { connection } from '../live.ts';
import { place } from '../router.ts';
import { Activity } from './activity.tsx';
import './dashboard.css';
import './dashboard-tables.css';
import { EquityPanel } from './equity.tsx';
import { pastMarkets, picture, startDashboard, trouble } from './feed.ts';
import { Headline, PerformanceLine } from './headline.tsx';
import { MarketTable } from './market-table.tsx';
import { MarketView } from './market-view.tsx';
import { RiskPanel } from './risk-panel.tsx';
import { BudgetPanel, KpiPanel, LogPanel } from './side-panels.tsx';

export function Dashboard() {
  const [kind, name] = place.value.rest;
  const ticker = kind === 'market' ? name : undefined;
  useEffect(() => startDashboard(ticker), [ticker]);
  const known = picture.value;
  if (known === null)
    return (
      <p class="empty" role="status">
        {trouble.value ?? (connection.value === 'lost' ? 'The trader does not answer.' : 'Waiting for the trader.')}
      </p>
    );
  if (ticker !== undefined) return <MarketView key={ticker} ticker={ticker} />;
  const { live, told } = known;
  return (
    <div class="dashboard">
      <Headline picture={known} />
      <PerformanceLine told={told} />
      <EquityPanel />
      <RiskPanel live={live} events={told.events} />
      <MarketTable markets={live?.markets ?? pastMarkets.value} atMs={known.atMs} notQuoted={live?.notQuoted ?? []} />
      <Activity />
      <KpiPanel kpis={told.kpis} />
      <BudgetPanel live={live} />
      <LogPanel isLive={live !== null} />
    </div>
  );
}
