/** Every actor, its chart, and what happened between them. */
export function Inspector() {
  return <p class="empty">No actor was heard of yet.</p>;
}
