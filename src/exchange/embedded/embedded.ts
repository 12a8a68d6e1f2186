/** An exchange in this process: engine, order flow and protocol server on one clock. */
import { assert } from '../../domain/assert.ts';
import type { Clock } from '../../domain/clock.ts';
import { BothsidesError } from '../../domain/errors.ts';
import type { Random } from '../../domain/random.ts';
import { fromDollars, type Microdollars } from '../../domain/units.ts';
import { type AuditedEngine, createEngine } from './engine.ts';
import { createFaults, type FaultOptions, type Faults } from './faults/faulty-server.ts';
import type { Flow } from './flow/flow.ts';
import { openRecording } from './flow/recording.ts';
import { createReplayFlow, type ReplayFlow, type ReplaySettings } from './flow/replay.ts';
import { createSyntheticWorld, SYNTHETIC_WORLD } from './flow/synthetic.ts';
import { createScaledClock, type ScaledClock } from './market-clock.ts';
import type { Memory } from './memory.ts';
import type { UserId } from './model.ts';
import { createPacedClock } from './paced-clock.ts';
import type { VenueAccount } from './protocol/auth.ts';
import { SHARDS, type Tier } from './protocol/rate-limits.ts';
import { createRemembering } from './remembering.ts';
import { createReplayPace, type PacedReplay } from './replay-pace.ts';
import { createVenueServer, type VenueServer } from './server.ts';

export const FLOWS = ['synthetic', 'none', 'replay'] as const;
export type FlowName = (typeof FLOWS)[number];

const OPENING_CASH = fromDollars(1_000);
const SYNTHETIC_MARKETS = 40;

export interface EmbeddedOptions {
  /** Without a market clock one is made: from wall time (a replay: from the recording's first moment), at `speed`. */
  readonly clocks: { readonly wall: Clock; readonly market?: Clock };
  readonly random: Random;
  readonly flow: FlowName;
  /** File or folder; for a replay only. */
  readonly recording?: string;
  /** How a recording is played: risk-averse, and one plain listing for all markets, unless given. */
  readonly replay?: ReplaySettings;
  /** How many synthetic markets are open at a time. */
  readonly markets?: number;
  readonly speed?: number;
  /** On every shard, for each user. */
  readonly openingCash?: Microdollars;
  readonly accounts: readonly VenueAccount[];
  readonly tier?: Tier;
  /** How far portfolio reads lag behind what has happened, in wall time; not at all unless given. */
  readonly readDelayMs?: number;
  /** What goes wrong, from `start` on, and how long the line is; without them nothing stands between. */
  readonly faults?: FaultOptions;
  /** What an earlier life left is lived through again, and this one kept; `stop` closes it. Not for a replay. */
  readonly memory?: Memory;
  /** Called once when living through the past takes more than a second of wall time. */
  readonly onLongPast?: () => void;
  /** What is wrong with the recording and does not keep it from being played. */
  readonly onRecordingWarning?: (text: string) => void;
  readonly onFault?: (error: unknown) => void;
}

export interface Embedded {
  readonly engine: AuditedEngine;
  readonly server: VenueServer;
  /** null unless asked for. */
  readonly faults: Faults | null;
  /** Market time as clients live by it. */
  readonly market: Clock;
  readonly speed: () => number;
  /** Only where the market clock was made here. */
  setSpeed(speed: number): void;
  /** Lets the flow begin. */
  start(): void;
  /** For good: no timer fires afterwards. */
  stop(): void;
  readonly replay: ReplayFlow | null;
  /** When the last line of the recording was played; null unless it is a replay. */
  readonly recordingEnded: Promise<void> | null;
}

/**
 * Reads nothing unless there is a recording or a memory. Throws RECORDING_UNREADABLE, USAGE for a replay without a
 * recording, and what the memory throws.
 */
export async function createEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  try {
    return await assemble(options);
  } catch (error) {
    options.memory?.close();
    throw error;
  }
}

