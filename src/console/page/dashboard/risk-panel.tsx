/** What may be lost, and what would stop it: each limit and each kill switch as used of allowed. */
import type { LiveLimit, LivePicture, LiveSwitch, RiskEvent } from '../../wire-dashboard.ts';
import { duration, shortened, timeOfDay } from '../format.ts';
import { shortDollars } from './numbers.ts';
import { apart, limitWords, modeTone, SWITCHES } from './words.ts';

export function RiskPanel({ live, events }: { live: LivePicture | null; events: readonly RiskEvent[] }) {
  return (
    <section class="panel risk" aria-label="Risk">
      <header>
        <h2>Risk</h2>
        {live !== null && <span class={`chip ${modeTone(live.risk.mode)}`}>{live.risk.mode}</span>}
        {live?.risk.bar != null && (
          <span class="chip warn outside" title="The operator's word, until it is taken back">
            {apart(live.risk.bar.action)} by {shortened(live.risk.bar.by, 40)}
          </span>
        )}
      </header>
      {live === null ? (
        <p class="empty">Limits are in use only while the trader runs.</p>
      ) : (
        <div class="meters">
          {live.risk.limits.map((limit) => (
            <Limit key={limit.name} limit={limit} />
          ))}
          <h3>Kill switches</h3>
          {live.risk.switches.map((each) => (
            <Switch key={each.name} of={each} atMs={live.atMs} />
          ))}
        </div>
      )}
      <h3 class="within">What happened</h3>
      <Events events={events} />
    </section>
  );
}

function Limit({ limit }: { limit: LiveLimit }) {
  const [label, title] = limitWords(limit.name);
  const show = (text: string) => (limit.unit === 'money' ? shortDollars(text) : text);
  return (
    <Meter
      label={label}
      title={limit.of === null ? title : `${title} (${shortened(limit.of, 200)})`}
      share={limit.share ?? 0}
      text={`${show(limit.used)} of ${show(limit.allowed)}`}
    />
  );
}

function Switch({ of, atMs }: { of: LiveSwitch; atMs: number }) {
  const [label, does] = SWITCHES[of.name] ?? [apart(of.name), apart(of.action)];
  const show = (text: string) =>
    of.unit === 'money' ? shortDollars(text) : of.unit === 'ms' ? duration(Number(text)) : text;
  const { standing } = of;
  const until =
    standing?.resumeAtMs == null ? 'until a person lifts it' : `for ${duration(standing.resumeAtMs - atMs)} more`;
  return (
    <>
      <Meter
        label={label}
        title={`At ${show(of.firesAt)} it ${does} trading`}
        share={of.share}
        text={`${show(of.measured)} of ${show(of.firesAt)}`}
        isFired={standing !== null}
      />
      {standing !== null && (
        <p class="fired" title={shortened(standing.reason, 300)}>
          Fired: it {does} {until}
        </p>
      )}
    </>
  );
}

interface MeterProps {
  readonly label: string;
  readonly title?: string;
  readonly share: number;
  readonly text: string;
  readonly isFired?: boolean;
}

export function Meter({ label, title, share, text, isFired = false }: MeterProps) {
  const part = Math.min(1, Math.max(0, share));
  // All of it used is what a limit is for; over it is what must not be.
  const tone = isFired || share > 1 ? 'bad' : share >= 0.8 ? 'warn' : '';
  return (
    <div class={`meter ${tone}`} title={title}>
      <span class="name">{label}</span>
      <span class="amount">{text}</span>
      <div class="track" aria-hidden="true">
        <div class="fill" style={{ width: `${part * 100}%` }} />
      </div>
    </div>
  );
}

function Events({ events }: { events: readonly RiskEvent[] }) {
  if (events.length === 0) return <p class="empty">Nothing yet.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse.
    <ol class="events" tabIndex={0} aria-label="What happened, newest first">
      {events.map(({ sequence, atMs, text, tone }) => (
        <li key={sequence} class={tone}>
          <time>{timeOfDay(atMs)}</time>
          <span dir="auto">{text}</span>
        </li>
      ))}
    </ol>
  );
}
