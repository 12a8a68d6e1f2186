/** The page as it was built: its one document and what that loads, read from disk and told how long they may be kept. */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Context, Hono } from 'hono';

/** Nothing from elsewhere, nothing written into the document, nobody frames us. */
const CONTENT_POLICY = [
  "default-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.map': 'application/json',
};
/** Their names change with their content. */
const FOREVER = 'public, max-age=31536000, immutable';

export function servePage(app: Hono, folder: string): void {
  app.get('/assets/:name{[A-Za-z0-9._-]+}', async (context) => {
    const name = context.req.param('name');
    const type = TYPES[extname(name)];
    const content = type === undefined ? null : await contentOf(join(folder, 'assets', name));
    if (content === null) return context.notFound();
    return context.body(content, 200, { 'content-type': type!, 'cache-control': FOREVER });
  });
  app.get('/:name{(favicon\\.(ico|svg|png)|manifest\\.webmanifest)}', async (context) => {
    const name = context.req.param('name');
    const content = await contentOf(join(folder, name));
    if (content === null) return context.notFound();
    return context.body(content, 200, { 'content-type': TYPES[extname(name)]!, 'cache-control': 'no-cache' });
  });
  app.get('/', (context) => sendDocument(context, folder));
}

/** The document: the page finds its own way by the address. */
export async function sendDocument(context: Context, folder: string): Promise<Response> {
  const content = await contentOf(join(folder, 'index.html'));
  if (content === null)
    return context.text('The page of the console is not built: run `npm run page` in the project, then reload.\n', 503);
  return context.body(content, 200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': CONTENT_POLICY,
    'referrer-policy': 'no-referrer',
  });
}

/** null: there is no such file. */
async function contentOf(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return null;
    throw error;
  }
}
