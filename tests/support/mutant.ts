/** A copy of the tree with one thing broken in it, in which a program of its own looks for what breaks by that. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Finding } from '../crash/find.ts';
import { applyPatch, parsePatch } from './patch.ts';
import { ROOT } from './source-tree.ts';

const FOLDER = join(ROOT, 'tests/mutants');
/** What a run in virtual time needs of the tree. */
const COPIED = ['src', 'machines', 'config', 'tests', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
const LINKED = 'node_modules';

export interface Mutant {
  readonly name: string;
  /** What it breaks: the patch's first line. */
  readonly breaks: string;
  /** What a violation says that was found for the right reason: the line `Seen as:`; null: any. */
  readonly seenAs: RegExp;
  /** The first seed to look at in the short form: the line `Quick:`; null: only in the long one. */
  readonly quickSeed: number | null;
  readonly patch: string;
}

export function readMutants(): readonly Mutant[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.patch'))
    .sort()
    .map((file) => {
      const patch = readFileSync(join(FOLDER, file), 'utf8');
      const head = patch.slice(0, patch.indexOf('\n--- '));
      const quick = /^Quick: (\d+)$/m.exec(head)?.[1];
      const seenAs = /^Seen as: (.+)$/m.exec(head)?.[1];
      if (seenAs === undefined) throw new Error(`${file} does not say what it is seen as`);
      return {
        name: file.replace(/\.patch$/, ''),
        breaks: head.split('\n')[0]!,
        seenAs: new RegExp(seenAs),
        quickSeed: quick === undefined ? null : Number(quick),
        patch,
      };
    });
}

/** The files of the tree as the patch leaves them. Throws, naming the patch, where it does not fit any more. */
export function patched({ name, patch }: Mutant): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const each of parsePatch(patch)) {
    const text = texts.get(each.file) ?? readFileSync(join(ROOT, each.file), 'utf8');
    try {
      texts.set(each.file, applyPatch(text, each));
    } catch (error) {
      throw new Error(`tests/mutants/${name}.patch does not apply`, { cause: error });
    }
  }
  return texts;
}

/** Crash runs of the mutant, seed by seed, until one breaks a rule. */
export async function hunt(
  mutant: Mutant,
  budget: { readonly from: number; readonly to: number; readonly points: number; readonly withinMs: number },
): Promise<Finding> {
  const texts = patched(mutant);
  const copy = mkdtempSync(join(tmpdir(), 'bothsides-mutant-'));
  try {
    for (const part of COPIED) cpSync(join(ROOT, part), join(copy, part), { recursive: true });
    symlinkSync(join(ROOT, LINKED), join(copy, LINKED));
    for (const [file, text] of texts) writeFileSync(join(copy, file), text);
    const { from, to, points, withinMs } = budget;
    const args = [join(copy, 'tests/crash/find.ts'), String(from), String(to), String(points)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: copy, timeout: withinMs });
    return JSON.parse(stdout.trim().split('\n').at(-1)!) as Finding;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
