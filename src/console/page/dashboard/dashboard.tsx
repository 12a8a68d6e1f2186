/** The dashboard's place. */
import { hello } from '../live.ts';

export function Dashboard() {
  return <p class="empty">{hello.value === null ? 'Waiting for the trader.' : `Run ${hello.value.run.id}`}</p>;
}
