/**
 * Where an order stands in a line of which only the length is known. A level that gets shorter was traded (from the head:
 * no question) or cancelled somewhere; a queue model says how much of a cancellation stood ahead of us.
 */
import type { AheadOfCancel } from '../crowd-commands.ts';
import { logarithmic, power, probabilistic } from './queue-probabilistic.ts';
import { riskAverse } from './queue-risk-averse.ts';

export const QUEUE_MODELS = ['riskAverse', 'power', 'logarithmic'] as const;
export type QueueModelName = (typeof QUEUE_MODELS)[number];

export interface QueueSettings {
  readonly queueModel: QueueModelName;
  /** Of the power model only. */
  readonly queueExponent: number;
}

export const CAUTIOUS: QueueSettings = { queueModel: 'riskAverse', queueExponent: 2 };

export function queueModelOf({ queueModel, queueExponent }: QueueSettings): AheadOfCancel {
  switch (queueModel) {
    case 'riskAverse':
      return riskAverse;
    case 'power':
      return probabilistic(power(queueExponent));
    case 'logarithmic':
      return probabilistic(logarithmic);
  }
}
