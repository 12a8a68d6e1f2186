/** What `npm run replay` takes for one recording: a file, or a folder of nothing but parts. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { recordingsUnder } from '../../src/backtest/recordings-under.ts';

const root = mkdtempSync(join(tmpdir(), 'recordings-'));
afterAll(() => rmSync(root, { recursive: true }));

const PARTS = ['20260105T120000000Z-0001.jsonl.zst', '20260105T130000001Z-0002.jsonl.zst'];

async function found(name: string, files: readonly string[]): Promise<string[]> {
  const folder = join(root, name);
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  return (await recordingsUnder(folder)).map((path) => relative(folder, path));
}

it('A folder of parts that our recorder wrote is one recording', async () => {
  expect(await found('own', PARTS)).toEqual(['']);
  expect(await found('beside', [...PARTS, 'settlements.json', 'README.md'])).toEqual(['']);
});

it('A folder with folders of parts is as many recordings as there are such folders', async () => {
  const files = ['monday', 'tuesday'].flatMap((day) => PARTS.map((part) => join(day, part)));
  expect(await found('days', files)).toEqual(['monday', 'tuesday']);
});

it('Of other files each is a recording, and of parts among them too', async () => {
  expect(await found('others', ['b.jsonl', 'a.jsonl.zst'])).toEqual(['a.jsonl.zst', 'b.jsonl']);
  expect(await found('mixed', [...PARTS, 'x.jsonl'])).toEqual([...PARTS, 'x.jsonl']);
});

it('A part that is named by itself is played by itself', async () => {
  await found('alone', PARTS);
  const part = join(root, 'alone', PARTS[1]!);
  expect(await recordingsUnder(part)).toEqual([part]);
});
