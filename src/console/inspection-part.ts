/** Actors as they are now: `GET /api/actors`, and the topic `inspection`. */
import type { ActorRegister } from '../runtime/actor-register.ts';
import type { MakePart } from './console-part.ts';
import { Inspection } from './inspection.ts';

export const inspectionPart: MakePart = ({ viewers, clocks }) => {
  const inspection = new Inspection({ viewers, clocks });
  let register: ActorRegister | null = null;
  return {
    topics: { inspection },
    routes(app) {
      app.get('/api/actors', (context) => context.json(register?.entries() ?? []));
    },
    attach({ live }) {
      if (live === null) return;
      register = live.runtime.register;
      inspection.attach(register);
    },
    close: () => inspection.stop(),
  };
};
