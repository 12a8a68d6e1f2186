/** Those who look at the console during a benchmark, in a thread of their own: they read everything, as a page does. */
import { parentPort } from 'node:worker_threads';
import { WebSocket } from 'ws';

export interface Looking {
  readonly url: string;
  readonly viewers: number;
}

/** What they were told since they came. */
export interface Told {
  readonly messages: number;
  readonly lost: number;
}

let sockets: WebSocket[] = [];
let messages = 0;
let lost = 0;

function look(url: string): Promise<void> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/api/live`);
  sockets.push(socket);
  socket.on('message', (data) => {
    const told = [JSON.parse(String(data))].flat() as readonly { type: string; count?: number }[];
    messages += told.length;
    for (const { type, count } of told) if (type === 'lost') lost += count ?? 0;
  });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.send(JSON.stringify({ type: 'watch', topics: ['inspection', 'journal'] }));
      resolve();
    });
  });
}

parentPort!.on('message', async ({ url, viewers }: Looking) => {
  const told: Told = { messages, lost };
  for (const socket of sockets) socket.close();
  sockets = [];
  messages = 0;
  lost = 0;
  for (let viewer = 0; viewer < viewers; viewer++) await look(url);
  parentPort!.postMessage(told);
});
