/** The net under our quotes, against the exchange itself: what it takes off, what may stand meanwhile, and when it is up. */
import { describe, expect, it } from 'vitest';
import type { ClientOrderId, OrderGroupId } from '../../src/domain/ids.ts';
import { named } from '../../src/domain/ids.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { RememberedGroups } from '../../src/runtime/remembered-groups.ts';
import { quantity } from '../support/markets.ts';
import { MARKET, OTHER, Stage, type StageOptions } from './stage.ts';

const PAUSE_MS = 15_000;

async function open(options: StageOptions = {}): Promise<Stage> {
  return Stage.open({ groups: new RememberedGroups(), ...options });
}

async function quoting(options: StageOptions = {}): Promise<Stage> {
  const stage = await open(options);
  stage.want({ bid: [40, 10], ask: [60, 10] });
  stage.want({ bid: [30, 10] }, OTHER);
  await stage.advance(100);
  expect(stage.placed()).toHaveLength(3);
  return stage;
}

/** What the journal remembers of groups, as a later run reads it. */
function remembered(stage: Stage): RememberedGroups {
  const groups = new RememberedGroups();
  for (const entry of stage.entries) groups.take(entry as JournalEntry);
  return groups;
}

const groupsThere = (stage: Stage) => stage.engine.groups(stage.user);
const quotesThere = (stage: Stage) => [...stage.resting(), ...stage.resting(OTHER)];
const commands = (stage: Stage) =>
  stage.line.seen
    .filter(({ name }) => name === 'group')
    .map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);

describe('A shard', () => {
  it('gets its group before its first quote, and every quote carries it', async () => {
    const stage = await quoting();
    const [group] = groupsThere(stage);
    expect(group).toMatchObject({ exchangeIndex: 0, limit: quantity(20), isTriggered: false });
    expect(stage.placed().map(({ groupId }) => groupId)).toEqual([group!.id, group!.id, group!.id]);
    expect(stage.placed().every(({ cancelOnPause }) => cancelOnPause)).toBe(true);
    expect(stage.line.seen.find(({ method }) => method !== 'GET')!.path).toContain('/order_groups/create');
    expect(commands(stage)).toEqual(['POST create']);
  });

  it('lets exits leave without it: what reduces must get out when the net has closed', async () => {
    const stage = await quoting();
    void stage.groups!.triggerAll('test');
    await stage.advance(100);
    stage.want({ ask: [55, 4, { purpose: 'exit', postOnly: false }] });
    stage.accounts.takeFill(bought(4));
    await stage.advance(300);
    expect(stage.resting()).toEqual([['ask', 55, 4]]);
    expect(stage.placed().at(-1)!.groupId).toBeNull();
  });

  it('is not quoted where the group cannot be put up, and is as soon as it can', async () => {
    const stage = await open();
    stage.line.fail('group', { how: '5xxBefore' }, 3);
    stage.want({ bid: [40, 10] });
    await stage.advance(900);
    expect([stage.placed(), stage.kinds('group.failed')]).toEqual([[], ['group.failed']]);
    expect(stage.groups!.hindrance(0)).toBe('orderGroupMissing');
    // After one second, two and four.
    await stage.advance(6_500);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
    expect(stage.line.count('group')).toBe(4);
    // Said once for as long as the reason is the same.
    expect(stage.kinds('group.failed')).toHaveLength(1);
  });

  it('that never hears whether its group was made has another one made', async () => {
    const stage = await open();
    stage.line.fail('group', { how: 'timeoutAfter' });
    stage.want({ bid: [40, 10] });
    await stage.advance(12_000);
    expect(groupsThere(stage)).toHaveLength(2);
    expect(stage.placed()[0]!.groupId).toBe(groupsThere(stage)[1]!.id);
  });
});

