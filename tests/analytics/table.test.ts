import { describe, expect, it } from 'vitest';
import { type Column, csvTable, legend, recordOf, textTable } from '../../src/analytics/table.ts';

interface Row {
  readonly name: string;
  readonly share: number | null;
}
const COLUMNS: readonly Column<Row>[] = [
  { key: 'name', head: 'name', means: 'who', value: ({ name }) => name },
  {
    key: 'share',
    head: 'sh',
    means: 'how much',
    value: ({ share }) => share,
    text: (value: number) => `${value * 100}%`,
  },
];
const ROWS: readonly Row[] = [
  { name: 'one', share: 0.5 },
  { name: 'two, "quoted"', share: null },
];

describe('A table', () => {
  it('aligns numbers to the right, under their headings, with its foot under a line', () => {
    expect(textTable(COLUMNS, ROWS, [{ name: 'all', share: 1 }]).split('\n')).toEqual([
      'name             sh',
      '-------------  ----',
      'one             50%',
      'two, "quoted"     –',
      '-------------  ----',
      'all            100%',
    ]);
    expect(textTable(COLUMNS, [], []).split('\n')).toHaveLength(2);
  });

  it('explains each of its headings', () => {
    expect(legend(COLUMNS)).toBe('name  who\nsh    how much');
  });

  it('is for spreadsheets as it is, unrounded, quoted where it must be', () => {
    expect(csvTable(COLUMNS, ROWS)).toBe('name,share\r\none,0.5\r\n"two, ""quoted""",\r\n');
  });

  it('is for programs key by key', () => {
    expect(recordOf(COLUMNS, ROWS[1]!)).toEqual({ name: 'two, "quoted"', share: null });
  });
});
