/** Rows as people and as programs read them: one list of columns for both. */

export type Cell = string | number | null;

export interface Column<Row> {
  /** For programs: camelCase, unit at the end. */
  readonly key: string;
  /** For people, above the column. */
  readonly head: string;
  /** What the heading stands for, unit included; for the legend below. */
  readonly means: string;
  /** Null: nothing to say. */
  readonly value: (row: Row) => Cell;
  /** For people; the value as it is unless given. Never called with null. */
  readonly text?: (value: never) => string;
}

/** A dash where there is nothing to say. */
const NOTHING = '–';

/** Aligned columns, the first to the left, numbers to the right; the foot under a line. */
export function textTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], foot: readonly Row[]): string {
  const cells = [...rows, ...foot].map((row) => columns.map((column) => textOf(column, row)));
  const heads = columns.map(({ head }) => head);
  const widths = heads.map((head, index) => Math.max(head.length, ...cells.map((line) => line[index]!.length)));
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => (index === 0 ? text.padEnd(widths[index]!) : text.padStart(widths[index]!)))
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const lines = cells.map(line);
  return [
    line(heads),
    rule,
    ...lines.slice(0, rows.length),
    ...(foot.length === 0 ? [] : [rule, ...lines.slice(rows.length)]),
  ].join('\n');
}

/** One line a column: its heading and what it means. */
export function legend<Row>(columns: readonly Column<Row>[]): string {
  const width = Math.max(...columns.map(({ head }) => head.length));
  return columns.map(({ head, means }) => `${head.padEnd(width)}  ${means}`).join('\n');
}

/** RFC 4180, a line of keys first; nothing to say is an empty field. */
export function csvTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ key }) => key),
    ...rows.map((row) => columns.map(({ value }) => String(value(row) ?? ''))),
  ];
  return `${lines.map((fields) => fields.map(quoted).join(',')).join('\r\n')}\r\n`;
}

/** Key by key, for JSON. */
export function recordOf<Row>(columns: readonly Column<Row>[], row: Row): Record<string, Cell> {
  return Object.fromEntries(columns.map(({ key, value }) => [key, value(row)]));
}

function textOf<Row>({ value, text }: Column<Row>, row: Row): string {
  const cell = value(row);
  if (cell === null) return NOTHING;
  return text === undefined ? String(cell) : text(cell as never);
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
