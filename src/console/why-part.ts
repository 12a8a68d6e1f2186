/** `GET /api/why/:ticker`: why a market is quoted as it is, or why it is not. */
import { type WhyFacts, whyFacts } from '../runtime/why.ts';
import type { MakePart } from './console-part.ts';
import { explain } from './explain.ts';

export const whyPart: MakePart = () => {
  let look: ((market: string) => WhyFacts) | null = null;
  return {
    routes(app) {
      app.get('/api/why/:ticker', (context) => {
        const facts = look?.(context.req.param('ticker')) ?? null;
        if (facts === null)
          return context.json(
            { error: { code: 'NOT_RUNNING', message: 'No trader runs here whom one could ask.' } },
            409,
          );
        if (facts.listed === null && facts.session === null)
          return context.json(
            { error: { code: 'NOT_FOUND', message: 'The exchange lists no open market of this name.' } },
            404,
          );
        return context.json(explain(facts));
      });
    },
    attach({ live }) {
      look = live === null ? null : (market) => whyFacts(live.runtime, market);
    },
  };
};
