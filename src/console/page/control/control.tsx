/** A person's word to the trader: pause, resume, flatten, halt. Each shows what it would come to before it is done. */

import type { Signal } from '@preact/signals';
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { ControlAnswer } from '../../wire.ts';
import { postJson } from '../api.ts';
import { hello } from '../live.ts';
import { token } from '../token.ts';
import './control.css';
import { PlanView } from './plan-view.tsx';

type Action = ControlAnswer['plan']['action'];

interface Offer {
  readonly action: Action;
  readonly name: string;
  /** What it does, for who has not used it yet. */
  readonly title: string;
  readonly tone: '' | 'bad';
}

const OFFERS: readonly Offer[] = [
  { action: 'pause', name: 'Pause', title: 'No new quotes until it is resumed', tone: '' },
  { action: 'resume', name: 'Resume', title: 'Lift a pause or halt', tone: '' },
  { action: 'flatten', name: 'Flatten', title: 'No new quotes, and positions are worked off', tone: '' },
  { action: 'cancelAll', name: 'Cancel all', title: 'Take every order of ours off, and stay paused', tone: '' },
  { action: 'halt', name: 'Halt', title: 'Nothing leaves any more but cancels, at once', tone: 'bad' },
];
const OF_ONE_MARKET: ReadonlySet<Action> = new Set(['pause', 'resume', 'flatten']);

interface Asked {
  readonly offer: Offer;
  readonly market: string | null;
}

/** What is being asked about now; one dialog for the whole page. */
const asked = signal<Asked | null>(null);

/** The buttons: for the whole trader, or for one market. */
export function ControlButtons({ market = null }: { readonly market?: string | null }) {
  if (hello.value === null || hello.value.run.readOnly) return null;
  const isAllowed = token.value !== null;
  const offers = OFFERS.filter(({ action }) => market === null || OF_ONE_MARKET.has(action));
  return (
    <fieldset class="control" aria-label={market === null ? 'Control of the trader' : `Control of ${market}`}>
      {offers.map((offer) => (
        <button
          key={offer.action}
          type="button"
          class={`button ${offer.tone}`}
          data-action={offer.action}
          disabled={!isAllowed}
          title={
            isAllowed ? offer.title : 'This page may only look: open the address with #token= that npm start printed'
          }
          onClick={() => {
            asked.value = { offer, market };
          }}
        >
          {offer.name}
        </button>
      ))}
    </fieldset>
  );
}

/** The bar has no room for the buttons here: they stand in a row of their own. */
const narrow = matchMedia('(max-width: 900px)');
const isNarrow = signal(narrow.matches);
narrow.addEventListener('change', ({ matches }) => {
  isNarrow.value = matches;
});

/** The buttons for the whole trader, at one of their two places. */
export function ControlOfTrader({ place }: { readonly place: 'bar' | 'row' }) {
  return (place === 'row') === isNarrow.value ? <ControlButtons /> : null;
}

/** Stands once in the page. */
export function ControlDialog() {
  const current = asked.value;
  return current === null ? null : <Dialog key={`${current.offer.action} ${current.market ?? ''}`} {...current} />;
}

type Stage =
  | { readonly kind: 'asking' | 'doing' }
  | { readonly kind: 'shown' | 'done'; readonly answer: ControlAnswer }
  | { readonly kind: 'failed'; readonly message: string };

function Dialog({ offer, market }: Asked) {
  const element = useRef<HTMLDialogElement>(null);
  const stage = useRef<Signal<Stage>>(signal<Stage>({ kind: 'asking' })).current;
  const reason = useRef<HTMLInputElement>(null);
  const say = async (dryRun: boolean): Promise<void> => {
    stage.value = { kind: dryRun ? 'asking' : 'doing' };
    try {
      const body = { action: offer.action, market, reason: reason.current?.value || null, dryRun };
      const answer = await postJson<ControlAnswer>('/api/control', body);
      stage.value = { kind: dryRun ? 'shown' : 'done', answer };
    } catch (error) {
      stage.value = { kind: 'failed', message: (error as Error).message };
    }
  };
  useEffect(() => {
    element.current?.showModal();
    void say(true);
  }, []);
  const close = (): void => element.current?.close();
  const now = stage.value;
  const title = market === null ? offer.name : `${offer.name} ${market}`;
  return (
    <dialog
      ref={element}
      class="control-dialog"
      aria-labelledby="control-title"
      onClose={() => {
        asked.value = null;
      }}
    >
      <h2 id="control-title" class="outside">
        {title}
      </h2>
      <p class="muted">{offer.title}.</p>
      <div class="plan" aria-live="polite">
        {now.kind === 'asking' && <p class="muted">Asking what it would come to…</p>}
        {now.kind === 'doing' && <p class="muted">Being done…</p>}
        {now.kind === 'failed' && (
          <p class="notice" role="alert">
            {now.message}
          </p>
        )}
        {(now.kind === 'shown' || now.kind === 'done') && <PlanView answer={now.answer} />}
      </div>
      {now.kind !== 'done' && (
        <label class="reason">
          Why (for the journal)
          <input ref={reason} type="text" maxLength={500} autocomplete="off" />
        </label>
      )}
      <div class="choices">
        <button type="button" class="button" onClick={close}>
          {now.kind === 'done' ? 'Close' : 'Leave it'}
        </button>
        {now.kind === 'failed' && (
          <button type="button" class="button" onClick={() => void say(true)}>
            Ask again
          </button>
        )}
        {now.kind === 'shown' && (
          <button type="button" class={`button primary ${offer.tone}`} data-confirm onClick={() => void say(false)}>
            {title}
          </button>
        )}
      </div>
    </dialog>
  );
}
