/** An exchange in this process: engine, order flow and protocol server on one clock. */
import type { Clock, TimerId } from '../../domain/clock.ts';
import { BothsidesError } from '../../domain/errors.ts';
import type { Random } from '../../domain/random.ts';
import { fromDollars, type Microdollars } from '../../domain/units.ts';
import { type AuditedEngine, createEngine } from './engine.ts';
import type { Flow } from './flow/flow.ts';
import { openRecording } from './flow/recording.ts';
import { createReplayFlow, type ReplayFlow } from './flow/replay.ts';
import { createSyntheticWorld } from './flow/synthetic.ts';
import { createScaledClock, type ScaledClock } from './market-clock.ts';
import { createPacedClock } from './paced-clock.ts';
import type { VenueAccount } from './protocol/auth.ts';
import { SHARDS, type Tier } from './protocol/rate-limits.ts';
import { createVenueServer, type VenueServer } from './server.ts';

export const FLOWS = ['synthetic', 'none', 'replay'] as const;
export type FlowName = (typeof FLOWS)[number];

/** A replay waits this long for somebody to watch a book before it goes on by itself. */
const WATCHER_WAIT_MS = 10_000;
const OPENING_CASH = fromDollars(1_000);
const SYNTHETIC_MARKETS = 40;

export interface EmbeddedOptions {
  /** Without a market clock one is made: from wall time (a replay: from the recording's first moment), at `speed`. */
  readonly clocks: { readonly wall: Clock; readonly market?: Clock };
  readonly random: Random;
  readonly flow: FlowName;
  /** File or folder; for a replay only. */
  readonly recording?: string;
  /** How many synthetic markets are open at a time. */
  readonly markets?: number;
  readonly speed?: number;
  /** On every shard, for each user. */
  readonly openingCash?: Microdollars;
  readonly accounts: readonly VenueAccount[];
  readonly tier?: Tier;
  readonly readDelayMs?: number;
  readonly onFault?: (error: unknown) => void;
}

export interface Embedded {
  readonly engine: AuditedEngine;
  readonly server: VenueServer;
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

/** Reads nothing unless there is a recording. Throws RECORDING_UNREADABLE, and USAGE for a replay without one. */
export async function createEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { clocks, random, flow: flowName, speed: wantedSpeed = 1 } = options;
  const { wall } = clocks;
  const recording = flowName === 'replay' ? await openRecording(recordingPath(options)) : null;
  const own =
    clocks.market === undefined
      ? // A replay stands still until somebody watches: what passes unseen is lost to them.
        createScaledClock(wall, {
          startMs: recording?.firstMs ?? wall.now(),
          speed: recording === null ? wantedSpeed : 0,
        })
      : null;
  const leader = clocks.market ?? (own as ScaledClock);
  const paced = createPacedClock(leader);
  const engine = createEngine({ market: paced, random: random.split('engine') });

  const cash = options.openingCash ?? OPENING_CASH;
  for (const user of new Set(options.accounts.map((account) => account.user))) {
    engine.openAccount(user, new Map(SHARDS.map((shard) => [shard, cash])));
  }

  const replay =
    recording === null ? null : createReplayFlow({ ...recording, engine, market: paced, random: random.split('flow') });
  const flow: Flow =
    replay ??
    createSyntheticWorld({
      engine,
      market: paced,
      random: random.split('flow'),
      markets: options.markets ?? SYNTHETIC_MARKETS,
      none: flowName === 'none',
    });

  const speed = (): number => own?.speed ?? wantedSpeed;
  const server = createVenueServer({
    engine,
    market: paced,
    wall,
    tier: options.tier ?? 'basic',
    accounts: options.accounts,
    speed,
    catchUp: () => paced.catchUp(),
    ...(options.readDelayMs === undefined ? {} : { readDelayMs: options.readDelayMs }),
    ...(options.onFault === undefined ? {} : { onFault: options.onFault }),
  });

  let waitTimer: TimerId | null = null;
  let stopped = false;
  function goOn(): void {
    if (waitTimer !== null) wall.clearTimeout(waitTimer);
    waitTimer = null;
    if (!stopped && own?.speed === 0) own.setSpeed(wantedSpeed);
  }

  return {
    engine,
    server,
    market: leader,
    speed,
    setSpeed(next) {
      if (own === null)
        throw new BothsidesError('FAULT', 'The speed of a market clock that was given is not ours to set');
      own.setSpeed(next);
    },
    start() {
      paced.catchUp();
      flow.start();
      if (replay === null || own === null) return;
      server.whenBookSubscribed(goOn);
      waitTimer = wall.setTimeout(goOn, WATCHER_WAIT_MS);
    },
    stop() {
      stopped = true;
      if (waitTimer !== null) wall.clearTimeout(waitTimer);
      flow.stop();
      paced.stop();
    },
    replay,
    recordingEnded: replay?.done ?? null,
  };
}

function recordingPath({ recording }: EmbeddedOptions): string {
  if (recording !== undefined) return recording;
  throw new BothsidesError('USAGE', 'A replay needs a recording.', { remedy: 'Name it with --recording PATH.' });
}
