/** Every actor in a tree. Only the rows that are seen are drawn; the keyboard moves through all of them. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { shortened } from '../format.ts';
import { everybody, filter, folded, select, selectedKey } from './inspection.ts';
import { stateText } from './state-value.ts';
import { type Listed, subjectOf, type TreeRow, treeRows } from './tree-rows.ts';

const ROW_PX = 26;
/** Drawn above and below what is seen, so that scrolling shows no holes. */
const SPARE_ROWS = 6;
const NAME_MAX = 200;
const STATUS_WORDS = { active: '', done: 'closed', stopped: 'stopped', error: 'broken' } as const;

export function ActorTree({ onChosen }: { readonly onChosen: () => void }) {
  const rows = treeRows(everybody.value, filter.value, folded.value);
  const top = useSignal(0);
  const height = useSignal(400);
  const scroller = useRef<HTMLDivElement>(null);
  const current = selectedKey.value;
  const place = rows.findIndex(({ actor }) => actor.key === current);

  useEffect(() => {
    const element = scroller.current!;
    const observer = new ResizeObserver(() => {
      height.value = element.clientHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const choose = (row: TreeRow | undefined, how: 'step' | 'quietly') => {
    if (row === undefined) return;
    select(row.actor.key, how);
    const element = scroller.current!;
    const y = rows.findIndex(({ actor }) => actor.key === row.actor.key) * ROW_PX;
    if (y < element.scrollTop) element.scrollTop = y;
    else if (y + ROW_PX > element.scrollTop + element.clientHeight)
      element.scrollTop = y + ROW_PX - element.clientHeight;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[place];
    const steps: Readonly<Record<string, () => void>> = {
      ArrowDown: () => choose(rows[place + 1], 'quietly'),
      ArrowUp: () => choose(rows[Math.max(0, place - 1)], 'quietly'),
      Home: () => choose(rows[0], 'quietly'),
      End: () => choose(rows.at(-1), 'quietly'),
      ArrowRight: () => {
        if (row?.isParent && !row.isOpen) fold(row.actor.key, false);
        else if (row?.isParent) choose(rows[place + 1], 'quietly');
      },
      ArrowLeft: () => {
        if (row?.isParent && row.isOpen) fold(row.actor.key, true);
        else
          choose(
            rows.find(({ actor }) => actor.key === row?.actor.parent),
            'quietly',
          );
      },
      Enter: onChosen,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    step();
  };

  const first = Math.max(0, Math.floor(top.value / ROW_PX) - SPARE_ROWS);
  const last = Math.min(rows.length, Math.ceil((top.value + height.value) / ROW_PX) + SPARE_ROWS);
  return (
    <section class="panel actors" aria-label="Actors">
      <Search shown={rows.length} />
      <div
        class="tree"
        ref={scroller}
        role="tree"
        tabIndex={0}
        aria-label="Actors"
        aria-activedescendant={place >= first && place < last ? 'tree-current' : undefined}
        onKeyDown={onKeyDown}
        onScroll={({ currentTarget }) => {
          top.value = currentTarget.scrollTop;
        }}
      >
        <div class="tree-length" role="none" style={{ height: `${rows.length * ROW_PX}px` }}>
          {rows.slice(first, last).map((row, index) => (
            <Row
              key={row.actor.key}
              row={row}
              y={(first + index) * ROW_PX}
              isCurrent={row.actor.key === current}
              onChoose={() => {
                choose(row, 'step');
                onChosen();
              }}
            />
          ))}
        </div>
        {rows.length === 0 && (
          <p class="empty">{everybody.value.length === 0 ? 'No actors yet.' : 'None is like that.'}</p>
        )}
      </div>
    </section>
  );
}

function fold(key: string, isFolded: boolean): void {
  const next = new Set(folded.value);
  if (isFolded) next.add(key);
  else next.delete(key);
  folded.value = next;
}

interface RowProps {
  readonly row: TreeRow;
  readonly y: number;
  readonly isCurrent: boolean;
  readonly onChoose: () => void;
}

function Row({ row: { actor, level, isParent, isOpen, position, siblings }, y, isCurrent, onChoose }: RowProps) {
  const state = actor.machine === null ? '' : stateText(actor.value);
  const word = STATUS_WORDS[actor.status];
  const name = shortened(actor.name, NAME_MAX);
  const subject = shortened(subjectOf(actor), NAME_MAX);
  return (
    // The tree itself hears the keys: its rows come and go while it is scrolled.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    <div
      class="tree-row"
      role="treeitem"
      tabIndex={-1}
      id={isCurrent ? 'tree-current' : undefined}
      aria-level={level}
      aria-posinset={position}
      aria-setsize={siblings}
      aria-selected={isCurrent}
      aria-expanded={isParent ? isOpen : undefined}
      aria-label={[name, subject, kindOf(actor), word, state].filter((part) => part !== '').join(', ')}
      data-actor={actor.name}
      data-status={actor.status}
      data-value={state}
      title={`${name} ${subject}\n${kindOf(actor)}${state === '' ? '' : `\n${state}`}`}
      style={{ transform: `translateY(${y}px)`, paddingLeft: `${6 + (level - 1) * 14}px` }}
      onClick={onChoose}
    >
      {isParent ? (
        <span
          class={`twist${isOpen ? ' open' : ''}`}
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            fold(actor.key, isOpen);
          }}
        />
      ) : (
        <span class="twist none" aria-hidden="true" />
      )}
      <span class={`life ${actor.machine === null ? 'plain' : ''} ${actor.status}`} aria-hidden="true" />
      <span class="tree-name outside">{name}</span>
      <span class="tree-subject outside">{subject}</span>
      <span class="tree-state outside">
        {state === '' || state === word ? word : [word, state].filter((part) => part !== '').join(' · ')}
      </span>
    </div>
  );
}

function kindOf({ machine }: Listed): string {
  return machine ?? 'stream, timer or promise';
}

function Search({ shown }: { readonly shown: number }) {
  const { search, machine, closed, others } = filter.value;
  const machines = [...new Set(everybody.value.flatMap((actor) => actor.machine ?? []))].sort();
  const set = (change: Partial<typeof filter.value>) => {
    filter.value = { ...filter.value, ...change };
  };
  const closedCount = everybody.value.filter((actor) => actor.status !== 'active' && actor.machine !== null).length;
  return (
    <div class="tree-search">
      <div class="tree-fields">
        <input
          class="field"
          type="search"
          placeholder="Search"
          aria-label="Search actors by name, machine or state"
          value={search}
          onInput={({ currentTarget }) => set({ search: currentTarget.value.slice(0, 200) })}
        />
        <select
          class="field"
          aria-label="Machine"
          value={machine}
          onChange={({ currentTarget }) => set({ machine: currentTarget.value })}
        >
          <option value="">All machines</option>
          {machines.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </div>
      <div class="tree-choices">
        <label title="Sessions that ended stay readable">
          <input
            type="checkbox"
            checked={closed}
            onChange={({ currentTarget }) => set({ closed: currentTarget.checked })}
          />
          closed{closedCount > 0 ? ` (${closedCount})` : ''}
        </label>
        <label title="Promises, timers and streams, which have no chart">
          <input
            type="checkbox"
            checked={others}
            onChange={({ currentTarget }) => set({ others: currentTarget.checked })}
          />
          streams, timers
        </label>
        <span class="muted number" role="status">
          {shown} shown
        </span>
      </div>
    </div>
  );
}
