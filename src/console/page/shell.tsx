/** The frame: where one can go, which run this is, whether the connection stands, and the view that was asked for. */
import type { ComponentType } from 'preact';
import { useEffect } from 'preact/hooks';
import { addressOf, DEFAULT_VIEW } from './address.ts';
import { ControlDialog, ControlOfTrader } from './control/control.tsx';
import { Dashboard } from './dashboard/dashboard.tsx';
import { dateAndTime, timeOfDay } from './format.ts';
import { Inspector } from './inspector/inspector.tsx';
import { connection, dropped, hello, marketTime } from './live.ts';
import { place } from './router.ts';
import { nextTheme, theme } from './theme.ts';

const VIEWS: Readonly<Record<string, { readonly title: string; readonly View: ComponentType }>> = {
  dashboard: { title: 'Dashboard', View: Dashboard },
  inspector: { title: 'Inspector', View: Inspector },
};

export function Shell() {
  const current = VIEWS[place.value.view] === undefined ? DEFAULT_VIEW : place.value.view;
  const { title, View } = VIEWS[current]!;
  useEffect(() => {
    document.title = `${title} · Bothsides`;
  }, [title]);
  return (
    <div class="shell">
      <button type="button" class="skip button" onClick={() => document.getElementById('view')?.focus()}>
        Skip to the view
      </button>
      <header class="bar">
        <a class="brand" href={addressOf(DEFAULT_VIEW)} aria-label="Bothsides">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <rect width="16" height="16" rx="3.5" />
            <path d="M3.5 5.5h6M6.5 10.5h6" />
          </svg>
          <span>Bothsides</span>
        </a>
        <nav class="views" aria-label="Views">
          {Object.entries(VIEWS).map(([view, { title: name }]) => (
            <a key={view} href={addressOf(view)} aria-current={view === current ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <span class="space" />
        <ControlOfTrader place="bar" />
        <OfRun />
        <ConnectionState />
        <ThemeSwitch />
      </header>
      <div class="notices">
        <ControlOfTrader place="row" />
        <Notices />
      </div>
      <main class="view" id="view" tabIndex={-1} aria-label={title}>
        <View />
      </main>
      <ControlDialog />
    </div>
  );
}

function OfRun() {
  const said = hello.value;
  if (said === null) return null;
  return (
    <div class="of-run">
      <span class="chip accent" data-mode={said.run.mode}>
        {said.run.mode}
      </span>
      <span
        class="run-id mono muted outside"
        title={`Run ${said.run.id}, process ${said.run.pid}, seed ${said.run.seed}`}
      >
        {said.run.id}
      </span>
      <MarketTime />
    </div>
  );
}

/** The market's clock; it may run faster than ours. */
function MarketTime() {
  const now = marketTime;
  if (!Number.isFinite(now.value)) return null;
  // The clock of a run that is over stands at its end, however fast it once was.
  const speed = hello.value?.run.readOnly === true ? 1 : (hello.value?.clock.speed ?? 1);
  return (
    <time title={`Market time: ${dateAndTime(now.value)}`} dateTime={new Date(now.value).toISOString()}>
      {timeOfDay(now.value)}
      {speed === 1 ? '' : ` ×${speed}`}
    </time>
  );
}

function ConnectionState() {
  const state = connection.value;
  const readOnly = hello.value?.run.readOnly === true;
  const [tone, word] =
    state === 'lost'
      ? ['bad', 'no connection']
      : state === 'connecting'
        ? ['', 'connecting']
        : readOnly
          ? ['', 'journal']
          : ['good', 'live'];
  return (
    <span class={`chip ${tone}`} role="status" data-connection={state}>
      <span class="signal-dot" aria-hidden="true" />
      {word}
    </span>
  );
}

function Notices() {
  return (
    <>
      {connection.value === 'lost' && (
        <p class="notice" role="alert">
          The trader does not answer; what you see is what it said last. The page goes on by itself when it is back.
        </p>
      )}
      {dropped.value > 0 && (
        <p class="notice quiet" role="status">
          {dropped.value} messages were left out because this page was too slow for them.
          <button
            type="button"
            class="button"
            onClick={() => {
              dropped.value = 0;
            }}
          >
            Understood
          </button>
        </p>
      )}
    </>
  );
}

function ThemeSwitch() {
  const names = { system: 'as the system has it', light: 'light', dark: 'dark' } as const;
  const label = `Theme: ${names[theme.value]}`;
  return (
    <button
      type="button"
      class="theme-switch"
      onClick={nextTheme}
      title={label}
      aria-label={label}
      data-theme={theme.value}
    >
      <svg viewBox="0 0 16 16" aria-hidden="true">
        {theme.value === 'dark' && <path d="M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5Z" />}
        {theme.value === 'light' && (
          <path d="M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9 13 13M13 3l-1.1 1.1M4.1 11.9 3 13" />
        )}
        {theme.value === 'system' && (
          <path d="M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 2.5v11M8 5l4 1M8 8h5.3M8 11l4-1" />
        )}
      </svg>
    </button>
  );
}
