/** Viewers that misbehave: each is dealt with by itself, and nobody else notices. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { MakePart } from '../../src/console/console-part.ts';
import type { Console } from '../../src/console/server.ts';
import type { Viewer, Viewers } from '../../src/console/viewers.ts';
import { Looker, openStage, until } from './stage.ts';

let web: Console;
afterEach(() => web.close());

/** A source that greets, says what it is told to, and knows how it was started and stopped. */
class Source {
  readonly heard: string[] = [];
  viewers: Viewers | null = null;
  readonly part: MakePart = ({ viewers }) => {
    this.viewers = viewers;
    return {
      topics: {
        log: {
          start: () => void this.heard.push('start'),
          stop: () => void this.heard.push('stop'),
          greet: (viewer: Viewer) => {
            this.heard.push('greet');
            viewer.send({ type: 'log', lines: [] });
          },
        },
      },
    };
  };
  say(text: string): void {
    this.viewers!.publish('log', { type: 'log', lines: [{ wallMs: 0, level: 'info', message: text, detail: null }] });
  }
}

/** A viewer that shakes hands and then never reads. */
async function deaf(url: string): Promise<{ readonly isOver: () => boolean; readonly end: () => void }> {
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  socket.write(
    `GET /api/live HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'readable');
  socket.read();
  // {"type":"watch","topics":["log"]}, masked with zeros.
  const text = Buffer.from('{"type":"watch","topics":["log"]}');
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]));
  socket.pause();
  let isOver = false;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isOver = true;
  });
  return { isOver: () => isOver, end: () => socket.destroy() };
}

describe('A viewer', () => {
  it('that sends nonsense is told so, each time, and goes on watching', async () => {
    const source = new Source();
    web = await openStage({ parts: [source.part] });
    const looker = await Looker.at(web.url, ['log']);
    const nonsense: [unknown, string][] = [
      ['{', 'NOT_JSON'],
      ['[]', 'NOT_A_MESSAGE'],
      ['null', 'NOT_A_MESSAGE'],
      ['7', 'NOT_A_MESSAGE'],
      [{}, 'UNKNOWN_TYPE'],
      [{ type: '__proto__' }, 'UNKNOWN_TYPE'],
      [{ type: 'watch' }, 'UNKNOWN_TOPIC'],
      [{ type: 'watch', topics: ['log', 'everything'] }, 'UNKNOWN_TOPIC'],
      [{ type: 'watch', topics: [{}] }, 'UNKNOWN_TOPIC'],
      [{ type: 'watch', topics: ['log'], market: 7 }, 'NOT_A_MESSAGE'],
      ['[['.repeat(5_000), 'NOT_JSON'],
    ];
    for (const [message] of nonsense) looker.say(message);
    looker.socket.send(Buffer.from([1, 2, 3]));
    await looker.until(() => looker.of('error').length === nonsense.length + 1);
    expect(looker.of('error').map(({ code }) => code)).toEqual([...nonsense.map(([, code]) => code), 'NOT_JSON']);
    source.say('after');
    await looker.until(() => looker.of('log').length === 2);
    expect(looker.closed).toBeNull();
    looker.end();
  });

  it('that says more than anybody needs is heard no more for that second, and told once', async () => {
    web = await openStage({ parts: [], limits: { saidMax: 5 } });
    const looker = await Looker.at(web.url);
    for (let said = 0; said < 500; said++) looker.say('{');
    await looker.until(() => looker.of('error').length === 6);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(looker.of('error').map(({ code }) => code)).toEqual([...Array(5).fill('NOT_JSON'), 'TOO_MANY']);
    looker.end();
  });

  it('whose frame is broken or beyond measure is ended, and the others are not', async () => {
    const source = new Source();
    web = await openStage({ parts: [source.part] });
    const other = await Looker.at(web.url, ['log']);
    const large = await Looker.at(web.url);
    large.say('x'.repeat(100_000));
    await large.until(() => large.closed !== null);
    expect(large.closed!.code).toBe(1009);
    const broken = await Looker.at(web.url);
    // A reserved opcode, past the library that would not write it.
    (broken.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
      Buffer.from([0x83, 0x80, 0, 0, 0, 0]),
    );
    await broken.until(() => broken.closed !== null);
    expect(broken.closed!.code).toBe(1002);
    source.say('still here');
    await other.until(() => other.of('log').length === 2);
    other.end();
  });

  it('that never reads holds no more than its share, is counted, and is ended; others lose nothing', async () => {
    const source = new Source();
    web = await openStage({ parts: [source.part], limits: { waitingMax: 1_000_000, stallMs: 1_000, gatherMs: 2 } });
    const reader = await Looker.at(web.url, ['log']);
    const sleeper = await deaf(web.url);
    await reader.until(() => reader.of('log').length === 1);
    await until(() => source.heard.filter((word) => word === 'greet').length === 2);
    const text = 'x'.repeat(200_000);
    let said = 0;
    // Until the system takes no more from the one who does not read.
    const endMs = performance.now() + 20_000;
    while (web.viewers.count > 1 && performance.now() < endMs) {
      source.say(text);
      said++;
      // The one who reads keeps up.
      await reader.until(() => reader.of('log').length === said + 1);
    }
    expect(web.viewers.count).toBe(1);
    expect(web.viewers.lostCount).toBeGreaterThan(0);
    expect(reader.of('lost')).toEqual([]);
    sleeper.end();
    reader.end();
  });

  it('that could not be told everything is told how much, and greeted anew', async () => {
    const source = new Source();
    web = await openStage({ parts: [source.part], limits: { waitingMax: 5_000 } });
    const looker = await Looker.at(web.url, ['log']);
    await looker.until(() => looker.of('log').length === 1);
    for (let said = 0; said < 100; said++) source.say('x'.repeat(1_000));
    await looker.until(() => looker.of('lost').length === 1);
    const kept = looker.of('log').filter(({ lines }) => lines.length === 1).length;
    expect(kept).toBeLessThan(5);
    expect(looker.of('lost')[0]!.count).toBe(100 - kept);
    await looker.until(() => source.heard.filter((word) => word === 'greet').length === 2);
    source.say('and on');
    await looker.until(() => looker.told.some((message) => JSON.stringify(message).includes('and on')));
    looker.end();
  });

  it('beyond the last place is refused, and let in when one is free', async () => {
    web = await openStage({ parts: [], limits: { viewersMax: 2 } });
    const first = await Looker.at(web.url);
    const second = await Looker.at(web.url);
    const third = new Looker(web.url);
    await third.until(() => third.closed !== null);
    expect(third.told).toEqual([]);
    first.end();
    await until(() => web.viewers.count === 1);
    const fourth = await Looker.at(web.url);
    await fourth.until(() => fourth.of('hello').length === 1);
    second.end();
    fourth.end();
  });
});

describe('A source', () => {
  it('works from the first viewer to the last, whatever they watch in between', async () => {
    const source = new Source();
    web = await openStage({ parts: [source.part] });
    const first = await Looker.at(web.url, ['log']);
    await until(() => source.heard.length === 2);
    const second = await Looker.at(web.url, ['journal', 'log']);
    await until(() => source.heard.length === 3);
    first.say({ type: 'watch', topics: ['journal'] });
    await first.until(() => first.of('watching').length === 2);
    expect(source.heard).toEqual(['start', 'greet', 'greet']);
    second.end();
    await until(() => source.heard.includes('stop'));
    expect(source.heard).toEqual(['start', 'greet', 'greet', 'stop']);
    first.end();
  });
});
