/**
 * Whatever a client sends over REST, it is answered as the venue answers, and the exchange goes on:
 *
 * 1. every answer has a status that the venue has, and JSON, or nothing for a 204; a refusal has one of its error shapes;
 * 2. nothing is a fault of ours (a 500), however it was asked;
 * 3. no money is made or lost by it;
 * 4. afterwards an orderly request is answered, and orders can be placed.
 *
 * What once failed stands in KEPT.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STREAM_PATH } from '../../src/exchange/embedded/server.ts';
import { createFixture, order, RAIN, ROOT } from '../exchange/embedded/protocol-fixture.ts';
import { isVenueError } from '../support/error-shapes.ts';
import { type ServedExchange, serveExchange } from '../support/served-exchange.ts';
import { type Asked, GROUP_ID, ORDER_ID, request, requestOf } from './support/rest-requests.ts';

const LONG = process.env.BOTHSIDES_LONG === '1';
/** Answers 201 and nothing else. */
const SILENT = /\/account\/api_usage_level\/upgrade/;
const STATUSES = [200, 201, 204, 400, 401, 403, 404, 409, 410, 429, 501, 503];

/** One exchange for a whole run: what comes later meets what came before. */
async function play(requests: readonly Asked[]): Promise<void> {
  const venue = createFixture();
  venue.crowd(RAIN, 'bid', 40, 1_000);
  venue.crowd(RAIN, 'ask', 60, 1_000);
  const ids = { [ORDER_ID]: 'none', [GROUP_ID]: 'none' };
  const known = (from: string) => from.replaceAll(ORDER_ID, ids[ORDER_ID]).replaceAll(GROUP_ID, ids[GROUP_ID]);
  for (const drawn of requests) {
    const asked = {
      ...drawn,
      target: known(drawn.target),
      body: typeof drawn.body === 'string' ? known(drawn.body) : drawn.body,
    };
    const made = requestOf(asked, (path, method) => venue.signedHeaders(asked.user ?? '', method.toUpperCase(), path));
    if (made === null) continue;
    const answer = await venue.server.fetch(made);
    const said = await answer.text();
    const told = `${asked.method} ${asked.target.slice(0, 200)} ${String(asked.body).slice(0, 200)} → ${answer.status} ${said.slice(0, 300)}`;
    expect(venue.faults, told).toEqual([]);
    expect(STATUSES, told).toContain(answer.status);
    const isSilent = answer.status === 204 || (answer.status === 201 && SILENT.test(asked.target));
    if (isSilent || asked.method === 'HEAD') expect(said, told).toBe('');
    else {
      expect(answer.headers.get('content-type'), told).toMatch(/^application\/json/);
      if (answer.status >= 400) expect(isVenueError(JSON.parse(said)), told).toBe(true);
      else expect(typeof JSON.parse(said), told).toBe('object');
    }
    ids[ORDER_ID] = /"order_id":"([\w-]+)"/.exec(said)?.[1] ?? ids[ORDER_ID];
    ids[GROUP_ID] = /"order_group_id":"([\w-]+)"/.exec(said)?.[1] ?? ids[GROUP_ID];
    venue.market.advanceTo(venue.market.now() + 1);
    const { cash, openInterest, fees, deposits } = venue.engine.audit();
    expect(cash + openInterest * 10_000 + fees - deposits, told).toBe(0);
  }
  expect((await venue.send('GET', '/exchange/status')).status).toBe(200);
  venue.engine.cancelAll('bob');
  const placed = await venue.call('bob', 'POST', '/portfolio/events/orders', order({ client_order_id: 'at the end' }));
  expect(placed.status, placed.text).toBe(201);
}