describe('A group that the venue triggers', () => {
  /** Eleven and ten contracts within a moment: one more than the limit. */
  async function storm(stage: Stage): Promise<void> {
    stage.crowd('ask', 40, 10);
    await stage.advance(5);
    stage.crowd('ask', 30, 10, OTHER);
    stage.crowd('bid', 60, 1);
    await stage.advance(100);
  }

  it('leaves nothing of ours there, and nothing new is sent until it is reset', async () => {
    const stage = await quoting();
    await storm(stage);
    expect(groupsThere(stage)[0]!.isTriggered).toBe(true);
    expect(quotesThere(stage)).toEqual([]);
    // Our rows know it from their own news, without a cancel of ours.
    expect([...stage.table.allOpen()]).toEqual([]);
    expect(stage.line.count('cancel')).toBe(0);
    expect(stage.groups!.hindrance(0)).toBe('orderGroupTriggered');
    const sent = stage.line.count('create');
    // Whatever is wanted meanwhile, in whichever market of the shard.
    for (let second = 1; second < PAUSE_MS / 1_000; second++) {
      stage.want({ bid: [40 - second, 10], ask: [60, 10] });
      await stage.advance(1_000);
    }
    expect(stage.line.count('create')).toBe(sent);
    await stage.advance(1_500);
    expect(commands(stage)).toEqual(['POST create', 'PUT reset']);
    expect(quotesThere(stage).length).toBeGreaterThan(0);
    expect(stage.kinds('group.')).toEqual(['group.created', 'group.triggered', 'group.reset']);
    expect(stage.positionHere()).toBe(stage.positionThere());
  });

  it('is known from a refusal when the stream says nothing', async () => {
    const stage = await quoting();
    stage.deaf = true;
    stage.engine.triggerGroup(stage.user, groupsThere(stage)[0]!.id);
    stage.want({ bid: [41, 10], ask: [60, 10] }, OTHER);
    await stage.advance(3_000);
    expect(stage.kinds('group.triggered')).toHaveLength(1);
    expect(stage.groups!.hindrance(0)).toBe('orderGroupTriggered');
    // It is no mistake of ours, and counts for none.
    expect(stage.gateway.counts.rejected).toBe(0);
    expect(stage.facts.filter(({ type }) => type === 'rejected')).toEqual([]);
    const sent = stage.line.count('create');
    await stage.advance(10_000);
    expect(stage.line.count('create')).toBe(sent);
  });

  it('while nobody listened is known when the stream is opened again', async () => {
    const stage = await quoting();
    stage.deaf = true;
    stage.engine.triggerGroup(stage.user, groupsThere(stage)[0]!.id);
    await stage.advance(1_000);
    expect(stage.groups!.hindrance(0)).toBeNull();
    stage.reopen();
    await stage.advance(100);
    expect(stage.groups!.hindrance(0)).toBe('orderGroupTriggered');
    // And what we think resting is found out by the next comparison with what rests.
    await stage.advance(60_000);
    expect(stage.rows().filter(({ state }) => state === 'resting').length).toBe(quotesThere(stage).length);
  });

  it('drops what had been approved and still waits for its tokens', async () => {
    const stage = await quoting();
    stage.want({ bid: [38, 10], ask: [60, 10] });
    // Between the approval and the bytes lies the journal's disk.
    const group = groupsThere(stage)[0]!.id;
    stage.groups!.refused(
      { ...stage.lastRow(), orderGroup: named<OrderGroupId>(group) },
      'exceeded_order_group_risk_limit',
    );
    const sent = stage.line.count('create');
    await stage.advance(1_000);
    expect(stage.line.count('create')).toBe(sent);
  });

  it('and that is gone is made anew', async () => {
    const stage = await quoting();
    stage.engine.deleteGroup(stage.user, groupsThere(stage)[0]!.id);
    await stage.advance(1_000);
    expect(groupsThere(stage)).toHaveLength(1);
    expect(quotesThere(stage)).toHaveLength(3);
    expect(stage.placed().at(-1)!.groupId).toBe(groupsThere(stage)[0]!.id);
  });

  it('whose limit somebody changes gets ours back', async () => {
    const stage = await quoting();
    stage.engine.limitGroup(stage.user, groupsThere(stage)[0]!.id, quantity(500));
    await stage.advance(100);
    expect(groupsThere(stage)[0]!.limit).toBe(quantity(20));
  });
});

