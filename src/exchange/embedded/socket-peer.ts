import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Peer } from './protocol/connection.ts';

const HEARTBEAT_BODY = 'heartbeat';
/** A client that leaves so many pings in a row without any sign of life is gone, whatever its socket says. */
const UNANSWERED_MAX = 3;
/**
 * What the socket itself may hold before the rest waits here. Above its own mark, so that it always says when it has
 * drained; small, because bytes in the socket cost many times their size when they are many short messages.
 */
const SOCKET_BYTES_MAX = 256 * 1024;
/** What a waiting message takes besides its text. */
const ENTRY_COST = 64;

/** The client at the other end of a socket: what it does not read waits here as text, which many clients share. */
export class SocketPeer implements Peer {
  readonly #socket: Socket;
  #webSocket: WebSocket | null = null;
  #waiting: string[] = [];
  /** Already handed on, of `#waiting`. */
  #sent = 0;
  #waitingCost = 0;
  #isGathering = false;
  #unanswered = 0;
  #readBefore = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('drain', () => this.#flush());
  }

  /** The handshake is through. */
  opened(webSocket: WebSocket): void {
    this.#webSocket = webSocket;
    this.#flush();
  }

  send(text: string): void {
    if (this.#isOver()) return;
    if (this.#waitingCost === 0 && this.#canTake()) {
      this.#gather();
      this.#webSocket?.send(text);
    } else {
      this.#waiting.push(text);
      this.#waitingCost += text.length + ENTRY_COST;
    }
  }

  /** Before what waits; not at all into a socket that is full. Ends a connection from which nothing comes any more. */
  ping(): void {
    if (!this.#canTake()) return;
    const { bytesRead } = this.#socket;
    if (bytesRead !== this.#readBefore) this.#unanswered = 0;
    this.#readBefore = bytesRead;
    if (this.#unanswered === UNANSWERED_MAX) {
      this.#forget();
      this.#webSocket?.terminate();
      return;
    }
    this.#unanswered++;
    this.#webSocket?.ping(HEARTBEAT_BODY);
  }

  /** As a ping is sent. */
  pong(data: Buffer): void {
    if (this.#canTake()) this.#webSocket?.pong(data);
  }

  drop(): void {
    this.#forget();
    if (this.#webSocket === null) this.#socket.destroy();
    else this.#webSocket.terminate();
  }

  close(code: number, reason: string): void {
    this.#forget();
    this.#webSocket?.close(code, reason);
  }

  buffered(): number {
    return this.#waitingCost + this.#socket.writableLength;
  }

  /** What one turn brings leaves in one piece: a system call a turn instead of one a message. */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#socket.cork();
    queueMicrotask(() => {
      this.#isGathering = false;
      this.#socket.uncork();
    });
  }

  #canTake(): boolean {
    return this.#webSocket !== null && !this.#isOver() && this.#socket.writableLength < SOCKET_BYTES_MAX;
  }

  #isOver(): boolean {
    return this.#webSocket !== null && this.#webSocket.readyState !== this.#webSocket.OPEN;
  }

  #flush(): void {
    while (this.#sent < this.#waiting.length && this.#canTake()) {
      const text = this.#waiting[this.#sent++] ?? '';
      this.#waitingCost -= text.length + ENTRY_COST;
      this.#webSocket?.send(text);
    }
    if (this.#sent === this.#waiting.length || this.#isOver()) {
      this.#forget();
    } else if (this.#sent > 1024 && this.#sent * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#sent);
      this.#sent = 0;
    }
  }

  #forget(): void {
    this.#waiting = [];
    this.#sent = 0;
    this.#waitingCost = 0;
  }
}
