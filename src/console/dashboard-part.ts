/**
 * The dashboard: topic `dashboard`, `GET /api/dashboard`, `/api/markets/:ticker`, `/api/fills`, `/api/orders`,
 * `/api/sessions`. The journal is read when somebody first looks, and a picture is made only while somebody does.
 */
import type { Context } from 'hono';
import type { Subscription } from 'rxjs';
import type { TimerId } from '../domain/clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { Ticker } from '../domain/ids.ts';
import type { LivePicture } from '../runtime/live-facts.ts';
import { liveMarket, livePicture, tickToOrder } from '../runtime/live-report.ts';
import type { ConsoleRun, MakePart } from './console-part.ts';
import { StoryKeeper } from './story/keeper.ts';
import type { PageQuery } from './story/shelf.ts';
import type { Story } from './story/story.ts';
import { accountSeries, factOf, knowsMarket, marketsTold, marketTold, toldPicture } from './story/told.ts';
import { fillFact, orderFact } from './story/trades-told.ts';
import type { Viewer } from './viewers.ts';
import type { Refusal } from './wire.ts';
import type { DashboardAnswer, DashboardMessage, MarketAnswer } from './wire-dashboard.ts';

const EVERY_MS = 1_000;
/** What stops or frees the trader is seen at once, with what else it brings about. */
const SOON_MS = 40;
const URGENT = /^(operator|risk|switch)\./;
/** Quantiles of thousands of samples: not every second. */
const LATENCY_EVERY_MS = 10_000;
const LIMIT = 100;
const LIMIT_MAX = 500;
const NOT_READY: Refusal = { error: { code: 'NOT_READY', message: 'The trader is just starting: ask again.' } };