describe('Triggered by us', () => {
  it('it takes everything off with one request a shard, before the cancels have their tokens', async () => {
    const stage = await quoting();
    const before = stage.line.seen.length;
    void stage.groups!.triggerAll('halt');
    stage.gateway.wantNothingAnywhere();
    await stage.advance(50);
    expect(quotesThere(stage)).toEqual([]);
    expect([...stage.table.allOpen()]).toEqual([]);
    expect(stage.line.seen[before]!.path).toMatch(/\/trigger$/);
    expect(stage.entries.find(({ kind }) => kind === 'group.triggered')!.data).toMatchObject({ by: 'halt' });
  });

  it('is told again when no clear answer comes', async () => {
    const stage = await quoting();
    stage.line.fail('group', { how: '429' }, 2);
    stage.door.restrict();
    void stage.groups!.triggerAll('halt');
    await stage.advance(1_000);
    expect(groupsThere(stage)[0]!.isTriggered).toBe(true);
    expect(commands(stage)).toEqual(['POST create', 'PUT trigger', 'PUT trigger', 'PUT trigger']);
  });

  it('waits for nothing but somebody who wants to quote', async () => {
    const stage = await quoting();
    stage.door.restrict();
    void stage.groups!.triggerAll('halt');
    await stage.advance(30_000);
    expect(groupsThere(stage)[0]!.isTriggered).toBe(true);
    stage.door.open();
    await stage.advance(1_000);
    expect(quotesThere(stage)).toHaveLength(3);
  });

  it('for good it stays triggered, whatever is wanted later', async () => {
    const stage = await quoting();
    void stage.groups!.triggerAll('stop', true);
    await stage.advance(60_000);
    expect(groupsThere(stage)[0]!.isTriggered).toBe(true);
    expect(quotesThere(stage)).toEqual([]);
    expect(commands(stage)).toEqual(['POST create', 'PUT trigger']);
  });

  it('keeps an order from coming to rest that wandered about', async () => {
    const stage = await quoting();
    stage.line.fail('create', { how: 'doneLate', afterMs: 4_000 });
    stage.want({ bid: [42, 10], ask: [60, 10] });
    await stage.advance(500);
    void stage.groups!.triggerAll('stop', true);
    stage.gateway.wantNothingAnywhere();
    await stage.advance(10_000);
    expect(quotesThere(stage)).toEqual([]);
    // The exchange refused it; that it is over is for evidence to say.
    expect(stage.placed()).toHaveLength(3);
  });
});

