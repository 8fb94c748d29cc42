import type { FormEvent, KeyboardEvent } from 'react';

// What Grafana's comboboxes make of keys, mended from around them.

/**
 * Highlights the first match of what has been typed, so that Enter takes it.
 * Grafana highlights the option at the place that the chosen one has among all,
 * which is another or none, or no option at all where several may be chosen.
 * Of these some take what is typed as well, and leave open which is meant.
 */
export function highlightFirst({ target }: FormEvent<HTMLElement>, orTyped = false) {
  if (!isCombobox(target) || target.value === '') {
    return;
  }
  // Once the list holds what matches, which it does when this event is over.
  setTimeout(() => {
    if (!orTyped || optionsOf(target) === 1) {
      target.dispatchEvent(new window.KeyboardEvent('keydown', { key: 'Home', bubbles: true }));
    }
  });
}

/**
 * Keeps from a closed box the Escape that is meant for what is around it.
 * Grafana's would take back what is chosen, or no longer show it.
 */
export function keepByEscape({ key, target, nativeEvent }: KeyboardEvent<HTMLElement>) {
  if (key === 'Escape' && isCombobox(target) && target.getAttribute('aria-expanded') === 'false') {
    Object.assign(nativeEvent, { preventDownshiftDefault: true });
  }
}

function isCombobox(target: EventTarget): target is HTMLInputElement {
  return target instanceof HTMLInputElement && target.getAttribute('role') === 'combobox';
}

function optionsOf(box: HTMLInputElement): number {
  const list = document.getElementById(box.getAttribute('aria-controls') ?? '');
  return list?.querySelectorAll('[role="option"]').length ?? 0;
}
