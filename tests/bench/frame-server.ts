/** The server of the socket benchmarks: it answers subscriptions like the real venue; everything else is written by hand. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { SIDS, snapshotFrame } from './socket-frames.ts';

export interface FrameServer {
  readonly port: number;
  /** The connection that came last: whole frames may be written to it at any time. */
  socket(): Socket | null;
}

/** Books are numbered from 1 to `markets` by their snapshots; what follows goes on from there. */
export async function serveFrames(options: {
  readonly markets: number;
  readonly levels: number;
}): Promise<FrameServer> {
  const http = createServer();
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  let current: Socket | null = null;
  http.on('upgrade', (request, socket: Socket, head) => {
    sockets.handleUpgrade(request, socket, head, (ws) => {
      current = socket;
      socket.setNoDelay(true);
      ws.on('message', (data) => {
        const { id, cmd, params } = JSON.parse(String(data));
        if (cmd !== 'subscribe') return;
        for (const channel of params.channels as string[]) {
          ws.send(JSON.stringify({ type: 'subscribed', id, msg: { channel, sid: SIDS[channel] } }));
          if (channel !== 'orderbook_delta') continue;
          for (let market = 0; market < options.markets; market++) {
            ws.send(snapshotFrame(market, market + 1, options.levels));
          }
        }
      });
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  return { port: (http.address() as AddressInfo).port, socket: () => current };
}