describe('A later run', () => {
  /** On an exchange where the same group stands: ids come from the seed. */
  async function later(first: Stage, prepare: (stage: Stage, group: string) => void = () => undefined, limit = 20) {
    const stage = await Stage.open({ groups: remembered(first) });
    const answer = stage.engine.createGroup(stage.user, 0, quantity(limit));
    if (!answer.ok) throw new Error(answer.code);
    expect(answer.group.id).toBe(groupsThere(first)[0]!.id);
    prepare(stage, answer.group.id);
    stage.want({ bid: [40, 10] });
    await stage.advance(200);
    return stage;
  }

  it('uses the group of the earlier one again', async () => {
    const stage = await later(await quoting());
    expect(groupsThere(stage)).toHaveLength(1);
    expect(stage.kinds('group.')).toEqual(['group.found']);
    expect(stage.placed()[0]!.groupId).toBe(groupsThere(stage)[0]!.id);
  });

  /** On an exchange where an order of the earlier one still rests in its group, as its row says. */
  async function afterDeath(prepare: (stage: Stage, group: string) => void = () => undefined, limit = 20) {
    const first = await quoting();
    const rows = [...first.table.allOpen()].slice(0, 1);
    const stage = await Stage.open({ groups: remembered(first) });
    const made = stage.engine.createGroup(stage.user, 0, quantity(limit));
    if (!made.ok) throw new Error(made.code);
    const { orderId, exchangeIndex, status, ...left } = first.placed()[0]!;
    const clientOrderId = named<ClientOrderId>('bs-r0-s1-1');
    stage.engine.create(stage.user, { ...left, clientOrderId, quantity: left.initial, reduceOnly: false });
    expect(stage.placed()).toMatchObject([{ status: 'resting', groupId: rows[0]!.orderGroup }]);
    prepare(stage, made.group.id);
    return { stage, rows };
  }

  it('takes off what the dead left with one request a shard, quotes there when it was answered, and not before', async () => {
    const { stage, rows } = await afterDeath();
    stage.line.fail('group', { how: 'slowAnswer', byMs: 1_000 });
    void stage.groups!.takeBack('recovery', rows);
    stage.want({ bid: [40, 10] });
    await stage.advance(500);
    expect(stage.placed()).toMatchObject([{ status: 'canceled' }]);
    await stage.advance(1_000);
    expect(commands(stage)).toEqual(['PUT trigger', 'PUT reset']);
    expect(stage.kinds('group.')).toEqual(['group.triggered', 'group.reset']);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
  });

  it('triggers nothing where nothing can rest', async () => {
    const { stage } = await afterDeath();
    await stage.groups!.takeBack('recovery', []);
    const { orderGroup: _, ...alone } = [...(await quoting()).table.allOpen()][0]!;
    await stage.groups!.takeBack('recovery', [alone]);
    await stage.advance(100);
    expect(commands(stage)).toEqual([]);
  });

  it('leaves a group that the venue triggered meanwhile as it is, and waits out the pause', async () => {
    const { stage, rows } = await afterDeath(({ engine, user }, group) => engine.triggerGroup(user, group));
    await Promise.all([stage.groups!.takeBack('recovery', rows), stage.advance(100)]);
    expect(commands(stage)).toEqual([]);
    stage.want({ bid: [40, 10] });
    await stage.advance(PAUSE_MS - 1_000);
    expect(stage.resting()).toEqual([]);
    await stage.advance(2_000);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
  });

  it('triggers where the groups cannot be read, and looks for another where there is none', async () => {
    const blind = await afterDeath();
    await Promise.all([blind.stage.groups!.takeBack('recovery', blind.rows, null), blind.stage.advance(100)]);
    expect(blind.stage.placed()).toMatchObject([{ status: 'canceled' }]);
    const gone = await afterDeath(({ engine, user }, group) => engine.deleteGroup(user, group));
    await Promise.all([gone.stage.groups!.takeBack('recovery', gone.rows), gone.stage.advance(100)]);
    expect(gone.stage.kinds('group.')).toEqual(['group.lost']);
  });

  it('gives the group its own limit before it quotes in it again', async () => {
    const { stage, rows } = await afterDeath(undefined, 50);
    await Promise.all([stage.groups!.takeBack('recovery', rows), stage.advance(100)]);
    stage.want({ bid: [40, 10] });
    await stage.advance(200);
    expect(groupsThere(stage)[0]!.limit).toBe(quantity(20));
    expect(stage.kinds('group.')).toEqual(['group.triggered', 'group.limited', 'group.reset']);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
  });

  it('resets at once what the earlier one triggered to stop', async () => {
    const first = await quoting();
    void first.groups!.triggerAll('stop', true);
    await first.advance(100);
    const stage = await later(first, ({ engine, user }, group) => engine.triggerGroup(user, group));
    expect(stage.kinds('group.')).toEqual(['group.found', 'group.reset']);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
  });

  it('waits out the pause of the earlier one, and one for what happened while nobody lived', async () => {
    const first = await quoting();
    first.engine.triggerGroup(first.user, groupsThere(first)[0]!.id);
    await first.advance(100);
    for (const earlier of [first, await quoting()]) {
      const stage = await later(earlier, ({ engine, user }, group) => engine.triggerGroup(user, group));
      await stage.advance(PAUSE_MS - 2_000);
      expect(stage.placed()).toEqual([]);
      await stage.advance(3_000);
      expect(stage.resting()).toEqual([['bid', 40, 10]]);
    }
  });

  it('sets the limit that it would have given', async () => {
    const stage = await later(await quoting(), undefined, 50);
    expect(groupsThere(stage)[0]!.limit).toBe(quantity(20));
    expect(stage.kinds('group.')).toEqual(['group.limited', 'group.found']);
  });

  it('makes another where the exchange has it no longer', async () => {
    const stage = await Stage.open({ groups: remembered(await quoting()) });
    stage.want({ bid: [40, 10] });
    await stage.advance(100);
    expect(stage.kinds('group.')).toEqual(['group.lost', 'group.created']);
    expect(stage.resting()).toEqual([['bid', 40, 10]]);
  });

  it('remembers the same from a checkpoint as from the journal', async () => {
    const first = await quoting();
    first.engine.triggerGroup(first.user, groupsThere(first)[0]!.id);
    await first.advance(100);
    const groups = new RememberedGroups();
    groups.restore(JSON.parse(JSON.stringify(remembered(first).toJson())));
    expect(groups.on(0)).toEqual(remembered(first).on(0));
    expect(groups.on(0)).toMatchObject({ contractsLimit: quantity(20), triggered: { by: 'venue' } });
  });
});

function bought(contracts: number) {
  return {
    tradeId: named<never>('t-1'),
    orderId: named<never>('o-by-hand'),
    clientOrderId: null,
    market: MARKET,
    side: 'bid' as const,
    price: 5_000 as never,
    quantity: quantity(contracts),
    fee: 0 as never,
    isTaker: false,
    atMs: 0 as never,
    positionAfter: null,
  };
}
