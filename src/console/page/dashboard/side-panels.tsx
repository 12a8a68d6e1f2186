/** Figures against their targets, the rate budget, the feed, the log. */

import type { LogLine } from '../../wire.ts';
import type { Kpi, LivePicture } from '../../wire-dashboard.ts';
import { count, shortened, timeOfDay } from '../format.ts';
import { lines } from './feed.ts';
import { percent } from './numbers.ts';
import { Meter } from './risk-panel.tsx';
import { apart } from './words.ts';

export function KpiPanel({ kpis }: { kpis: readonly Kpi[] }) {
  return (
    <section class="panel kpis" aria-label="Figures and targets">
      <header>
        <h2>Figures and targets</h2>
        <span class="muted small">
          {kpis.filter(({ isMet }) => isMet === true).length} of {kpis.filter(({ isMet }) => isMet !== null).length} met
        </span>
      </header>
      <ul>
        {kpis.map((kpi) => (
          <li key={kpi.name} data-kpi={kpi.name}>
            <span class="name">{kpi.label}</span>
            <span class={`value ${kpi.isMet === null ? 'none' : kpi.isMet ? 'met' : 'missed'}`}>
              {kpi.value === null ? 'not enough yet' : shown(kpi, kpi.value)}
            </span>
            <span class="target">
              {kpi.target.is === 'below' ? '<' : '>'} {shown(kpi, kpi.target.value, 0)}
              {kpi.isMet !== null && <span class="unseen">{kpi.isMet ? ' met' : ' missed'}</span>}
            </span>
            <span class="basis">{kpi.basis}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function shown({ unit }: Kpi, value: number, digits = 1): string {
  if (unit === 'share') return percent(value, digits);
  return unit === 'ms' ? `${Math.round(value)} ms` : value.toFixed(digits === 0 ? 1 : 2);
}

export function BudgetPanel({ live }: { live: LivePicture | null }) {
  return (
    <section class="panel budget" aria-label="Rate budget and feed">
      <header>
        <h2>Rate budget and feed</h2>
        {live !== null && <FeedChip live={live} />}
      </header>
      {live === null ? <p class="empty">Only while the trader runs.</p> : <Health live={live} />}
    </section>
  );
}

function Health({ live }: { live: LivePicture }) {
  const { feed, requests, buckets, tickToOrderUs } = live;
  return (
    <div class="meters">
      {buckets.map(({ kind, shard, tokens, capacity, tokensPerSecond, waiting }) => (
        <Meter
          key={`${kind}${shard}`}
          label={kind === 'read' ? 'Reads used' : shard === 0 ? 'Writes used' : `Writes used, shard ${shard}`}
          title={`${tokensPerSecond} tokens a second of market time`}
          share={capacity === 0 ? 0 : 1 - tokens / capacity}
          text={`${Math.round(capacity - tokens)} of ${capacity}${waiting > 0 ? `, ${waiting} wait` : ''}`}
        />
      ))}
      <dl class="fact-list">
        <Fact name="Requests" value={`${count(requests.total)}, ${requests.status429} of them 429`} />
        <Fact name="Lag" value={feed.lagMs === null ? 'nothing measured' : `${Math.round(feed.lagMs)} ms median`} />
        <Fact name="Books current" value={`${feed.current} of ${feed.watched}`} />
        <Fact name="Messages" value={`${count(feed.messages)}, ${feed.gaps} gaps, ${feed.resyncs} resyncs`} />
        <Fact
          name="Tick to order"
          value={tickToOrderUs.p50 === null ? 'no order yet' : `${tickToOrderUs.p50} µs, p99 ${tickToOrderUs.p99} µs`}
        />
      </dl>
    </div>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function FeedChip({ live: { feed } }: { live: LivePicture }) {
  const state = feed.states.filter((each) => each.startsWith('stream.')).at(-1) ?? '';
  const name = state.split('.').at(-1) ?? '';
  const tone = name === 'live' ? 'good' : name === 'backingOff' ? 'bad' : 'warn';
  return <span class={`chip ${name === '' ? '' : tone}`}>stream {name === '' ? 'unknown' : apart(name)}</span>;
}

export function LogPanel({ isLive }: { isLive: boolean }) {
  const told = lines.value;
  return (
    <section class="panel log" aria-label="Log">
      <header>
        <h2>Log</h2>
        <span class="muted small">wall time, UTC; newest first</span>
      </header>
      {told.length === 0 ? (
        <p class="empty">{isLive ? 'The trader has said nothing yet.' : 'Only while the trader runs.'}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse.
        <ol class="scroll" tabIndex={0} aria-label="Log, newest first">
          {told.toReversed().map((line, index) => (
            <Line key={told.length - index} line={line} />
          ))}
        </ol>
      )}
    </section>
  );
}

/** What the words of a plain line leave out; of a warning, everything. */
const TOLD = new Set(['market', 'session', 'reason', 'error']);

function Line({ line: { wallMs, level, message, detail } }: { line: LogLine }) {
  const facts =
    typeof detail === 'object' && detail !== null && !Array.isArray(detail)
      ? Object.entries(detail)
          .filter(([name]) => level !== 'info' || TOLD.has(name))
          .map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      : [];
  return (
    <li class={level}>
      <time>{timeOfDay(wallMs)}</time>
      {level !== 'info' && <span class="level">{level}</span>}
      <span class="words" dir="auto">
        {shortened(message, 400)} <span class="muted">{shortened(facts.join(', '), 400)}</span>
      </span>
    </li>
  );
}
