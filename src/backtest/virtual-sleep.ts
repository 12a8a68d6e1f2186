/**
 * A process of a virtual world that does not run for a while (stopped, or asleep with its machine) although the world
 * goes on: its timers come due, frames and answers arrive, and nothing of it happens before it wakes.
 */
import type { Clock, TimerId } from '../domain/clock.ts';
import type { Socket, SocketPort } from '../exchange/kalshi/sockets.ts';
import type { HttpTransport } from '../exchange/kalshi/transport.ts';

/** What the event loop comes to first when a process wakes. */
export type WakeOrder = 'timersFirst' | 'framesFirst';

interface Due {
  readonly by: 'timer' | 'line';
  readonly work: () => void;
}

export class VirtualSleep {
  readonly #clock: Clock;
  #isAsleep = false;
  #due: Due[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(): void {
    this.#isAsleep = true;
  }

  /** Everything that came due happens now, each in a turn of its own. */
  end(order: WakeOrder): void {
    this.#isAsleep = false;
    const first = order === 'timersFirst' ? 'timer' : 'line';
    const due = this.#due.splice(0);
    for (const { work } of [...due.filter(({ by }) => by === first), ...due.filter(({ by }) => by !== first)])
      this.#clock.setTimeout(work, 0);
  }

  #later(by: Due['by'], work: () => void): void {
    if (this.#isAsleep) this.#due.push({ by, work });
    else work();
  }

  clock(inner: Clock): Clock {
    interface Timer {
      isOver: boolean;
      id: TimerId;
    }
    return {
      now: () => inner.now(),
      setTimeout: (callback, delayMs) => {
        const timer: Timer = { isOver: false, id: null };
        const fire = (): void => {
          if (timer.isOver) return;
          timer.isOver = true;
          callback();
        };
        timer.id = inner.setTimeout(() => this.#later('timer', fire), delayMs);
        return timer;
      },
      clearTimeout(id) {
        const timer = id as Timer | null | undefined;
        if (timer == null) return;
        timer.isOver = true;
        inner.clearTimeout(timer.id);
      },
    };
  }

  transport(inner: HttpTransport): HttpTransport {
    const awake = (): Promise<void> => new Promise((resolve) => this.#later('line', resolve));
    return {
      send: async (request) => {
        try {
          const answer = await inner.send(request);
          if (this.#isAsleep) await awake();
          return answer;
        } catch (error) {
          if (this.#isAsleep) await awake();
          throw error;
        }
      },
    };
  }

  sockets(inner: SocketPort): SocketPort {
    return {
      open: (url, headers) => {
        const socket = inner.open(url, headers);
        const nothing = (): void => undefined;
        const outer: Socket = {
          onopen: nothing,
          onmessage: nothing,
          onpong: nothing,
          onerror: nothing,
          onclose: nothing,
          send: (text) => socket.send(text),
          ping: () => socket.ping(),
          close: () => socket.close(),
        };
        const later = (work: () => void): void => this.#later('line', work);
        socket.onopen = () => later(() => outer.onopen());
        socket.onmessage = (text) => later(() => outer.onmessage(text));
        socket.onpong = () => later(() => outer.onpong());
        socket.onerror = (message) => later(() => outer.onerror(message));
        socket.onclose = (code, reason) => later(() => outer.onclose(code, reason));
        return outer;
      },
    };
  }
}
