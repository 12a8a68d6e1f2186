/** An object as a table of names and values; what is inside a value opens on demand. */
import { dateAndTime, shortened, timeToTheMs } from '../format.ts';

const ENTRIES_MAX = 100;
const TEXT_MAX = 500;
/** A number of milliseconds above this (2001) is a date and not a length of time. */
const DATES_FROM_MS = 1e12;

export function JsonView({ title, value }: { readonly title: string; readonly value: unknown }) {
  const entries = isObject(value) ? Object.entries(value) : [['value', value] as const];
  if (entries.length === 0) return null;
  return (
    <section class="json" aria-label={title}>
      <h3>{title}</h3>
      <dl class="facts mono">
        {entries.slice(0, ENTRIES_MAX).map(([name, inside]) => (
          <div key={name}>
            <dt class="outside" title={name}>
              {shortened(name, 80)}
            </dt>
            <dd class="outside wraps">
              <Value value={inside} name={name} />
            </dd>
          </div>
        ))}
      </dl>
      {entries.length > ENTRIES_MAX && <p class="hint">{entries.length - ENTRIES_MAX} more are not shown.</p>}
    </section>
  );
}

function Value({ value, name }: { readonly value: unknown; readonly name: string }) {
  if (typeof value === 'number' && value > DATES_FROM_MS && name.endsWith('Ms')) {
    return (
      <span class="value" title={`${value} (${dateAndTime(value)})`}>
        {timeToTheMs(value)}
      </span>
    );
  }
  if (!isObject(value) || Object.keys(value).length === 0) {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return <span class={`value ${value === null ? 'null' : typeof value}`}>{shortened(text ?? '–', TEXT_MAX)}</span>;
  }
  const brief = JSON.stringify(value);
  if (brief.length <= 40) return <span class="value object">{brief}</span>;
  return (
    <details>
      <summary>{Array.isArray(value) ? `${value.length} entries` : `${Object.keys(value).length} fields`}</summary>
      <pre>{shortened(JSON.stringify(value, null, 2), 20_000)}</pre>
    </details>
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
