/** Messages between actors as a sequence: a lane for each, time going down, only the rows that are seen drawn. */
import { signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { count, shortened, timeToTheMs } from '../format.ts';
import { eventName } from './definition.ts';
import { type Heard, type Lane, sequenceOf } from './event-log.ts';
import { events, lookedAt, partyOf, revision, select, selectedKey } from './inspection.ts';

const ROW_PX = 20;
const SPARE_ROWS = 4;
const TIME_PX = 86;
const LANE_MIN_PX = 110;
const PAYLOAD_MAX = 4_000;

/** Whose messages: those of the actor that is looked at, or all, a lane for each machine. */
const scope = signal<'one' | 'all'>('one');
const frozen = signal<readonly Heard[] | null>(null);
const opened = signal<Heard | null>(null);

export function SequencePanel() {
  revision.value;
  const width = useSignal(600);
  const height = useSignal(200);
  const scrolled = useSignal(0);
  const scroller = useRef<HTMLDivElement>(null);
  const key = selectedKey.value;
  const isAll = scope.value === 'all';
  const entries = frozen.value ?? (lookedAt.value === null ? events.entries(isAll ? null : key) : []);
  const own = isAll || key === null ? null : partyOf(key).name;
  const lanesMax = Math.max(2, Math.floor((width.value - TIME_PX) / LANE_MIN_PX));
  const { lanes, rows } = sequenceOf(entries, isAll ? machineLane : ownLane, lanesMax, own);
  const laneWidth = (width.value - TIME_PX) / Math.max(1, lanes.length);

  useEffect(() => {
    const element = scroller.current!;
    const observer = new ResizeObserver(() => {
      width.value = element.clientWidth;
      height.value = element.clientHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // The list hangs from its end: 0 is the newest, and what is read above it has a negative place.
  const top = Math.max(0, rows.length * ROW_PX - height.value + scrolled.value);
  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS);
  const last = Math.min(rows.length, Math.ceil((top + height.value) / ROW_PX) + SPARE_ROWS);
  const middleOf = (lane: number) => TIME_PX + (lane + 0.5) * laneWidth;
  return (
    <section class="panel sequence" aria-label="Messages between actors">
      <header>
        <h2>Messages</h2>
        <fieldset class="either" aria-label="Whose messages">
          <Choice name="one" title="This actor" />
          <Choice name="all" title="All, by machine" />
        </fieldset>
        <span class="space" />
        <span class="muted number">{count(rows.length)}</span>
        <button
          type="button"
          class="button small"
          aria-pressed={frozen.value !== null}
          onClick={() => {
            frozen.value = frozen.value === null ? entries : null;
            if (frozen.value === null) scroller.current!.scrollTop = 0;
          }}
        >
          {frozen.value === null ? 'Hold' : 'Go on'}
        </button>
      </header>
      <div class="lanes" aria-hidden="true" style={{ paddingLeft: `${TIME_PX}px` }}>
        {lanes.map(({ id, title }) => (
          <span key={id} class={`lane outside${id === own ? ' own' : ''}`} title={title}>
            {shortened(title, 80)}
          </span>
        ))}
      </div>
      <div
        class="messages"
        ref={scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that is scrolled by keys
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Messages, the newest last"
        onScroll={({ currentTarget }) => {
          scrolled.value = currentTarget.scrollTop;
          // Who scrolls back wants to read: nothing may move under their eyes.
          if (scrolled.value < -ROW_PX && frozen.value === null) frozen.value = entries;
        }}
      >
        <div class="messages-length" style={{ height: `${rows.length * ROW_PX}px` }}>
          {lanes.map(({ id }, index) => (
            <span key={id} class="lifeline" style={{ left: `${middleOf(index)}px` }} />
          ))}
          {rows.slice(first, last).map(({ heard, from, to }, index) => (
            <Message
              key={heard.serial}
              heard={heard}
              y={(first + index) * ROW_PX}
              from={middleOf(from)}
              to={middleOf(to)}
              laneWidth={laneWidth}
              fromTitle={lanes[from]?.title ?? ''}
              toTitle={lanes[to]?.title ?? ''}
            />
          ))}
        </div>
        {rows.length === 0 && (
          <p class="empty">
            {lookedAt.value === null
              ? 'No message was heard since you look.'
              : 'The journal keeps what moved, not every message: see the history beside.'}
          </p>
        )}
      </div>
      {opened.value !== null && <Payload heard={opened.value} />}
    </section>
  );
}

function Choice({ name, title }: { readonly name: 'one' | 'all'; readonly title: string }) {
  return (
    <button
      type="button"
      aria-pressed={scope.value === name}
      onClick={() => {
        scope.value = name;
        frozen.value = null;
      }}
    >
      {title}
    </button>
  );
}

interface MessageProps {
  readonly heard: Heard;
  readonly y: number;
  readonly from: number;
  readonly to: number;
  readonly laneWidth: number;
  readonly fromTitle: string;
  readonly toTitle: string;
}

function Message({ heard, y, from, to, laneWidth, fromTitle, toTitle }: MessageProps) {
  const isOwn = from === to;
  const left = isOwn ? from : Math.min(from, to);
  const width = isOwn ? 14 : Math.abs(to - from);
  const name = shortened(eventName(heard.type), 120);
  const room = Math.max(isOwn ? laneWidth * 0.9 : width, 90) - 10;
  const isBackward = to < from;
  return (
    <button
      type="button"
      class={`message${opened.value?.serial === heard.serial ? ' opened' : ''}`}
      style={{ transform: `translateY(${y}px)` }}
      data-event={heard.type}
      aria-label={`${timeToTheMs(heard.atMs)} ${name}, from ${fromTitle} to ${toTitle}`}
      title={`${name}\n${fromTitle} → ${toTitle}`}
      onClick={() => {
        opened.value = opened.value?.serial === heard.serial ? null : heard;
      }}
    >
      <time>{timeToTheMs(heard.atMs)}</time>
      <span
        class={`wire${isOwn ? ' own' : ''}${isBackward ? ' back' : ''}`}
        style={{ left: `${left}px`, width: `${width}px` }}
      />
      <span class="message-name outside" style={{ left: `${(isOwn ? from + 16 : left) + 6}px`, maxWidth: `${room}px` }}>
        {name}
      </span>
    </button>
  );
}

function Payload({ heard }: { readonly heard: Heard }) {
  const text = JSON.stringify(heard.event, null, 2);
  return (
    <div class="payload">
      <header>
        <strong class="outside">{shortened(heard.type, 200)}</strong>
        <span class="muted">{timeToTheMs(heard.atMs)}</span>
        <span class="space" />
        <button type="button" class="button small" onClick={() => select(heard.target)}>
          Show receiver
        </button>
        <button
          type="button"
          class="button small"
          aria-label="Close"
          onClick={() => {
            opened.value = null;
          }}
        >
          ×
        </button>
      </header>
      <pre>{shortened(text, PAYLOAD_MAX)}</pre>
    </div>
  );
}

/** A timer that comes again and again under the same name is one. */
function ownLane(key: string): Lane {
  const { name } = partyOf(key);
  return { id: name, title: name };
}

/** Everybody of the same machine in one lane; streams and timers in another. */
function machineLane(key: string): Lane {
  const title = partyOf(key).machine ?? 'streams, timers';
  return { id: title, title };
}
