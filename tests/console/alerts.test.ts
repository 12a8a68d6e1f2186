/**
 * Alerts against a real receiver on this machine. Invariants: raising never throws and never waits; no more leave in an hour
 * than the budget; what is critical is not crowded out by what is not; the address stands in no log.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Alert, alertOf, bodyFor } from '../../src/console/alert-words.ts';
import { Alerts } from '../../src/console/alerts.ts';
import { unixMs } from '../../src/domain/units.ts';
import { createSystemClock } from '../../src/runtime/system-clock.ts';
import { readAlertsUrl } from '../../src/settings/credentials.ts';
import { DEFAULTS } from '../support/default-settings.ts';

interface Receiver {
  readonly url: string;
  readonly bodies: Record<string, unknown>[];
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** Answers with these statuses, the last of them again and again; 0: not at all. */
async function receiver(...statuses: readonly number[]): Promise<Receiver> {
  const bodies: Record<string, unknown>[] = [];
  let asked = 0;
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      const status = statuses[Math.min(asked++, statuses.length - 1)] ?? 200;
      bodies.push(JSON.parse(text));
      if (status !== 0) response.writeHead(status, { location: 'http://127.0.0.1:1/elsewhere' }).end();
    });
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/SECRET`, bodies };
}

function alertsTo(url: string, settings: Partial<typeof DEFAULTS.alerts> = {}) {
  const logged: string[] = [];
  const note = (facts: object, message: string) => void logged.push(JSON.stringify([facts, message]));
  const real = createSystemClock();
  let aheadMs = 0;
  const wall = {
    now: () => unixMs(real.now() + aheadMs),
    setTimeout: real.setTimeout.bind(real),
    clearTimeout: real.clearTimeout.bind(real),
  };
  const alerts = new Alerts({
    url,
    settings: { ...DEFAULTS.alerts, ...settings },
    wall,
    log: { debug: note, info: note, warn: note, error: note },
    origin: () => ({ mode: 'sim', run: 'r1' }),
  });
  return {
    alerts,
    logged,
    later(ms: number) {
      aheadMs += ms;
    },
  };
}

const alert = (code: string, severity: Alert['severity'] = 'warning'): Alert => ({ code, severity, text: `${code}!` });
const HOUR_MS = 3_600_000;

describe('Alerts', () => {
  it('arrive, those that are severe enough, in order', async () => {
    const { url, bodies } = await receiver(200);
    const { alerts } = alertsTo(url);
    alerts.raise(alert('a'));
    alerts.raise(alert('b', 'info'));
    alerts.raise(alert('c', 'critical'));
    await alerts.close();
    expect(bodies).toEqual([
      { severity: 'warning', code: 'a', text: 'a!', mode: 'sim', run: 'r1', wallMs: expect.any(Number) },
      { severity: 'critical', code: 'c', text: 'c!', mode: 'sim', run: 'r1', wallMs: expect.any(Number) },
    ]);
    expect(alerts.counts).toEqual({ sent: 2, failed: 0, repeated: 0, overBudget: 0 });
  });

  it('are not repeated within their time; the next one says how often they came', async () => {
    const { url, bodies } = await receiver(200);
    const { alerts, later } = alertsTo(url);
    for (let i = 0; i < 4; i++) alerts.raise(alert('a'));
    later(DEFAULTS.alerts.repeatAfterMs + 1);
    alerts.raise(alert('a'));
    await alerts.close();
    expect(bodies.map(({ text }) => text)).toEqual(['a!', 'a! (It came 3 times more since it was last told.)']);
  });

  it('have a budget an hour, and the critical ones another', async () => {
    const { url, bodies } = await receiver(200);
    const { alerts, later } = alertsTo(url, { perHourMax: 3 });
    for (let i = 0; i < 10; i++) alerts.raise(alert(`w${i}`));
    alerts.raise(alert('halt', 'critical'));
    await alerts.close();
    expect(bodies.map(({ code }) => code)).toEqual(['w0', 'w1', 'w2', 'halt']);
    expect(bodies.at(-1)!.text).toContain('7 other alerts were left out');
    expect(alerts.counts.overBudget).toBe(7);
    later(HOUR_MS);
    alerts.raise(alert('later'));
    await alerts.close();
    expect(bodies).toHaveLength(5);
  });

  it('are tried again when the receiver fails for a moment', async () => {
    const { url, bodies } = await receiver(503, 200);
    const { alerts } = alertsTo(url);
    alerts.raise(alert('a'));
    await expect.poll(() => alerts.counts.sent, { timeout: 4_000 }).toBe(1);
    expect(bodies).toHaveLength(2);
  });

  it.each([
    ['refuses', [404], 'answered 404'],
    ['leads elsewhere', [302], 'answered 302'],
    ['never answers', [0], 'no answer within 200 ms'],
  ])('are given up on when the receiver %s, counted, and logged without its address', async (_, statuses, what) => {
    const { url } = await receiver(...statuses);
    const { alerts, logged } = alertsTo(url, { timeoutMs: 200 });
    const beganMs = performance.now();
    alerts.raise(alert('a'));
    expect(performance.now() - beganMs).toBeLessThan(50);
    await alerts.close();
    expect(alerts.counts).toMatchObject({ sent: 0, failed: 1 });
    expect(logged.join()).toContain(what);
    expect(logged.join()).not.toMatch(/SECRET|127\.0\.0\.1/);
  });

  it('to nobody are counted, and cost nobody anything', async () => {
    const { alerts, logged } = alertsTo('http://127.0.0.1:1/hook/SECRET');
    alerts.raise(alert('a'));
    await alerts.close();
    expect(alerts.counts.failed).toBe(1);
    expect(logged.join()).not.toContain('SECRET');
  });
});

describe('Bodies', () => {
  const hostile: Alert = { code: 'x', severity: 'critical', text: 'Halted by <!channel> & @everyone' };
  const body = (format: Parameters<typeof bodyFor>[0]) =>
    bodyFor(format, hostile, { mode: 'sim', run: 'r' }, { wallMs: 1, chat: '-42' });

  it('mention nobody, whatever a name says', () => {
    expect(body('slack')).toEqual({ text: '🛑 Bothsides (sim): Halted by &lt;!channel&gt; &amp; @everyone' });
    expect(body('discord')).toMatchObject({ allowed_mentions: { parse: [] } });
    expect(body('telegram')).toEqual({
      chat_id: '-42',
      text: '🛑 Bothsides (sim): Halted by <!channel> & @everyone',
      disable_web_page_preview: true,
    });
  });
});

describe('The journal', () => {
  const said = (kind: string, data: object) => alertOf({ sequence: 1, wallMs: 0, marketMs: 0, kind, data } as never);

  it.each([
    ['operator.halted', { by: 'ada', why: 'news' }, 'critical', 'Halted by ada (news)'],
    [
      'switch.fired',
      { switch: 'dailyLoss', action: 'halt', reason: 'dailyLoss 3 of 2' },
      'critical',
      'dailyLoss 3 of 2',
    ],
    ['switch.fired', { switch: 'feedStale', action: 'reduce', reason: 'feedStale' }, 'warning', 'The feed is lost'],
    ['run.refused', { error: 'positions differ' }, 'critical', 'refused: positions differ'],
    ['run.guarded', { starts: 3 }, 'critical', 'Start 3 in a row'],
    ['run.ended', { exit: 7, left: 2 }, 'critical', '2 orders are possibly left'],
    ['operator.paused', { by: 'ada', market: 'A\u202eB\n' }, 'warning', 'Paused on A B by ada.'],
  ])('%s %o is worth telling', (kind, data, severity, text) => {
    expect(said(kind, data)).toMatchObject({ severity, text: expect.stringContaining(text) });
  });

  it('is silent about the rest', () => {
    for (const kind of ['order.moved', 'fill.received', 'actor.moved']) expect(said(kind, {})).toBeNull();
  });
});

describe('The address', () => {
  it('comes from the environment, and is not repeated when it is none', () => {
    expect(readAlertsUrl({})).toBeNull();
    expect(readAlertsUrl({ BOTHSIDES_ALERTS_URL: ' https://example.com/x ' })).toBe('https://example.com/x');
    for (const text of ['ftp://SECRET', 'SECRET']) {
      expect(() => readAlertsUrl({ BOTHSIDES_ALERTS_URL: text })).toThrow(/no http or https address/);
      expect(() => readAlertsUrl({ BOTHSIDES_ALERTS_URL: text })).not.toThrow(/SECRET/);
    }
  });
});
