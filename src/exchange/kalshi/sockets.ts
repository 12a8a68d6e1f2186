/** How frames reach the venue and come back: over a WebSocket, or through the server's message port in memory. */
import WebSocket from 'ws';

/** One connection. Its handlers are set in the turn in which it was opened; `onclose` is the last call, and comes once. */
export interface Socket {
  onopen: () => void;
  onmessage: (text: string) => void;
  /** A pong, or the venue's own ping: the connection lives. */
  onpong: () => void;
  onerror: (message: string) => void;
  onclose: (code: number, reason: string) => void;
  send(text: string): void;
  ping(): void;
  close(): void;
}

export interface SocketPort {
  open(url: string, headers: Readonly<Record<string, string>>): Socket;
}

/** The message port of a server in this process. */
export type PortConnect = (
  headers: Record<string, string>,
  peer: { send(text: string): void; ping(): void; close(code: number, reason: string): void },
) =>
  | { readonly accepted: true; receive(text: string): void; ping?(): boolean; pong(): void; closed(): void }
  | { readonly accepted: false; readonly status: number; readonly body: string };

/** The venue's own limit of one message. */
const PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;
/** No close frame came: how a broken or refused connection is reported. */
const ABNORMAL = 1006;
/** What a venue may say of a refused handshake is kept to this. */
const REFUSAL_TEXT_MAX = 300;

const nothing = (): void => {};

function blank(): Pick<Socket, 'onopen' | 'onmessage' | 'onpong' | 'onerror' | 'onclose'> {
  return { onopen: nothing, onmessage: nothing, onpong: nothing, onerror: nothing, onclose: nothing };
}

/** Compression stays off: it costs 50 µs a frame, many times what the frame's whole handling does. */
export function createWsSockets(): SocketPort {
  return {
    open(url, headers) {
      const ws = new WebSocket(url, { headers, perMessageDeflate: false, maxPayload: PAYLOAD_BYTES_MAX });
      let refusal: string | null = null;
      const socket: Socket = {
        ...blank(),
        send: (text) => ws.send(text, reportFailure),
        ping: () => {
          if (ws.readyState === WebSocket.OPEN) ws.ping(reportFailure);
        },
        // A connection that is being given up may be half-open: nobody waits for the other side's close frame.
        close: () => {
          ws.close(1000);
          ws.terminate();
        },
      };
      function reportFailure(error?: Error | null): void {
        if (error) socket.onerror(error.message);
      }
      ws.on('open', () => socket.onopen());
      ws.on('message', (data: Buffer) => socket.onmessage(data.toString()));
      ws.on('pong', () => socket.onpong());
      ws.on('ping', () => socket.onpong());
      ws.on('error', (error) => socket.onerror(error.message));
      ws.on('close', (code, reason) => socket.onclose(code, refusal ?? reason.toString()));
      ws.on('unexpected-response', (_request, response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          if (body.length < REFUSAL_TEXT_MAX) body += chunk.toString();
        });
        response.on('close', () => {
          refusal = refusalText(response.statusCode ?? 0, body);
          ws.terminate();
        });
      });
      return socket;
    },
  };
}

/**
 * Connections to a server in this process. Frames are handed over in microtasks, in order: a server that speaks in the
 * middle of a command must not find its client inside the same command.
 */
export function createPortSockets(connect: PortConnect): SocketPort {
  return {
    open(_url, headers) {
      let state: 'connecting' | 'open' | 'closed' = 'connecting';
      let server: Extract<ReturnType<PortConnect>, { accepted: true }> | null = null;
      const socket: Socket = {
        ...blank(),
        send: (text) => later(() => state === 'open' && server?.receive(text)),
        ping: () => later(() => state === 'open' && (server?.ping?.() ?? true) && socket.onpong()),
        close: () => {
          if (state === 'closed') return;
          state = 'closed';
          later(() => {
            server?.closed();
            socket.onclose(1000, '');
          });
        },
      };
      const peer = {
        send: (text: string) => later(() => state === 'open' && socket.onmessage(text)),
        ping: () =>
          later(() => {
            if (state !== 'open') return;
            socket.onpong();
            server?.pong();
          }),
        close: (code: number, reason: string) => later(() => end(code, reason)),
      };
      function end(code: number, reason: string): void {
        if (state === 'closed') return;
        state = 'closed';
        socket.onclose(code, reason);
      }
      later(() => {
        if (state === 'closed') return;
        const answer = connect({ ...headers }, peer);
        if (!answer.accepted) return end(ABNORMAL, refusalText(answer.status, answer.body));
        server = answer;
        state = 'open';
        socket.onopen();
      });
      return socket;
    },
  };
}

function refusalText(status: number, body: string): string {
  return `handshake refused with ${status}: ${body.slice(0, REFUSAL_TEXT_MAX)}`;
}

function later(act: () => unknown): void {
  queueMicrotask(() => {
    act();
  });
}
