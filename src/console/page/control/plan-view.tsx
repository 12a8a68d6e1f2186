/** What a command would do, or did: sessions, orders, positions. All of it is text from the server. */
import type { ControlAnswer } from '../../wire.ts';

export function PlanView({ answer: { done, plan } }: { readonly answer: ControlAnswer }) {
  const { mode, sessions, orders, positions, notes } = plan;
  const touched = sessions.filter(({ becomes }) => becomes !== 'unchanged');
  return (
    <>
      <p>
        {done ? 'Done: ' : 'It would be: '}
        {mode.from === mode.to ? (
          <>
            risk stays <b>{mode.to}</b>.
          </>
        ) : (
          <>
            risk {mode.from} → <b data-mode-to={mode.to}>{mode.to}</b>.
          </>
        )}
      </p>
      {notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      <Rows
        title={done ? 'Orders that are taken off' : 'Orders that would be taken off'}
        head={['Market', 'For', 'Side', 'Open', 'Price']}
        rows={orders.map((order) => [order.market, order.purpose, order.side, order.open, order.price])}
      />
      <Rows
        title="Sessions"
        head={['Session', 'Market', 'Is', 'Becomes']}
        rows={touched.map(({ session, market, state, becomes }) => [session, market, state, becomes])}
      />
      <Rows
        title="Positions, at what they could be closed for"
        head={['Market', 'Contracts', 'Price', 'Worth', 'Cost']}
        rows={positions.map((each) => [
          each.market,
          each.quantity,
          each.exitPrice ?? 'none',
          each.exitValue ?? '',
          each.cost,
        ])}
      />
    </>
  );
}

interface RowsProps {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function Rows({ title, head, rows }: RowsProps) {
  if (rows.length === 0) return null;
  return (
    <details open={rows.length <= 8}>
      <summary>
        {title} ({rows.length})
      </summary>
      <table>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.join(' ')}>
              {row.map((cell, column) => (
                <td key={head[column]} class="outside">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
