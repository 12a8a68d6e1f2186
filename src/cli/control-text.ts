/** What a command to a trader did or would do, for a person. */
import type { ControlAnswer } from '../console/wire.ts';
import type { OperatorPlan } from '../runtime/operator-plan.ts';
import { alignColumns } from './output.ts';

const DID: Readonly<Record<OperatorPlan['action'], string>> = {
  pause: 'Paused',
  resume: 'Resumed',
  flatten: 'Flattening',
  cancelAll: 'All orders are taken off',
  halt: 'Halted',
};

export function planText({ done, plan }: ControlAnswer): string {
  const { action, market, mode, sessions, orders, positions, notes } = plan;
  const of = market === null ? '' : ` ${market}`;
  const modes = mode.from === mode.to ? `risk stays ${mode.to}` : `risk ${mode.from} → ${mode.to}`;
  const blocks = [
    done ? `${DID[action]}${of}: ${modes}.` : `${action}${of} would do this (nothing was changed): ${modes}.`,
  ];
  const touched = sessions.filter(({ becomes }) => becomes !== 'unchanged');
  if (touched.length > 0)
    blocks.push(
      table(
        'Sessions',
        touched.map((each) => [each.session, each.market, `${each.state} → ${each.becomes}`]),
      ),
    );
  if (orders.length > 0)
    blocks.push(
      table(
        done ? 'Orders that are taken off' : 'Orders that would be taken off',
        orders.map((each) => [each.market, each.purpose, each.side, `${each.open} at $${each.price}`]),
      ),
    );
  if (positions.length > 0)
    blocks.push(
      table(
        'Positions, and what they are worth on the side on which they could be closed',
        positions.map((each) => [
          each.market,
          each.quantity,
          each.exitPrice === null ? 'no price' : `at $${each.exitPrice}`,
          each.exitValue === null ? '' : `$${each.exitValue} (cost $${each.cost})`,
        ]),
      ),
    );
  blocks.push(...notes);
  return blocks.join('\n');
}

function table(title: string, rows: readonly (readonly string[])[]): string {
  return `${title}:\n${alignColumns(rows.map((row) => ['', ...row]))}`;
}
