/** An exchange of ours with everything that may go wrong in front of it, in memory and over sockets alike. */
import type { Clock } from '../../../domain/clock.ts';
import { BothsidesError } from '../../../domain/errors.ts';
import type { Random } from '../../../domain/random.ts';
import type { Engine } from '../model.ts';
import { REST_ROOT } from '../protocol/rest.ts';
import type { VenueServer } from '../server.ts';
import { FaultBook, type FaultEvent } from './fault-book.ts';
import { type Latency, type Line, latentLine } from './latency.ts';
import { faultyRequests } from './request-faults.ts';
import { checkFaults, type FaultRule } from './spec.ts';
import { createStandingFaults, type StandingFaults } from './standing-faults.ts';
import { faultyStreams } from './stream-faults.ts';

export interface FaultOptions {
  readonly rules?: readonly FaultRule[];
  /** None unless given. */
  readonly latency?: Latency;
  /** Serves `_faults`, with which a test reads and replaces them. */
  readonly endpoint?: boolean;
  /** Each as it comes. */
  readonly onFault?: (event: FaultEvent) => void;
}

export interface Faults {
  readonly book: FaultBook;
  /** How far the exchange's clock is off now. */
  skewMs(): number;
  /** How far its reads lag now, besides what they always do. */
  readDelayMs(): number;
  /** The server with the faults in front. Call once. */
  around(server: VenueServer, engine: Engine): VenueServer;
  /** Those of the options are put in: their time begins. */
  start(): void;
  replace(rules: readonly FaultRule[]): void;
  stop(): void;
}

export function createFaults(options: FaultOptions & { wall: Clock; random: Random }): Faults {
  const { wall, random, rules = [], onFault = () => undefined } = options;
  const book = new FaultBook({ wall, random: random.split('rules'), onFault });
  let standing: StandingFaults | null = null;
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

  const faults: Faults = {
    book,
    skewMs: () => sum(book.holding('clockSkew').map((rule) => rule.skewMs)),
    readDelayMs: () => sum(book.holding('staleReads').map((rule) => rule.delayMs)),
    around(server, engine) {
      standing = createStandingFaults({ book, wall, engine });
      const now = (): number => wall.now() + faults.skewMs();
      const faulty: Line = {
        fetch: faultyRequests(server.fetch, { book, wall, now }),
        connect: faultyStreams(server, { book, wall }),
      };
      const line =
        options.latency === undefined
          ? faulty
          : latentLine(faulty, { latency: options.latency, wall, random: random.split('latency') });
      return { ...server, ...line, ...(options.endpoint === true ? { fetch: withEndpoint(line.fetch, faults) } : {}) };
    },
    start() {
      standing?.lift();
      faults.replace(rules);
    },
    replace(next) {
      book.replace(next);
      standing?.renew();
    },
    stop: () => standing?.stop(),
  };
  return faults;
}

const ENDPOINT = `${REST_ROOT}/_faults`;

/** GET: rules, counts and the last that came. PUT: these rules from now on. DELETE: none. */
function withEndpoint(inner: Line['fetch'], faults: Faults): Line['fetch'] {
  const answer = (status: number, body: unknown): Response =>
    new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

  return async (request) => {
    if (new URL(request.url).pathname !== ENDPOINT) return inner(request);
    const { book } = faults;
    try {
      if (request.method === 'PUT') faults.replace(checkFaults(JSON.parse(await request.text()), 'the request'));
      else if (request.method === 'DELETE') faults.replace([]);
      else if (request.method !== 'GET') return answer(405, { error: { code: 'method_not_allowed' } });
    } catch (error) {
      if (!(error instanceof SyntaxError) && !(error instanceof BothsidesError)) throw error;
      return answer(400, { code: 'bad_request', message: 'bad request', details: error.message });
    }
    return answer(200, { elapsedMs: book.elapsedMs, rules: book.rules, counts: book.counts, log: book.log });
  };
}
