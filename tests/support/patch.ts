/**
 * Applies unified diffs to texts. Line numbers are hints and no more: a hunk goes where its old lines stand, and they must
 * stand in one place only. So a patch survives what is written around it, and says so when it does not.
 */

export interface FilePatch {
  readonly file: string;
  readonly hunks: readonly { readonly before: string; readonly after: string }[];
}

/** What comes before the first file's `---` is for the reader. Throws on a text without a hunk. */
export function parsePatch(text: string): readonly FilePatch[] {
  const files: { file: string; hunks: { before: string; after: string }[] }[] = [];
  let hunk: { before: string; after: string } | null = null;
  for (const line of text.split('\n')) {
    const file = /^\+\+\+ (?:b\/)?(\S+)/.exec(line)?.[1];
    if (file !== undefined) files.push({ file, hunks: [] });
    if (/^(\+\+\+|---|diff |index )/.test(line)) hunk = null;
    else if (line.startsWith('@@')) {
      hunk = { before: '', after: '' };
      files.at(-1)?.hunks.push(hunk);
    } else if (hunk !== null && /^[ +-]/.test(line)) {
      const content = `${line.slice(1)}\n`;
      if (line[0] !== '+') hunk.before += content;
      if (line[0] !== '-') hunk.after += content;
    }
  }
  if (files.length === 0 || files.some(({ hunks }) => hunks.length === 0)) throw new Error('the patch has no hunk');
  return files;
}

/** The patched text. Throws where a hunk's old lines do not stand exactly once: the patch must be made anew. */
export function applyPatch(text: string, { file, hunks }: FilePatch): string {
  let patched = text;
  for (const [index, { before, after }] of hunks.entries()) {
    const places = patched.split(before).length - 1;
    if (places !== 1)
      throw new Error(
        `hunk ${index + 1} of ${file} fits in ${places} places: the code has changed, make the patch anew`,
      );
    patched = patched.replace(before, () => after);
  }
  return patched;
}