export const dashboardPart: MakePart = ({ viewers, clocks, log }) => {
  let run: ConsoleRun | null = null;
  let keeper: StoryKeeper | null = null;
  let timer: TimerId | null = null;
  let isWatched = false;
  let isSoon = false;
  let urgent: Subscription | null = null;
  let latency = { atMs: Number.NEGATIVE_INFINITY, value: { p50: null, p99: null } as ReturnType<typeof tickToOrder> };

  const picture = (story: Story): DashboardMessage => {
    const runtime = run?.live?.runtime ?? null;
    const wallMs = clocks.wall.now();
    if (runtime !== null && wallMs - latency.atMs >= LATENCY_EVERY_MS)
      latency = { atMs: wallMs, value: tickToOrder(runtime) };
    const live = runtime === null ? null : livePicture(runtime, latency.value);
    return {
      type: 'dashboard',
      atMs: live?.atMs ?? story.atMs,
      wallMs: live?.wallMs ?? story.wallMs,
      live,
      told: toldPicture(story, live === null ? null : numbersOf(live)),
    };
  };
  const tellMarket = (viewer: Viewer): void => {
    const runtime = run?.live?.runtime;
    if (viewer.market === null || runtime === undefined) return;
    const detail = liveMarket(runtime, viewer.market as Ticker);
    if (detail !== null) viewer.send({ type: 'market', ticker: viewer.market, detail });
  };
  const tell = (): void => {
    isSoon = false;
    timer = isWatched ? clocks.wall.setTimeout(tell, EVERY_MS) : null;
    const story = keeper?.current ?? null;
    if (story === null) return;
    viewers.publish('dashboard', picture(story));
    for (const viewer of viewers.watching('dashboard')) tellMarket(viewer);
  };
  const tellSoon = (): void => {
    if (isSoon) return;
    isSoon = true;
    if (timer !== null) clocks.wall.clearTimeout(timer);
    timer = clocks.wall.setTimeout(tell, SOON_MS);
  };
  const failed = (error: unknown): void => log.warn({ error: messageOf(error) }, 'the journal could not be shown');
  const greet = (viewer: Viewer): void => {
    keeper?.story().then((story) => {
      if (!viewer.topics.has('dashboard')) return;
      viewer.send(picture(story));
      tellMarket(viewer);
    }, failed);
  };

  const withStory = async (context: Context, answer: (story: Story) => object | null): Promise<Response> => {
    if (keeper === null) return context.json(NOT_READY, 503);
    const found = answer(await keeper.story());
    if (found !== null) return context.json(found);
    const { ticker } = context.req.param() as { ticker?: string };
    return context.json({ error: { code: 'NOT_FOUND', message: `No market ${ticker} was heard of.` } }, 404);
  };

  return {
    topics: {
      dashboard: {
        start() {
          isWatched = true;
          timer ??= clocks.wall.setTimeout(tell, EVERY_MS);
        },
        stop() {
          isWatched = false;
          isSoon = false;
          if (timer !== null) clocks.wall.clearTimeout(timer);
          timer = null;
        },
        greet,
      },
    },
    routes(app) {
      app.get('/api/dashboard', (context) =>
        withStory(context, (story): DashboardAnswer => {
          const isLive = (run?.live ?? null) !== null;
          return { ...picture(story), series: accountSeries(story), markets: isLive ? [] : marketsTold(story) };
        }),
      );
      app.get('/api/markets/:ticker', (context) =>
        withStory(context, (story): MarketAnswer | null => {
          const ticker = context.req.param('ticker');
          const runtime = run?.live?.runtime;
          const detail = runtime === undefined ? null : liveMarket(runtime, ticker as Ticker);
          if (detail === null && !knowsMarket(story, ticker)) return null;
          const told = marketTold(story, ticker);
          if (detail === null) return { ...told, detail };
          const { title, category, event, closeMs } = detail;
          return { ...told, title, category, event, closeMs, detail };
        }),
      );
      app.get('/api/fills', (context) => {
        const { page, market, session, order } = queryOf(context);
        return withStory(context, ({ trades }) =>
          trades.fills.page(
            {
              ...page,
              where: (told) =>
                isAny(market, told.fill.market) &&
                isAny(session, told.session) &&
                isAny(order, told.fill.clientOrderId),
            },
            fillFact,
          ),
        );
      });
      app.get('/api/orders', (context) => {
        const { page, market, session, order } = queryOf(context);
        return withStory(context, ({ trades }) =>
          trades.orders.page(
            {
              ...page,
              where: ({ intent }) =>
                isAny(market, intent.market) && isAny(session, intent.session) && isAny(order, intent.clientOrderId),
            },
            orderFact,
          ),
        );
      });
      app.get('/api/sessions', (context) => {
        const { page, market, session } = queryOf(context);
        return withStory(context, (story) =>
          story.sessions.shelf.page(
            { ...page, where: (told) => isAny(market, told.market) && isAny(session, told.session) },
            (told) => factOf(story, told),
          ),
        );
      });
    },
    attach(given) {
      run = given;
      keeper?.close();
      keeper = new StoryKeeper(given.past);
      urgent?.unsubscribe();
      urgent = given.past.entries$.subscribe(({ kind }) => {
        if (isWatched && URGENT.test(kind)) tellSoon();
      });
      for (const viewer of viewers.watching('dashboard')) greet(viewer);
    },
    close() {
      if (timer !== null) clocks.wall.clearTimeout(timer);
      timer = null;
      isWatched = false;
      urgent?.unsubscribe();
      keeper?.close();
    },
  };
};

function numbersOf({ requests: { total, status429 }, feed: { lagMs } }: LivePicture) {
  return { requests: total, status429, lagMs };
}

interface Query {
  readonly page: Pick<PageQuery<never>, 'before' | 'limit'>;
  readonly market: string | undefined;
  readonly session: string | undefined;
  readonly order: string | undefined;
}

/** Whatever is no number is as if it was not said. */
function queryOf({ req }: Context): Query {
  const whole = (name: string): number | null => {
    const value = Number(req.query(name) ?? 'none');
    return Number.isSafeInteger(value) && value > 0 ? value : null;
  };
  return {
    page: { before: whole('before'), limit: Math.min(LIMIT_MAX, whole('limit') ?? LIMIT) },
    market: req.query('market'),
    session: req.query('session'),
    order: req.query('order'),
  };
}

function isAny(wanted: string | undefined, value: string | null): boolean {
  return wanted === undefined || wanted === value;
}
