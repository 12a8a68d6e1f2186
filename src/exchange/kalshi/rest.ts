/**
 * Requests: tokens → time → signature → door → bytes. Reads are repeated when nothing or "later" came back; a write is
 * sent at most once, and what became of it is said plainly.
 */
import { type Clocks, sleep } from '../../domain/clock.ts';
import { BothsidesError, messageOf } from '../../domain/errors.ts';
import type { Random } from '../../domain/random.ts';
import type { UnixMs } from '../../domain/units.ts';
import type { Settings } from '../../settings/schema.ts';
import type { Priority, WriteOptions } from '../port.ts';
import { COST } from './costs.ts';
import { isRecord, nonsense, parseRefusal, type VenueRefusal } from './errors.ts';
import type { VenueLog } from './log.ts';
import type { Grant, RateBudget } from './rate-budget.ts';
import { type Signer, signedHeaders } from './sign.ts';
import type { SkewEstimate } from './skew.ts';
import type { HttpAnswer, HttpTransport } from './transport.ts';

export type Query = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export interface ReadRequest {
  /** Relative to the REST address. */
  readonly path: string;
  readonly query?: Query;
  readonly priority: Priority;
  readonly cost?: number;
  /** 5xx answers whose body counts all the same. */
  readonly acceptStatus?: readonly number[];
  /** The page may not exist: any 4xx is an answer, whatever its body. */
  readonly isOptional?: boolean;
}

export interface WriteRequest {
  readonly method: 'POST' | 'DELETE' | 'PUT';
  readonly path: string;
  readonly query?: Query;
  readonly body: unknown;
  readonly cost: number;
  /** 0 bills the unscoped bucket. */
  readonly shard: number;
}

/** What is known of a write once it is over. */
export type WriteReply =
  | { readonly kind: 'answered'; readonly status: number; readonly body: string }
  | { readonly kind: 'throttled' }
  | { readonly kind: 'denied'; readonly reason: string }
  | { readonly kind: 'unknown'; readonly cause: string };

export type ReadReply =
  | { readonly ok: true; readonly json: unknown }
  | { readonly ok: false; readonly refusal: VenueRefusal };

export interface RestOptions {
  readonly restUrl: string;
  readonly keyId: string;
  /** Null: nothing is signed; public reads only. */
  readonly signer: Signer | null;
  readonly transport: HttpTransport;
  readonly budget: RateBudget;
  readonly skew: SkewEstimate;
  readonly clocks: Clocks;
  readonly random: Random;
  readonly settings: Settings['exchange'];
  readonly log: VenueLog;
}

type Sent =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  /** Nothing left. */
  | { readonly kind: 'unsent'; readonly reason: string }
  | { readonly kind: 'failed'; readonly cause: string };

export class Rest {
  readonly #options: RestOptions;
  readonly #basePath: string;
  readonly #abort = new AbortController();
  #total = 0;
  #status429 = 0;
  #skewWarned = false;

  constructor(options: RestOptions) {
    this.#options = options;
    this.#basePath = new URL(options.restUrl).pathname.replace(/\/$/, '');
  }

