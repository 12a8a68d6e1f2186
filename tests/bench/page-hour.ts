/**
 * An hour's worth of events for the page, as fast as it takes them: what the real console said within some seconds is said
 * again and again at later times, with sessions that close and others that come in their place, as they do in an hour.
 */
import type { Console } from '../../src/console/server.ts';
import type { Viewer } from '../../src/console/viewers.ts';
import type { ActorMessage, ServerMessage } from '../../src/console/wire.ts';
import { Looker, openStage } from '../console/stage.ts';
import { SESSIONS } from './page-charts.ts';

/** What is heard of the real console before it is said again. */
const HEARD_SECONDS = 10;
/** Sessions live five minutes: so many of a hundred are replaced every ten seconds. */
const REPLACED_PER_ROUND = 3;

export interface Heard {
  readonly actors: readonly ActorMessage[];
  /** Messages of one second each. */
  readonly seconds: readonly (readonly ServerMessage[])[];
}

export async function hear(url: string): Promise<Heard> {
  const looker = await Looker.at(url, ['inspection']);
  const actors = () => looker.of('@xstate.actor');
  await looker.until(() => actors().filter(({ machine }) => machine === 'marketSession').length >= SESSIONS);
  const greeted = actors();
  const seconds: ServerMessage[][] = [];
  while (seconds.length < HEARD_SECONDS) {
    looker.told.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    seconds.push(looker.told.filter(({ type }) => /^(@xstate|bothsides)\./.test(type)));
  }
  looker.end();
  return { actors: greeted, seconds };
}

/** A console that says it all again; each `say` is one text that tells of one second. */
export class HourConsole {
  readonly web: Console;
  readonly #heard: Heard;
  readonly #viewers: Set<Viewer>;
  /** Session id as it was heard → as it is said now. */
  readonly #names = new Map<string, string>();
  #second = 0;
  transitions = 0;
  sessions = SESSIONS;

  private constructor(web: Console, heard: Heard, viewers: Set<Viewer>) {
    this.web = web;
    this.#heard = heard;
    this.#viewers = viewers;
  }

  static async open(heard: Heard): Promise<HourConsole> {
    const viewers = new Set<Viewer>();
    const inspection = {
      greet(viewer: Viewer): void {
        viewers.add(viewer);
        for (const actor of heard.actors) viewer.send(actor);
      },
    };
    // A text of a second is as long as it is.
    const limits = { waitingMax: Number.MAX_SAFE_INTEGER, stallMs: 600_000 };
    const web = await openStage({ parts: [() => ({ topics: { inspection } })], limits });
    return new HourConsole(web, heard, viewers);
  }

  say(): void {
    const { seconds } = this.#heard;
    const round = Math.floor(this.#second / seconds.length);
    const messages = this.#second % seconds.length === 0 && round > 0 ? this.#replaceSome(round) : [];
    const laterMs = round * seconds.length * 1_000;
    for (const message of seconds[this.#second % seconds.length]!) {
      if (message.type === 'bothsides.transition') this.transitions++;
      messages.push(this.#renamed(message, laterMs));
    }
    this.#second++;
    const text = JSON.stringify(messages);
    for (const viewer of this.#viewers) viewer.sendText(text);
  }

  #renamed(message: ServerMessage, laterMs: number): ServerMessage {
    if (!('sessionId' in message)) return message;
    const sessionId = this.#names.get(message.sessionId) ?? message.sessionId;
    return { ...message, sessionId, atMs: message.atMs + laterMs, wallMs: message.wallMs + laterMs };
  }

  #replaceSome(round: number): ServerMessage[] {
    const sessions = this.#heard.actors.filter(({ machine }) => machine === 'marketSession');
    const said: ServerMessage[] = [];
    for (let index = 0; index < REPLACED_PER_ROUND; index++) {
      const actor = sessions[(round * REPLACED_PER_ROUND + index) % sessions.length]!;
      // The first one stays: it is the one that is looked at.
      if (actor === sessions[0]) continue;
      const { definition: _, name, ...rest } = actor;
      const before = this.#names.get(actor.sessionId) ?? actor.sessionId;
      const over = { ...actor.snapshot, status: 'done', value: 'closed' } as const;
      said.push({ ...rest, type: '@xstate.snapshot', sessionId: before, event: { type: 'exit.flat' }, snapshot: over });
      const sessionId = `${actor.sessionId}/${round}`;
      this.#names.set(actor.sessionId, sessionId);
      said.push({ ...rest, type: '@xstate.actor', sessionId, name: `${name}/${round}` });
      this.sessions++;
    }
    return said;
  }
}
