/** The line that is read first: what the account is worth, what it earned, and whether it trades. */
import type { ComponentChildren } from 'preact';
import type { DashboardMessage } from '../../wire-dashboard.ts';
import { Money } from './money.tsx';
import { contracts, percent } from './numbers.ts';
import { apart, modeTone } from './words.ts';

export function Headline({ picture: { live, told } }: { picture: DashboardMessage }) {
  const money = live?.money ?? { ...told.money, dayPnl: null };
  const mode = live?.risk.mode ?? told.mode;
  const net = netOf(money);
  return (
    <section class="headline" aria-label="Account">
      <Figure name="Equity" isLarge note={money.isMarked ? undefined : 'positions without a price count at their cost'}>
        <Money value={money.equity} digitsMin={4} />
      </Figure>
      <Figure name="Net P&L" note="realised + unrealised − fees">
        <Money value={net} tone sign="always" digitsMin={4} />
      </Figure>
      {money.dayPnl !== null && (
        <Figure name="Today" note="since 00:00 in New York">
          <Money value={money.dayPnl} tone sign="always" digitsMin={4} />
        </Figure>
      )}
      <Figure name="Realised">
        <Money value={money.realizedPnl} digitsMin={4} />
      </Figure>
      <Figure name="Unrealised">
        <Money value={money.unrealizedPnl} digitsMin={4} />
      </Figure>
      <Figure name="Fees">
        <Money value={money.fees} digitsMin={4} />
      </Figure>
      <Figure name="Cash">
        <Money value={money.cash} digitsMin={4} />
      </Figure>
      <Figure name="Fills">
        {money.fills} <span class="muted">for {contracts(money.contracts)}</span>
      </Figure>
      <Figure name="Risk mode">
        {mode === null ? <span class="muted">–</span> : <span class={`chip ${modeTone(mode)}`}>{mode}</span>}
        {live !== null && live.risk.permission !== 'open' && (
          <span class="chip warn" title="What the gateway lets out">
            {apart(live.risk.permission)}
          </span>
        )}
      </Figure>
    </section>
  );
}

function Figure(props: { name: string; isLarge?: true; note?: string | undefined; children: ComponentChildren }) {
  return (
    <div class={props.isLarge ? 'figure large' : 'figure'} title={props.note}>
      <span class="label">{props.name}</span>
      <span class="value">{props.children}</span>
    </div>
  );
}

/** Exact: microdollars as integers. */
function netOf(money: { realizedPnl: string; unrealizedPnl: string; fees: string }): string {
  const micros = (text: string) => BigInt(text.replace('.', ''));
  const sum = micros(money.realizedPnl) + micros(money.unrealizedPnl) - micros(money.fees);
  const digits = String(sum < 0n ? -sum : sum).padStart(7, '0');
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

export function PerformanceLine({ told: { performance } }: Pick<DashboardMessage, 'told'>) {
  const { wins, losses, even, winRate, streak, strategy } = performance;
  const isDecided = wins + losses > 0;
  return (
    <p class="performance">
      <span>
        <span class="label">Win rate</span> {winRate === null ? 'no session with a result yet' : percent(winRate)}
      </span>
      <span>
        <span class="label">Sessions</span> {wins} won, {losses} lost, {even} even
      </span>
      {isDecided && (
        <span>
          <span class="label">Streak</span> {Math.abs(streak)} {streak >= 0 ? 'won' : 'lost'} in a row
        </span>
      )}
      {strategy !== null && (
        <span class="strategy">
          <span class="label">Strategy</span> {strategy}
        </span>
      )}
    </p>
  );
}
