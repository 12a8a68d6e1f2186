/** Through the journal: a slider over everything that moved, a step to the next thing, and the way back to now. */
import { dateAndTime, duration, shortened, timeToTheMs } from '../format.ts';
import { marketTime } from '../live.ts';
import { hasTravelled, isReadOnly, lookedAt, moments, pastFailure, travel } from './inspection.ts';
import { barsOf, placeIn, spanOf } from './moments.ts';

const BARS_MAX = 240;
/** A press of an arrow key moves a four-hundredth of the whole. */
const STEPS = 400;

export function PastBanner() {
  if (!hasTravelled.value && !isReadOnly.value) return null;
  const at = lookedAt.value;
  if (!hasTravelled.value) {
    return (
      <p class="past-banner quiet" role="status">
        <strong>A run that is over.</strong> You see how it ended; the slider leads through it.
      </p>
    );
  }
  const ago = marketTime.value - at!;
  return (
    <div class="past-banner" role="status" data-past={at}>
      <strong>You look at the past</strong>
      <span>
        {dateAndTime(at!)}
        {Number.isFinite(ago) && !isReadOnly.value ? `, ${duration(ago)} ago` : ''} (market time)
      </span>
      {pastFailure.value !== null && <span>{pastFailure.value}</span>}
      <button type="button" class="button" onClick={() => travel(null)}>
        {isReadOnly.value ? 'To the end of the run' : 'Back to now'}
      </button>
    </div>
  );
}

export function TimeBar() {
  const known = moments.value;
  const span = known === null ? null : spanOf(known);
  const at = lookedAt.value;
  if (known === null || span === null) {
    return (
      <div class="time-bar">
        <span class="muted">{known === null ? 'Reading what moved so far…' : 'Nothing has moved yet.'}</span>
      </div>
    );
  }
  const value = Math.min(span.lastMs, Math.max(span.firstMs, at ?? span.lastMs));
  const bars = barsOf(known.density, BARS_MAX);
  const step = Math.max(1, Math.round((span.lastMs - span.firstMs) / STEPS));
  // A slider rests on whole steps only: its last one reaches the end, so that the End key leads back to now.
  const endMs = span.firstMs + Math.ceil((span.lastMs - span.firstMs) / step) * step;
  const go = (to: number) =>
    to >= span.lastMs && !isReadOnly.value ? travel(null, 'quietly') : travel(Math.max(span.firstMs, to), 'quietly');
  return (
    <div class={`time-bar${at === null ? '' : ' past'}`}>
      <button
        type="button"
        class="button small"
        aria-label="A step back"
        title="A step back"
        onClick={() => go(value - step)}
      >
        ‹
      </button>
      <div class="time-track">
        <svg viewBox={`0 0 ${bars.length} 1`} preserveAspectRatio="none" aria-hidden="true">
          {bars.map((height, index) =>
            height === 0 ? null : <rect key={index} x={index + 0.1} y={1 - height} width="0.8" height={height} />,
          )}
        </svg>
        {known.marks.map((mark) => (
          <span
            key={mark.sequence}
            class={`mark ${mark.kind}`}
            title={`${timeToTheMs(mark.atMs)} ${mark.kind}: ${shortened(mark.text, 300)}`}
            style={{ left: `${placeIn(span, mark.atMs) * 100}%` }}
          />
        ))}
        <input
          type="range"
          min={span.firstMs}
          max={endMs}
          step={step}
          value={at === null ? endMs : value}
          aria-label="Moment that is looked at"
          aria-valuetext={at === null ? 'now' : dateAndTime(value)}
          onInput={({ currentTarget }) => go(Number(currentTarget.value))}
        />
      </div>
      <button
        type="button"
        class="button small"
        aria-label="A step on"
        title="A step on"
        disabled={at === null}
        onClick={() => go(value + step)}
      >
        ›
      </button>
      <time class="muted">{at === null ? 'now' : timeToTheMs(at)}</time>
    </div>
  );
}