/** What failed once. */
const KEPT: Readonly<Record<string, readonly Partial<Asked>[]>> = {
  'trades of a market that does not exist': [{ target: `${ROOT}/markets/trades?ticker=NOTHING` }],
  'more money paid in than can be counted exactly': [
    { method: 'POST', target: `${ROOT}/_deposit`, body: '{"amount_cents":49717742548593}' },
    { method: 'POST', target: `${ROOT}/_deposit`, body: '{"amount_cents":9007199254740991}' },
    { method: 'POST', target: `${ROOT}/_deposit`, body: '{"amount_cents":-9007199254740991}' },
    { target: `${ROOT}/portfolio/balance` },
  ],
};

describe('Whatever is asked over REST', () => {
  for (const [what, requests] of Object.entries(KEPT)) {
    it(`once failed: ${what}`, () =>
      play(requests.map((one) => ({ method: 'GET', target: ROOT, user: 'alice', headers: {}, body: null, ...one }))));
  }

  it(
    'is answered as the venue answers, and the exchange goes on',
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(request, { minLength: 10, maxLength: 40 }), play),
        LONG ? { numRuns: 5_000 } : { numRuns: 60, seed: 20_270_304 },
      ),
    LONG ? 600_000 : 30_000,
  );
});

describe('Whatever comes in over a socket', () => {
  let exchange: ServedExchange;
  beforeAll(async () => {
    exchange = await serveExchange();
  });
  afterAll(() => exchange.close());

  /** Sends the bytes, then hangs up; what came back. */
  async function say(...pieces: readonly (string | Uint8Array)[]): Promise<string> {
    const socket = connect(exchange.port, '127.0.0.1');
    let heard = '';
    socket.on('data', (data) => {
      heard += data.toString('latin1');
    });
    // The other side may hang up first.
    socket.on('error', () => undefined);
    for (const piece of pieces) socket.write(piece);
    socket.end();
    await once(socket, 'close');
    return heard;
  }
  const head = (line: string, ...headers: readonly string[]) =>
    `${[`${line} HTTP/1.1`, 'Host: venue', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`;
  const orders = `${ROOT}/portfolio/events/orders`;
  const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);

  it('never stops the exchange, and a client that goes away is no fault of ours', async () => {
    const status = `GET ${ROOT}/exchange/status`;
    const junk = [
      'HELLO\r\n\r\n',
      head('OPTIONS *'),
      head('CONNECT venue:1'),
      head('TRACE /'),
      head('GET //a//b'),
      head(`GET ${ROOT}/markets?x=${'a'.repeat(20_000)}`),
      `${head(`POST ${orders}`, 'Content-Length: 500')}abc`,
      `${head(`POST ${orders}`, 'Content-Length: -1')}abc`,
      `${head(`POST ${orders}`, 'Transfer-Encoding: chunked')}ZZ\r\nabc\r\n`,
      `${head(`POST ${orders}`, 'Expect: nonsense', 'Content-Length: 2')}{}`,
      head(`GET ${ROOT}/x`, 'Upgrade: websocket'),
      head(`GET ${STREAM_PATH}`, 'Upgrade: websocket', 'Sec-WebSocket-Key: no'),
      new Uint8Array(2_000).fill(255),
    ];
    for (const bytes of junk) {
      await say(bytes);
      expect(statusOf(await say(head(status))), String(bytes).slice(0, 60)).toBe(200);
    }
    expect(exchange.faults).toEqual([]);
  });

  it('is served in HTTP/1.1 where HTTP/2 was offered', async () => {
    const upgrade = ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];
    const asked = head(`GET ${ROOT}/exchange/status`, ...upgrade).replace('close', 'Upgrade, HTTP2-Settings, close');
    expect(statusOf(await say(asked))).toBe(200);
  });

  it('is not kept when it is longer than any request can be, told or not', async () => {
    const told = await say(head(`POST ${orders}`, `Content-Length: ${2 ** 40}`));
    expect(statusOf(told)).toBe(413);
    expect(isVenueError(JSON.parse(told.split('\r\n\r\n')[1]!))).toBe(true);
    const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`;
    const untold = await say(head(`POST ${orders}`, 'Transfer-Encoding: chunked'), chunk.repeat(9), '0\r\n\r\n');
    expect(statusOf(untold)).toBe(413);
  });
});
