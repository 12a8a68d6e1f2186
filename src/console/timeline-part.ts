/** Time travel: `GET /api/history`, `GET /api/moments`, `GET /api/at`. */
import type { Context } from 'hono';
import type { MakePart } from './console-part.ts';
import { Timeline } from './timeline.ts';
import type { Refusal } from './wire.ts';

const LIMIT_DEFAULT = 100;
const LIMIT_MAX = 500;

export const timelinePart: MakePart = ({ clocks }) => {
  let timeline: Timeline | null = null;
  return {
    routes(app) {
      app.get('/api/history', async (context) => {
        const actor = context.req.query('actor') ?? '';
        const before = numberOf(context, 'before', Number.MAX_SAFE_INTEGER);
        const limit = numberOf(context, 'limit', LIMIT_DEFAULT);
        if (actor === '' || before === null || limit === null || limit < 1)
          return context.json(misused('Ask with actor=ID, and before=SEQUENCE and limit=N as whole numbers.'), 400);
        const history = await timeline?.history(actor, before, Math.min(limit, LIMIT_MAX));
        return context.json(history ?? { moves: [], before: null });
      });
      app.get('/api/moments', async (context) =>
        context.json(
          (await timeline?.moments()) ?? { firstMs: null, lastMs: null, density: [], marks: [], forgotten: 0 },
        ),
      );
      app.get('/api/at', async (context) => {
        const ms = numberOf(context, 'ms', null);
        if (ms === null) return context.json(misused('Ask with ms=MILLISECONDS of market time.'), 400);
        return context.json((await timeline?.at(ms)) ?? { atMs: ms, actors: [] });
      });
    },
    attach({ past, live }) {
      timeline = new Timeline(past, clocks, live !== null);
    },
    close: () => timeline?.close(),
  };
};

/** A whole number from the address; null where it is none. */
function numberOf<T>(context: Context, name: string, absent: T): number | T | null {
  const text = context.req.query(name);
  if (text === undefined) return absent;
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function misused(message: string): Refusal {
  return { error: { code: 'USAGE', message } };
}
