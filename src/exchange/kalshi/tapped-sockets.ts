/** Sockets that somebody listens in on: what comes and goes as text, exactly as it does, and nothing of the handshake. */
import type { Socket, SocketPort } from './sockets.ts';

/** Called in the moment, before whoever the socket belongs to; must be quick and must not throw. */
export interface SocketTap {
  connected(): void;
  /** One text frame as received. */
  frame(text: string): void;
  /** One command as sent. Commands hold no key and no signature: those are in the handshake. */
  sent(text: string): void;
  /** Once, after `connected`. */
  disconnected(code: number, reason: string): void;
}

const CLOSED_BY_US = 1000;
const nothing = (): void => {};

/** `tapOf` is asked at each opening; with null that connection is nobody's business. */
export function tapSockets(sockets: SocketPort, tapOf: () => SocketTap | null): SocketPort {
  return {
    open(url, headers) {
      const inner = sockets.open(url, headers);
      const tap = tapOf();
      if (tap === null) return inner;
      let isOpen = false;
      const end = (code: number, reason: string): void => {
        if (isOpen) tap.disconnected(code, reason);
        isOpen = false;
      };
      const outer: Socket = {
        onopen: nothing,
        onmessage: nothing,
        onpong: nothing,
        onerror: nothing,
        onclose: nothing,
        send(text) {
          tap.sent(text);
          inner.send(text);
        },
        ping: () => inner.ping(),
        close() {
          end(CLOSED_BY_US, 'closed by us');
          inner.close();
        },
      };
      inner.onopen = () => {
        isOpen = true;
        tap.connected();
        outer.onopen();
      };
      inner.onmessage = (text) => {
        if (isOpen) tap.frame(text);
        outer.onmessage(text);
      };
      inner.onpong = () => outer.onpong();
      inner.onerror = (message) => outer.onerror(message);
      inner.onclose = (code, reason) => {
        end(code, reason);
        outer.onclose(code, reason);
      };
      return outer;
    },
  };
}
