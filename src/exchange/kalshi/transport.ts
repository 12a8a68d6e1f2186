/** How bytes reach the venue over HTTP: really, or by calling its handler in memory. */
import ky from 'ky';

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
  /** Called synchronously just before the request is handed over for writing; if it throws, nothing is sent. */
  readonly beforeWrite?: (() => void) | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The answer's Date header. */
  readonly date: string | null;
}

export interface HttpTransport {
  /** Sends once: never retries, never times out by itself. Rejects when there is no answer. */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

/** The live transport. Retries and time-outs of ky are off: ours run on our clock and know what may be repeated. */
export function createKyTransport(): HttpTransport {
  return {
    async send(request) {
      const response = await ky(request.url, {
        method: request.method,
        headers: { ...request.headers },
        ...(request.body === null ? {} : { body: request.body }),
        signal: request.signal,
        retry: 0,
        timeout: false,
        throwHttpErrors: false,
        redirect: 'error',
        fetch: (input, init) => {
          request.beforeWrite?.();
          return globalThis.fetch(input, init);
        },
      });
      return answerOf(response);
    },
  };
}

/** Calls a fetch handler in this process. Neither timers nor threads take part: everything settles in microtasks. */
export function createHandlerTransport(handler: (request: Request) => Response | Promise<Response>): HttpTransport {
  return {
    async send(request) {
      const built = new Request(request.url, {
        method: request.method,
        headers: { ...request.headers },
        body: request.body,
      });
      request.beforeWrite?.();
      return answerOf(await handler(built));
    },
  };
}

async function answerOf(response: Response): Promise<HttpAnswer> {
  return { status: response.status, body: await response.text(), date: response.headers.get('date') };
}
