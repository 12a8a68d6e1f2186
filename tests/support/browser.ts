/**
 * The console's page in a real browser: the Chromium of this machine, which reaches nothing but this machine. Whatever the
 * page complains of, and whatever it asks anybody else for, is noted and fails the test that looks at it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { describe, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const PAGE = join(ROOT, 'src/console/page');
const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
/** Stands for a name elsewhere in the world that an attacker points at this machine. */
export const FOREIGN_NAME = 'console.evil.example';
/** Waiting for something on the page; on a busy machine everything takes its time. */
export const PATIENCE_MS = 45_000;

export const CHROMIUM: string | null = PLACES.find((place) => existsSync(place)) ?? null;
const IS_REQUIRED = process.env.BOTHSIDES_BROWSER === 'required';
const WHERE = `there is no Chromium at ${PLACES.join(', ')}`;

/** Tests that need a browser: without one a line says what was not run, or they fail where one is required. */
export function inBrowser(title: string, tests: () => void): void {
  if (CHROMIUM !== null) {
    describe(title, { timeout: 2 * PATIENCE_MS }, tests);
    return;
  }
  it(`${title}: not looked at in a browser, ${WHERE}`, () => {
    if (IS_REQUIRED) throw new Error(`BOTHSIDES_BROWSER=required, and ${WHERE}.`);
    process.stderr.write(`${title}: not looked at in a browser, ${WHERE}.\n`);
  });
}

export async function openBrowser(): Promise<Browser> {
  if (CHROMIUM === null) throw new Error(WHERE);
  buildPage();
  return chromium.launch({
    executablePath: CHROMIUM,
    timeout: PATIENCE_MS,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      // No other name leads anywhere: what is asked of one fails, even where nobody looks.
      `--host-resolver-rules=MAP ${FOREIGN_NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost`,
    ],
  });
}

/** Whoever changed the page and did not build it would test another one. */
function buildPage(): void {
  const built = join(PAGE, 'dist/index.html');
  const builtMs = existsSync(built) ? statSync(built).mtimeMs : 0;
  const isNewer = readdirSync(PAGE, { recursive: true, withFileTypes: true }).some(
    (entry) =>
      entry.isFile() &&
      !entry.parentPath.includes(join(PAGE, 'dist')) &&
      statSync(join(entry.parentPath, entry.name)).mtimeMs > builtMs,
  );
  if (!isNewer) return;
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
  execFileSync(process.execPath, [vite, 'build', PAGE, '--logLevel', 'warn'], { cwd: ROOT, stdio: 'pipe' });
}

/** One who looks at the page of one console, with everything that went wrong meanwhile. */
export class Visit {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #origin: string;
  readonly #complaints: string[] = [];
  readonly #foreign: string[] = [];
  #tolerated: RegExp | null = null;
  requests = 0;

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    this.#origin = origin;
    page.setDefaultTimeout(PATIENCE_MS);
    const complain = (text: string): void => {
      if (this.#tolerated?.test(text) !== true) this.#complaints.push(text);
    };
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        complain(`${message.type()}: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => complain(`uncaught: ${error.stack ?? error.message}`));
    context.on('request', (request) => this.#note(request.url()));
    page.on('websocket', (socket) => this.#note(socket.url().replace(/^ws/, 'http')));
  }

  /** A tab of its own, in a browser window of its own: nothing is remembered from another visit. */
  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    const page = await context.newPage();
    return new Visit(context, page, new URL(url).origin);
  }

  /** Goes to a place of the page: `#/inspector/trader`. */
  async go(place: string): Promise<void> {
    const address = `${this.#origin}/${place}`;
    if (this.page.url().startsWith(`${this.#origin}/`))
      await this.page.evaluate(`location.hash = ${JSON.stringify(place)}`);
    else await this.page.goto(address, { timeout: PATIENCE_MS });
  }

  /** Complaints of this kind are what is to be seen here: a connection that breaks, an answer that refuses. */
  async tolerating<T>(kind: RegExp, run: () => Promise<T>): Promise<T> {
    this.#tolerated = kind;
    try {
      return await run();
    } finally {
      this.#tolerated = null;
    }
  }

  /** What must be empty at the end: complaints of the page, and requests to anybody but its own server. */
  get faults(): readonly string[] {
    return [...this.#complaints, ...this.#foreign.map((url) => `asked elsewhere: ${url}`)];
  }

  async close(): Promise<void> {
    await this.#context.close();
  }

  #note(url: string): void {
    this.requests++;
    if (/^(data|blob|about):/.test(url)) return;
    if (new URL(url).origin !== this.#origin) this.#foreign.push(url);
  }
}