async function assemble(options: EmbeddedOptions): Promise<Embedded> {
  const { clocks, random, flow: flowName, speed: wantedSpeed = 1, memory } = options;
  const { wall } = clocks;
  assert(memory === undefined || flowName !== 'replay', 'what a replay did depends on how fast it was read');
  const recording =
    flowName === 'replay' ? await openRecording(recordingPath(options), options.onRecordingWarning) : null;
  const markets = options.markets ?? SYNTHETIC_MARKETS;
  const openingCash = options.openingCash ?? OPENING_CASH;
  const onFault = options.onFault ?? (() => undefined);
  const startMs = recording?.firstMs ?? (clocks.market ?? wall).now();
  const draw = random.split('origin').integer(0, 2 ** 31);
  const past = memory?.recall({ startMs, flow: flowName, world: SYNTHETIC_WORLD, markets, openingCash, draw }) ?? {
    startMs,
    entries: [],
  };

  // Stands until the past has been lived through.
  const paced = createPacedClock(past.startMs);
  const engine = createEngine({ market: paced, random: random.split('engine') });
  const openAccount = (user: UserId): void =>
    engine.openAccount(user, new Map(SHARDS.map((shard) => [shard, openingCash])));
  for (const user of new Set(options.accounts.map((account) => account.user))) openAccount(user);

  const place = { engine, market: paced, random: random.split('flow') };
  const synthetic = recording === null ? createSyntheticWorld({ ...place, markets, none: flowName === 'none' }) : null;

  const remembering =
    memory === undefined
      ? null
      : createRemembering({
          memory,
          entries: past.entries,
          engine,
          market: paced,
          wall,
          openAccount,
          startFlow: () => synthetic?.start(),
          actions: () => synthetic?.actions ?? 0,
          onFault,
          onLongPast: options.onLongPast ?? (() => undefined),
        });
  const faults =
    options.faults === undefined ? null : createFaults({ ...options.faults, wall, random: random.split('faults') });
  const { readDelayMs = 0 } = options;
  let own: ScaledClock | null = null;
  const speed = (): number => own?.speed ?? wantedSpeed;
  const plain = createVenueServer({
    engine: remembering?.engine ?? engine,
    market: paced,
    wall,
    tier: options.tier ?? 'basic',
    accounts: options.accounts,
    speed,
    catchUp: () => paced.catchUp(),
    isRebuilding: () => remembering?.isRebuilding ?? false,
    readDelayMs: faults === null ? readDelayMs : () => readDelayMs + faults.readDelayMs(),
    ...(faults === null ? {} : { skewMs: faults.skewMs }),
    onFault,
  });
  const server = faults?.around(plain, remembering?.engine ?? engine) ?? plain;
  remembering?.rebuild();
  // A replay stands still until its first markets have an audience: what passes unseen is lost to them.
  own =
    clocks.market === undefined
      ? createScaledClock(wall, { startMs: paced.now(), speed: recording === null ? wantedSpeed : 0 })
      : null;
  const leader = clocks.market ?? (own as ScaledClock);
  paced.follow(leader);
  const pace: PacedReplay | null =
    recording === null || own === null ? null : createReplayPace({ wall, market: own, speed: wantedSpeed, server });
  const replay =
    recording === null
      ? null
      : createReplayFlow({
          ...recording,
          ...place,
          ...(options.replay === undefined ? {} : { settings: options.replay }),
          ...(pace === null ? {} : { pace }),
        });
  const flow = (replay ?? synthetic) as Flow;

  return {
    engine: remembering?.engine ?? engine,
    server,
    faults,
    market: leader,
    speed,
    setSpeed(next) {
      if (own === null)
        throw new BothsidesError('FAULT', 'The speed of a market clock that was given is not ours to set');
      if (pace === null) own.setSpeed(next);
      else pace.setSpeed(next);
    },
    start() {
      paced.catchUp();
      if (remembering === null) flow.start();
      else remembering.start();
      faults?.start();
    },
    stop() {
      pace?.stop();
      faults?.stop();
      try {
        remembering?.stop();
      } finally {
        flow.stop();
        paced.stop();
      }
    },
    replay,
    recordingEnded: replay?.done ?? null,
  };
}

function recordingPath({ recording }: EmbeddedOptions): string {
  if (recording !== undefined) return recording;
  throw new BothsidesError('USAGE', 'A replay needs a recording.', { remedy: 'Name it with --recording PATH.' });
}
