/** What the console answers of a trader in a virtual world: a person's word, why a market is quoted or not, metrics. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerControl } from '../../src/console/control.ts';
import { explain } from '../../src/console/explain.ts';
import { createMetrics, METRIC_NAMES } from '../../src/console/metrics.ts';
import type { ControlAnswer } from '../../src/console/wire.ts';
import { whyFacts } from '../../src/runtime/why.ts';
import { simSettings, startTrial, type Trial } from '../support/world.ts';

let trial: Trial;
const runtime = () => trial.run.runtime;
const why = (market: string) => whyFacts(runtime(), market);
const quotedMarket = (): string => {
  for (const row of runtime().table.allOpen())
    if (row.purpose === 'quote' && [...runtime().table.open(row.market)].length === 2) return row.market;
  throw new Error('nothing is quoted');
};

beforeAll(async () => {
  const settings = simSettings(['sim.markets=20', 'session.concurrentMax=4']);
  trial = await startTrial({ seed: 401, forMs: null, settings });
  const isQuoted = () => [...runtime().table.allOpen()].filter(({ state }) => state === 'resting').length >= 6;
  expect(await trial.world.advance(60_000, isQuoted)).toBe(true);
});
afterAll(async () => {
  trial.run.stopNow();
  await trial.finish(10_000);
});

describe('A word to the trader', () => {
  const say = (request: unknown) =>
    answerControl(typeof request === 'string' ? request : JSON.stringify(request), runtime().operator);

  it.each([
    ['no JSON', '{', 400, 'NOT_JSON'],
    ['no command', { action: 'explode' }, 400, 'NOT_A_COMMAND'],
    ['a command with more in it', { action: 'pause', force: true }, 400, 'NOT_A_COMMAND'],
    ['a list', [], 400, 'NOT_A_COMMAND'],
    ['a name without an end', { action: 'pause', by: 'x'.repeat(61) }, 400, 'NOT_A_COMMAND'],
    ['a market that there is not', { action: 'pause', market: '<b>' }, 409, 'USAGE'],
    ['one market to be halted', { action: 'halt', market: 'X' }, 409, 'USAGE'],
    ['too much', JSON.stringify({ action: 'pause', reason: 'x'.repeat(9_000) }), 413, 'TOO_LARGE'],
  ])('that is %s is refused, and changes nothing', async (_, request, status, code) => {
    const before = trial.run.journal.lastSequence;
    expect(await say(request)).toMatchObject({ status, body: { error: { code } } });
    expect(trial.run.journal.lastSequence).toBe(before);
    expect(runtime().mode).toBe('active');
  });

  it('is refused where no trader is', async () => {
    expect(await answerControl('{"action":"halt"}', null)).toMatchObject({
      status: 409,
      body: { error: { code: 'NOT_RUNNING' } },
    });
  });

  it('is shown first, then done, with whose it was; names and reasons are one line of text', async () => {
    const market = quotedMarket();
    const dry = await say({ action: 'pause', market, dryRun: true });
    expect(dry).toMatchObject({ status: 200, body: { done: false, plan: { market } } });
    expect((dry.body as ControlAnswer).plan.orders).toHaveLength(2);
    const saying = say({ action: 'pause', market, reason: 'a\n\u202eb', by: '' });
    await trial.world.advance(500);
    expect(await saying).toMatchObject({ status: 200, body: { done: true } });
    expect(runtime().days.barOn(market)).toEqual({ action: 'pause', by: 'console' });
    expect(explain(why(market))).toMatchObject({
      verdict: expect.stringMatching(/notQuoted|reducing/),
      whyNot: expect.arrayContaining([
        expect.objectContaining({ code: 'operator', sentence: expect.stringContaining('Paused by console') }),
      ]),
    });
    const lifting = say({ action: 'resume', market });
    await trial.world.advance(500);
    await lifting;
    expect(runtime().days.barOn(market)).toBeNull();
  });
});

describe('Why', () => {
  it('a market is quoted: from the book to two prices, the numbers those of the decision', () => {
    const market = quotedMarket();
    const told = explain(why(market));
    const word = runtime().explanations.get(market as never)!;
    expect(told.verdict).toBe('quoted');
    expect(told.how.slice(0, 6).map(({ code }) => code)).toEqual(['s', 'q', 'sigma', 'gammaK', 'r', 'modelSpread']);
    const numbers = Object.assign({}, ...told.how.map((step) => step.numbers));
    expect(numbers.midCents).toBeCloseTo(word.midCents, 1);
    expect(numbers.reservationCents).toBeCloseTo(word.reservationCents, 1);
    expect(numbers.spreadCents).toBeCloseTo(word.spreadCents, 1);
    for (const bound of word.bounds) expect(told.how.map(({ code }) => code)).toContain(`bound.${bound}`);
  });

  it('every other market is not: at least one reason each, by a code, in a sentence', () => {
    for (const market of runtime().scan.listed.keys()) {
      const told = explain(why(market));
      if (told.verdict !== 'notQuoted' && told.verdict !== 'reducing') continue;
      expect(told.whyNot.length, market).toBeGreaterThan(0);
      for (const { code, sentence } of told.whyNot) {
        expect(code).toMatch(/^[a-zA-Z.]+$/);
        expect(sentence).toMatch(/^[A-Z`0-9$].*[.]$/);
      }
    }
    expect(explain(why('NO-SUCH'))).toMatchObject({
      verdict: 'notQuoted',
      whyNot: [{ code: 'unknownMarket' }],
    });
  });

  it('of every reason that the scanner has, there is a sentence of its own', () => {
    const facts = why([...runtime().scan.listed.keys()][0]!);
    const codes =
      'notListed notBinary notActive closed ended tooYoung closesTooSoon closesTooLate categoryExcluded lowVolume noTouch extreme wideSpread notInTop entriesPerHour balance restingValue';
    for (const scanned of codes.split(' ')) {
      const { whyNot } = explain({ ...facts, scanned, session: null });
      expect(whyNot.map(({ code }) => code)).toEqual([scanned]);
      expect(whyNot[0]!.sentence).not.toContain('The scanner says');
    }
  });

  it('freezes, risk, groups and budget have theirs', () => {
    const facts = why(quotedMarket());
    const session = facts.session!;
    const believes = {
      ...session.believes!,
      bookSynced: false,
      dataCurrent: false,
      tradesHeard: false,
      spreadCalm: false,
      certain: false,
    };
    const codesOf = (changes: Partial<typeof facts>) =>
      explain({ ...facts, ...changes }).whyNot.map(({ code }) => code);
    expect(
      codesOf({ session: { ...session, states: ['quoting', 'quoting.flow', 'quoting.flow.frozen'], believes } }),
    ).toEqual(['bookVoid', 'dataStale', 'tradesSilent', 'spreadShock', 'orderUnknown']);
    const denial = { side: 'bid', reason: 'total', value: 5_000_000, limit: 1_000_000 } as const;
    expect(codesOf({ hindrance: 'orderGroupTriggered', isCongested: true, risk: { ...facts.risk, denial } })).toEqual([
      'orderGroupTriggered',
      'congested',
      'denied.total',
    ]);
    expect(explain({ ...facts, risk: { ...facts.risk, denial } }).whyNot[0]!.sentence).toContain(
      'could lose $5.00; $1.00 are allowed',
    );
    expect(codesOf({ risk: { ...facts.risk, mode: 'halted', permission: 'cancelOnly' } })).toEqual(['halted']);
  });

  it('titles from outside are one line of text', () => {
    const facts = why(quotedMarket());
    const title = `<img src=x>\u202e${'long '.repeat(100)}\n`;
    const told = explain({ ...facts, listed: { ...facts.listed!, title } });
    expect(told.title!.length).toBeLessThanOrEqual(120);
    expect(told.title).not.toMatch(/[\u202e\n]/);
  });
});

describe('Metrics', () => {
  it('are what the trader is at the scrape, with names, units and help', async () => {
    const counts = { sent: 1, failed: 2, repeated: 3, overBudget: 4 };
    const text = await createMetrics(trial.run, counts).metrics();
    const value = (line: string) =>
      Number(
        text
          .split('\n')
          .find((each) => each.startsWith(`${line} `))
          ?.split(' ')[1],
      );
    expect(value('bothsides_equity_dollars')).toBeCloseTo(Number(runtime().accounts.equity()) / 1e6, 5);
    expect(value('bothsides_orders_total{outcome="created"}')).toBe(runtime().gateway.counts.created);
    expect(value('bothsides_risk_mode{mode="active"}')).toBe(1);
    expect(value('bothsides_sessions{state="quoting"}')).toBeGreaterThan(0);
    expect(value('bothsides_alerts_total{outcome="overBudget"}')).toBe(4);
    for (const name of METRIC_NAMES) {
      expect(text).toContain(`# HELP ${name} `);
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
    }
  });

  it('count what only grows once, however often they are scraped', async () => {
    const registry = createMetrics(trial.run, null);
    const [first, second] = [await registry.metrics(), await registry.metrics()];
    const line = (text: string) =>
      text.split('\n').find((each) => each.startsWith('bothsides_orders_total{outcome="created"}'));
    expect(line(second)).toBe(line(first));
  });

  it('that the Grafana dashboard names are there, and none is left out of it', () => {
    const file = join(import.meta.dirname, '../../config/deploy/grafana/bothsides.json');
    const dashboard = JSON.parse(readFileSync(file, 'utf8')) as { panels: { targets: { expr: string }[] }[] };
    const used = new Set<string>();
    for (const { targets } of dashboard.panels)
      for (const { expr } of targets)
        for (const [name] of expr.matchAll(/\b(?:bothsides|process|nodejs)_\w+/g)) used.add(name);
    expect([...used].sort()).toEqual([...METRIC_NAMES].sort());
  });
});
