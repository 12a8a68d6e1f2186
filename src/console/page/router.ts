/** Where in the page one is, kept in the fragment (see address.ts). Every place has an address and "back" works. */
import { computed, signal } from '@preact/signals';
import { readPlace } from './address.ts';

export { addressOf } from './address.ts';

const hash = signal(location.hash);
window.addEventListener('hashchange', () => {
  hash.value = location.hash;
});

export const place = computed(() => readPlace(hash.value));

/** Goes there. `quietly`: without a step that "back" would have to undo. */
export function goTo(address: string, how: 'step' | 'quietly' = 'step'): void {
  if (address === location.hash) return;
  if (how === 'step') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  hash.value = location.hash;
}
