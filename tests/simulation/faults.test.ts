/**
 * What the world does to a trader, and that it comes back: no order doubled, none on a void book, quoting again within
 * the time that is stated, and in the end every position, fill and cent as the exchange has it.
 */
import { describe, expect, it } from 'vitest';
import { createMeddler, type Meddler } from '../support/interference.ts';
import { differences, isStreamLive, quotingNow, simSettings, startTrial, type Trial } from '../support/world.ts';

async function quoting(seed: number): Promise<{ trial: Trial; meddler: Meddler }> {
  const meddler = createMeddler();
  const settings = simSettings(['sim.markets=60']);
  const trial = await startTrial({ seed, settings, forMs: null, interference: meddler.interference });
  const isQuoting = await trial.world.advance(60_000, () => quotingNow(trial) >= 3);
  expect(isQuoting).toBe(true);
  await trial.world.advance(5_000);
  return { trial, meddler };
}

/** The end that every story must have. */
async function endsWell(trial: Trial): Promise<void> {
  trial.run.windDown();
  const summary = await trial.finish(180_000);
  expect(trial.violations).toEqual([]);
  expect(differences(trial)).toEqual([]);
  expect(summary).toMatchObject({ exit: 0, money: { difference: '0.000000' }, orders: { leftResting: 0, unknown: 0 } });
}

describe('a storm of 429s', () => {
  it('refuses everything for ten seconds, and is over within ten more', async () => {
    const { trial, meddler } = await quoting(41);
    meddler.switches.throttling = true;
    await trial.world.advance(10_000);
    meddler.switches.throttling = false;
    expect(trial.run.runtime.table.unknownCount).toBe(0);
    expect(await trial.world.advance(10_000, () => quotingNow(trial) >= 3)).toBe(true);
    const before = trial.run.runtime.gateway.counts.created;
    expect(await trial.world.advance(30_000, () => trial.run.runtime.gateway.counts.created > before)).toBe(true);
    await endsWell(trial);
  });
});

describe('a dropped socket', () => {
  it('voids every book at once, and is open and live again within ten seconds', async () => {
    const { trial, meddler } = await quoting(42);
    const voided: string[] = [];
    trial.run.runtime.feed.facts$.subscribe((fact) => void (fact.type === 'book.voided' && voided.push(fact.market)));
    meddler.drop();
    await trial.world.advance(50);
    expect(voided.length).toBeGreaterThanOrEqual(3);
    expect(isStreamLive(trial)).toBe(false);
    expect(await trial.world.advance(10_000, () => isStreamLive(trial) && quotingNow(trial) >= 3)).toBe(true);
    await endsWell(trial);
  });

  it('that stays down for two minutes is stood in for by REST, fills included', async () => {
    const { trial, meddler } = await quoting(43);
    meddler.switches.refusing = true;
    meddler.drop();
    const before = trial.world.exchange.engine.fills(trial.world.user).length;
    await trial.world.advance(120_000);
    expect(isStreamLive(trial)).toBe(false);
    expect(trial.run.runtime.feed.counts.polls).toBeGreaterThan(10);
    expect(trial.world.exchange.engine.fills(trial.world.user).length).toBeGreaterThan(before);
    await trial.world.advance(5_000);
    expect(trial.run.runtime.ledger.fillCount).toBeGreaterThanOrEqual(
      trial.world.exchange.engine.fills(trial.world.user).length - 1,
    );
    meddler.switches.refusing = false;
    expect(await trial.world.advance(15_000, () => isStreamLive(trial))).toBe(true);
    await endsWell(trial);
  });

  it('that only falls silent is noticed within seven seconds', async () => {
    const { trial, meddler } = await quoting(44);
    meddler.switches.silent = true;
    expect(await trial.world.advance(7_000, () => quotingNow(trial) === 0)).toBe(true);
    meddler.switches.silent = false;
    expect(await trial.world.advance(30_000, () => quotingNow(trial) >= 1)).toBe(true);
    await endsWell(trial);
  });
});

describe('a hole in the sequence', () => {
  it('voids every book of the subscription until its snapshot has come', async () => {
    const { trial, meddler } = await quoting(45);
    const { counts } = trial.run.runtime.feed;
    meddler.switches.lostDeltas = 1;
    expect(await trial.world.advance(20_000, () => counts.gaps === 1)).toBe(true);
    expect(quotingNow(trial)).toBe(0);
    expect(await trial.world.advance(5_000, () => quotingNow(trial) >= 3)).toBe(true);
    expect(counts.resyncs).toBeGreaterThan(0);
    await endsWell(trial);
  });
});

describe('an answer that never comes', () => {
  it('to a create that took effect: the order is found, never doubled', async () => {
    const { trial, meddler } = await quoting(46);
    // The private stream would tell of it at once: here it is lost as well.
    meddler.switches.deaf = true;
    meddler.switches.lostAnswers = 1;
    const { counts } = trial.run.runtime.gateway;
    expect(await trial.world.advance(120_000, () => counts.unknown === 1)).toBe(true);
    // Found at the next look: within its period, two reads and their latencies.
    expect(await trial.world.advance(5_000, () => trial.run.runtime.table.unknownCount === 0)).toBe(true);
    await endsWell(trial);
  });

  it('to a create that never arrived: sent again with its own id, or known to be absent', async () => {
    const { trial, meddler } = await quoting(47);
    meddler.switches.lostCreates = 1;
    const { counts } = trial.run.runtime.gateway;
    expect(await trial.world.advance(120_000, () => counts.unknown === 1)).toBe(true);
    expect(await trial.world.advance(75_000, () => trial.run.runtime.table.unknownCount === 0)).toBe(true);
    await endsWell(trial);
  });
});