  get counts(): { readonly total: number; readonly status429: number } {
    return { total: this.#total, status429: this.#status429 };
  }

  /** The JSON of a 2xx; anything else is an error that says what to do. */
  async read(request: ReadRequest): Promise<unknown> {
    const reply = await this.tryRead(request);
    if (reply.ok) return reply.json;
    const { status, code, message } = reply.refusal;
    throw new BothsidesError('EXCHANGE_NONSENSE', `GET ${request.path} was refused: ${status} ${code}: ${message}`, {
      remedy: 'The venue does not take this request: check its API changes and the query.',
    });
  }

  /** As `read`, but a refusal (4xx with the venue's envelope) is an answer. */
  async tryRead(request: ReadRequest): Promise<ReadReply> {
    const { settings, clocks, random, budget } = this.#options;
    const tokens = { kind: 'read', cost: request.cost ?? COST.request, priority: request.priority } as const;
    let resigned = false;
    for (let attempt = 0; ; attempt++) {
      const grant = await budget.acquire(tokens);
      if (grant === null) throw unreachable(request.path, 'the rate budget is closed or too small');
      const sent = await this.#send({ method: 'GET', ...request, body: null }, grant);
      let cause: string;
      if (sent.kind === 'answer') {
        const { status, body } = sent.answer;
        if (status >= 200 && status < 300) return { ok: true, json: jsonOf(request.path, status, body) };
        const refusal = parseRefusal(status, body);
        // Such an answer may be a plain failure all the same: a refusal, a proxy's page, nothing.
        const answered = refusal === null && request.acceptStatus?.includes(status) ? recordOf(body) : null;
        if (answered !== null) return { ok: true, json: answered };
        if (request.isOptional && status >= 400 && status < 500 && status !== 429) {
          return { ok: false, refusal: refusal ?? { status, code: 'not_found', message: '' } };
        }
        if (status === 401 || status === 403) {
          // The answer's Date header has corrected our clock meanwhile: signing once more may be enough.
          if (refusal?.code === 'header_timestamp_expired' && !resigned) {
            resigned = true;
            continue;
          }
          throw refused(request.path, status, refusal);
        }
        if (status < 500 && status !== 429 && status !== 408) {
          if (refusal === null) throw nonsense(request.path, `${status} without an error that the venue knows`);
          return { ok: false, refusal };
        }
        cause = `HTTP ${status}${refusal === null ? '' : ` ${refusal.code}`}`;
      } else if (sent.kind === 'unsent') throw unreachable(request.path, sent.reason);
      else cause = sent.cause;
      if (attempt >= settings.readRetriesMax) throw unreachable(request.path, `${cause}, ${attempt + 1} times`);
      const backoffMs = Math.min(settings.retryCapMs, settings.retryBaseMs * 2 ** attempt);
      await sleep(clocks.wall, random.uniform() * backoffMs);
    }
  }

  /** Sends at most once. Whatever goes wrong is in the reply; it does not throw. */
  async write(request: WriteRequest, options: WriteOptions): Promise<WriteReply> {
    const grant = await this.#options.budget.acquire({
      kind: 'write',
      shard: request.shard,
      cost: request.cost,
      priority: options.priority,
    });
    if (grant === null) return { kind: 'denied', reason: 'rateBudget' };
    const sent = await this.#send(request, grant, options);
    if (sent.kind === 'unsent') return { kind: 'denied', reason: sent.reason };
    if (sent.kind === 'failed') return { kind: 'unknown', cause: sent.cause };
    const { status, body } = sent.answer;
    return status === 429 ? { kind: 'throttled' } : { kind: 'answered', status, body };
  }

  /** Ends what is in flight; writes among it become `unknown`. */
  close(): void {
    this.#abort.abort();
  }

  async #send(
    request: { method: string; path: string; query?: Query; body: unknown },
    grant: Grant,
    options: Partial<WriteOptions> = {},
  ): Promise<Sent> {
    const { clocks, keyId, signer, skew, transport, restUrl, log } = this.#options;
    let isWritten = false;
    let isOver = false;
    let denial: string | null = null;
    let sentMs: UnixMs = clocks.wall.now();
    try {
      const signedMs = Math.round(sentMs + (skew.ms ?? 0)) as UnixMs;
      const path = this.#basePath + request.path;
      const signed = signer === null ? {} : await signedHeaders(keyId, signer, { ...request, atMs: signedMs, path });
      const answer = await this.#withTimeout((signal) =>
        transport.send({
          method: request.method,
          url: restUrl.replace(/\/$/, '') + request.path + queryText(request.query),
          headers: { ...signed, ...(request.body === null ? {} : { 'content-type': 'application/json' }) },
          body: request.body === null ? null : JSON.stringify(request.body),
          signal,
          beforeWrite: () => {
            // Given up already, and said so: it must not leave now.
            if (isOver) throw new Error('given up');
            denial = options.door?.() ?? null;
            if (denial !== null) throw new Error(denial);
            options.onSigned?.(signedMs);
            isWritten = true;
            sentMs = clocks.wall.now();
            this.#total++;
          },
        }),
      );
      this.#observeSkew(answer.date, sentMs);
      if (answer.status === 429) {
        this.#status429++;
        grant.throttled();
      } else grant.spend();
      return { kind: 'answer', answer };
    } catch (error) {
      isOver = true;
      if (isWritten) {
        grant.spend();
        return { kind: 'failed', cause: causeOf(error) };
      }
      grant.refund();
      if (denial !== null) return { kind: 'unsent', reason: denial };
      log('warn', 'a request failed before it left', { path: request.path, cause: causeOf(error) });
      return { kind: 'unsent', reason: `notSent: ${causeOf(error)}` };
    }
  }

  /** Time-outs run on the wall clock, and end the waiting even where a transport ignores the signal. */
  #withTimeout<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clocks, settings } = this.#options;
    const limit = new AbortController();
    return new Promise<T>((resolve, reject) => {
      const timer = clocks.wall.setTimeout(
        () => end(new Error(`no answer within ${settings.requestTimeoutMs} ms`)),
        settings.requestTimeoutMs,
      );
      const onClose = () => end(new Error('the connection was closed by us'));
      const release = () => {
        clocks.wall.clearTimeout(timer);
        this.#abort.signal.removeEventListener('abort', onClose);
      };
      function end(error: Error): void {
        release();
        reject(error);
        limit.abort(error);
      }
      this.#abort.signal.addEventListener('abort', onClose);
      if (this.#abort.signal.aborted) return onClose();
      act(limit.signal).then(
        (value) => {
          release();
          resolve(value);
        },
        (error) => {
          release();
          reject(error);
        },
      );
    });
  }

  #observeSkew(date: string | null, sentMs: UnixMs): void {
    const { skew, clocks, settings, log } = this.#options;
    skew.observe(date, sentMs, clocks.wall.now());
    const isFar = Math.abs(skew.ms ?? 0) > settings.clockSkewWarnMs;
    if (isFar && !this.#skewWarned) {
      log('warn', 'our clock differs from the venue’s; signatures are corrected', { skewMs: skew.ms });
    }
    this.#skewWarned = isFar;
  }
}

function queryText(query: Query | undefined): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) pairs.append(name, String(one));
  }
  const text = pairs.toString();
  return text === '' ? '' : `?${text}`;
}

function jsonOf(path: string, status: number, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw nonsense(path, `${status} with a body that is not JSON`);
  }
}

function recordOf(body: string): unknown {
  try {
    const json: unknown = JSON.parse(body);
    return isRecord(json) ? json : null;
  } catch {
    return null;
  }
}

/** A failed fetch hides its reason under one wrapping or two, the last of which says what happened. */
function causeOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  return messageOf(innermost) || String((innermost as { code?: unknown }).code ?? 'no reason given');
}

function unreachable(path: string, cause: string): BothsidesError {
  return new BothsidesError('EXCHANGE_UNREACHABLE', `GET ${path} got no usable answer: ${cause}.`, {
    remedy: 'Check the network and the state of the exchange, then start again.',
  });
}

function refused(path: string, status: number, refusal: VenueRefusal | null): BothsidesError {
  const why = refusal === null ? '' : ` ${refusal.code}: ${refusal.message}`;
  return new BothsidesError('CREDENTIALS_REFUSED', `GET ${path} was refused: ${status}${why}.`, {
    remedy: 'Check that key id and private key belong together, to this environment, and may do this.',
  });
}
