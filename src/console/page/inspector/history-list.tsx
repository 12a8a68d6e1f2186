/** The moves of one machine as the journal keeps them: when, from where to where, on which event, why. */
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { History, Move } from '../../wire.ts';
import { getJson } from '../api.ts';
import { duration, shortened, timeToTheMs } from '../format.ts';
import { eventName } from './definition.ts';
import { lookedAt, travel } from './inspection.ts';
import { stateText } from './state-value.ts';

const PAGE = 60;
/** A chart that moves all the time is not asked for all the time. */
const AGAIN_MS = 700;

/** `value`: what it is in now; when that changes there is more to tell. */
export function HistoryList({ actor, value }: { readonly actor: string; readonly value: string }) {
  const moves = useSignal<readonly Move[]>([]);
  const before = useSignal<number | null>(null);
  const failure = useSignal<string | null>(null);
  const isRead = useSignal(false);

  useEffect(() => {
    moves.value = [];
    before.value = null;
    isRead.value = false;
  }, [actor]);
  useEffect(() => {
    const abort = new AbortController();
    const read = async () => {
      try {
        const answer = await getJson<History>(address(actor, null), abort.signal);
        const oldest = answer.moves.at(-1)?.sequence ?? 0;
        const kept = moves.value.filter(({ sequence }) => sequence < oldest);
        moves.value = [...answer.moves, ...kept];
        if (kept.length === 0) before.value = answer.before;
        failure.value = null;
        isRead.value = true;
      } catch (error) {
        if ((error as Error).name !== 'AbortError') failure.value = (error as Error).message;
      }
    };
    const timer = setTimeout(() => void read(), moves.value.length === 0 ? 0 : AGAIN_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [actor, value]);

  const older = async () => {
    try {
      const answer = await getJson<History>(address(actor, before.value));
      moves.value = [...moves.value, ...answer.moves];
      before.value = answer.before;
    } catch (error) {
      failure.value = (error as Error).message;
    }
  };
  const at = lookedAt.value;
  const shown = at === null ? moves.value : moves.value.filter(({ atMs }) => atMs <= at);
  return (
    <section class="history" aria-label="History">
      <h3>History</h3>
      {failure.value !== null && <p class="hint">{failure.value}</p>}
      {failure.value === null && shown.length === 0 && (
        <p class="hint">{isRead.value ? 'Nothing yet.' : 'Being read from the journal.'}</p>
      )}
      <ol>
        {shown.map((move, index) => (
          <li key={move.sequence}>
            <MoveRow move={move} previous={shown[index + 1] ?? null} />
          </li>
        ))}
      </ol>
      {before.value !== null && (
        <button type="button" class="button small" onClick={() => void older()}>
          Older
        </button>
      )}
    </section>
  );
}

function address(actor: string, before: number | null): string {
  const rest = before === null ? '' : `&before=${before}`;
  return `/api/history?actor=${encodeURIComponent(actor)}&limit=${PAGE}${rest}`;
}

function MoveRow({ move, previous }: { readonly move: Move; readonly previous: Move | null }) {
  const to = stateText(move.to);
  const lasted = previous === null ? '' : `after ${duration(move.atMs - previous.atMs)}`;
  const why = [move.event === null ? '' : eventName(move.event), move.reason ?? '']
    .filter((part) => part !== '')
    .join(' · ');
  return (
    <button
      type="button"
      class={`move${move.status === 'active' ? '' : ' end'}`}
      data-move={move.sequence}
      title={`${timeToTheMs(move.atMs)}: ${move.from === null ? 'began' : stateText(move.from)} → ${to}\n${shortened(why, 400)}\nLook at this moment`}
      onClick={() => travel(move.atMs)}
    >
      <time>{timeToTheMs(move.atMs)}</time>
      <span class="move-to outside">{shortened(to === '' ? move.status : to, 200)}</span>
      <span class="move-why outside">{shortened(why === '' ? (move.from === null ? 'began' : '') : why, 200)}</span>
      <span class="move-lasted">{lasted}</span>
    </button>
  );
}
