/** A table that can be sorted by any column, by mouse and by keyboard, and keeps its head in sight. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

export interface Column<T> {
  readonly name: string;
  readonly label: string;
  /** Explains the column. */
  readonly title?: string;
  readonly cell: (row: T) => ComponentChildren;
  /** What it is sorted by; absent: it cannot be. Text by letters, numbers by size, null last. */
  readonly by?: (row: T) => number | string | null;
  readonly isNumber?: true;
  /** `wide`: only where there is room; `middle`: not on a phone. */
  readonly room?: 'wide' | 'middle';
}

export interface TableProps<T> {
  readonly label: string;
  readonly rows: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly keyOf: (row: T) => string;
  readonly sortedBy?: readonly [column: string, direction: Direction];
  /** Said where there is nothing to show. */
  readonly empty: string;
  readonly classOf?: (row: T) => string;
}

type Direction = 'ascending' | 'descending';

export function Table<T>({ label, rows, columns, keyOf, sortedBy, empty, classOf }: TableProps<T>) {
  const sort = useSignal<readonly [string, Direction] | null>(sortedBy ?? null);
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const [name, direction] = sort.value ?? ['', 'ascending'];
  const by = columns.find((column) => column.name === name)?.by;
  const sorted = by === undefined ? rows : rows.toSorted((a, b) => compared(by(a), by(b), direction));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable without a mouse.
    <section class="scroll" tabIndex={0} aria-label={label}>
      <table class="grid" aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                class={classes(column)}
                aria-sort={column.name === name ? direction : undefined}
                title={column.title}
              >
                {column.by === undefined ? (
                  column.label
                ) : (
                  <button
                    type="button"
                    onClick={() => {
                      sort.value = [column.name, nextDirection(column, sort.value)];
                    }}
                  >
                    {column.label}
                  </button>
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={keyOf(row)} class={classOf?.(row)}>
              {columns.map((column) => (
                <td key={column.name} class={classes(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function classes<T>({ name, isNumber, room }: Column<T>): string {
  return [`col-${name}`, isNumber ? 'number' : '', room ?? ''].filter((part) => part !== '').join(' ');
}

/** Numbers begin with the largest, words with the first letter; again turns it round. */
function nextDirection<T>(column: Column<T>, now: readonly [string, Direction] | null): Direction {
  if (now?.[0] === column.name) return now[1] === 'ascending' ? 'descending' : 'ascending';
  return column.isNumber ? 'descending' : 'ascending';
}

function compared(a: number | string | null, b: number | string | null, direction: Direction): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  const order =
    typeof a === 'number' && typeof b === 'number'
      ? a - b
      : String(a).localeCompare(String(b), 'en', { numeric: true });
  return direction === 'ascending' ? order : -order;
}
