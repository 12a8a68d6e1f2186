/** Who is let in: over HTTP, and where a connection is upgraded. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Console } from '../../src/console/server.ts';
import { ask, handshake, openStage, TOKEN } from './stage.ts';

let web: Console;
let own: string;
const folder = mkdtempSync(join(tmpdir(), 'bothsides-page-'));
beforeAll(async () => {
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>');
  writeFileSync(join(folder, 'assets', 'main-1a2b.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'nothing of the page');
  web = await openStage({
    stately: true,
    pageFolder: folder,
    parts: [
      () => ({
        routes(app) {
          app.post('/api/change', (context) => context.json({ changed: true }));
          app.get('/api/broken', () => {
            throw new Error('broken');
          });
        },
      }),
    ],
  });
  own = web.url.slice('http://'.length);
});
afterAll(async () => {
  await web.close();
  rmSync(folder, { recursive: true });
});

const code = (answer: { json: () => never }) => (answer.json() as { error: { code: string } }).error.code;

describe('over HTTP', () => {
  it('only names of this machine are answered', async () => {
    for (const host of [own, own.replace('127.0.0.1', 'localhost'), 'localhost', '[::1]:1'])
      expect((await ask(web.url, '/api/state', { headers: { host } })).status, host).toBe(200);
    for (const host of ['evil.example', `evil.example:${own.split(':')[1]}`, '127.0.0.1.evil.example', '0.0.0.0']) {
      const answer = await ask(web.url, '/api/state', { headers: { host } });
      expect([answer.status, answer.text], host).toEqual([403, expect.stringContaining('FOREIGN_HOST')]);
    }
  });

  it('only our own page may ask from a browser', async () => {
    expect((await ask(web.url, '/api/state', { headers: { origin: web.url } })).status).toBe(200);
    for (const origin of ['http://evil.example', 'null', 'https://127.0.0.1', 'http://127.0.0.1:1']) {
      const answer = await ask(web.url, '/api/state', { headers: { origin } });
      expect([answer.status, code(answer)], origin).toEqual([403, 'FOREIGN_ORIGIN']);
    }
  });

  it('nothing is changed without the token of the run, whoever asks', async () => {
    const change = (headers: Record<string, string>) => ask(web.url, '/api/change', { method: 'POST', headers });
    for (const authorization of [
      '',
      'Bearer',
      `Bearer ${TOKEN}x`,
      `Bearer ${TOKEN.slice(1)}`,
      TOKEN,
      `Basic ${TOKEN}`,
    ]) {
      const answer = await change(authorization === '' ? {} : { authorization });
      expect([answer.status, code(answer)], authorization).toEqual([401, 'NO_TOKEN']);
    }
    expect((await change({ authorization: `Bearer ${TOKEN}` })).status).toBe(200);
    // The token opens nothing for others' pages.
    const abroad = { authorization: `Bearer ${TOKEN}`, origin: 'http://evil.example' };
    expect((await change(abroad)).status).toBe(403);
    for (const method of ['PUT', 'DELETE', 'PATCH'])
      expect((await ask(web.url, '/api/state', { method })).status, method).toBe(401);
  });

  it('the page comes with a policy that keeps everything else out, and is asked for anew each time', async () => {
    const page = await ask(web.url, '/');
    expect([page.status, page.text]).toEqual([200, '<!doctype html><title>page</title>']);
    expect(page.headers['content-security-policy']).toMatch(/^default-src 'self';.*frame-ancestors 'none'/);
    expect(page.headers).toMatchObject({ 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
    // Its own addresses lead to it, too.
    const deep = await ask(web.url, '/sessions/s1', { headers: { accept: 'text/html' } });
    expect([deep.status, deep.text]).toEqual([200, page.text]);
  });

  it('what the page loads is kept for good, and nothing beside it is served', async () => {
    const script = await ask(web.url, '/assets/main-1a2b.js');
    expect([script.status, script.headers['content-type']]).toEqual([200, 'text/javascript; charset=utf-8']);
    expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    for (const path of [
      '/assets/../secret.txt',
      '/assets/%2e%2e/secret.txt',
      '/assets/..%2fsecret.txt',
      '/secret.txt',
      '/assets/none.js',
      '/assets/',
      '/api/nothing',
    ])
      expect((await ask(web.url, path, { headers: { accept: 'text/html' } })).status, path).toBe(404);
  });

  it('answers of the moment are kept by nobody', async () => {
    expect((await ask(web.url, '/api/state')).headers['cache-control']).toBe('no-store');
  });

  it('a fault of ours is an answer, and the next one is answered', async () => {
    const answer = await ask(web.url, '/api/broken');
    expect([answer.status, code(answer)]).toEqual([500, 'FAULT']);
    expect((await ask(web.url, '/api/state')).status).toBe(200);
  });

  it('says how the page is built where it is not', async () => {
    const bare = await openStage({ parts: [], pageFolder: join(folder, 'none') });
    const page = await ask(bare.url, '/');
    await bare.close();
    expect([page.status, page.text]).toEqual([503, expect.stringContaining('npm run page')]);
  });
});

describe('where a connection is upgraded', () => {
  it('the same names and origins count', async () => {
    const at = (headers: Record<string, string>) => handshake(web.url, '/api/live', headers);
    expect(await at({})).toBe(101);
    expect(await at({ origin: web.url })).toBe(101);
    expect(await at({ origin: 'http://evil.example' })).toBe(403);
    expect(await at({ origin: 'null' })).toBe(403);
    expect(await at({ host: 'evil.example' })).toBe(403);
    expect(await handshake(web.url, '/api/other', {})).toBe(404);
  });

  it("Stately's viewers may have a page of their own, on this machine", async () => {
    const at = (headers: Record<string, string>) => handshake(web.url, '/api/stately', headers);
    expect(await at({})).toBe(101);
    expect(await at({ origin: 'http://localhost:5173' })).toBe(101);
    expect(await at({ origin: 'https://stately.ai' })).toBe(403);
    expect(await at({ origin: 'http://localhost.evil.example' })).toBe(403);
    expect(await at({ origin: 'null' })).toBe(403);
    expect(await at({ host: 'evil.example' })).toBe(403);
  });

  it("Stately's viewers are not served unless that was asked for", async () => {
    const plain = await openStage({ parts: [] });
    expect(await handshake(plain.url, '/api/stately', {})).toBe(404);
    await plain.close();
  });
});
