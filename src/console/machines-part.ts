/** The charts as they are written down: `GET /api/machines`. */
import type { MakePart } from './console-part.ts';
import type { MachineFacts } from './wire.ts';

interface Chart {
  readonly id: string;
  readonly config: unknown;
}

export function machinesPart(charts: readonly Chart[]): MakePart {
  return () => ({
    routes(app) {
      app.get('/api/machines', (context) => context.json(charts.map(factsOf)));
    },
  });
}

function factsOf({ id, config }: Chart): MachineFacts {
  return { id, definition: JSON.parse(definitionText(config)) };
}

/** As Stately's inspector writes it, but with the states in the order in which they were written down. */
export function definitionText(config: unknown): string {
  return JSON.stringify(config, (_name, value: unknown) =>
    typeof value === 'function' ? { type: value.name } : value,
  );
}
