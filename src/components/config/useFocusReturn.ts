import { useEffect, useState } from 'react';

/**
 * Gives the focus back, once what took it is gone, to what had it before. Grafana's drawer leaves it to nobody, and who
 * works with the keyboard begins anew at the top of the page.
 */
export function useFocusReturn() {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      requestAnimationFrame(() => {
        if (opener instanceof HTMLElement && document.activeElement === document.body) {
          opener.focus();
        }
      });
    },
    [opener]
  );
}
