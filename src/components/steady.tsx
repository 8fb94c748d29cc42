import { isEqual } from 'lodash';
import { useLayoutEffect, useRef, useState, type ComponentProps } from 'react';

import { Combobox, MultiCombobox } from '@grafana/ui';

// Grafana's comboboxes tell by identity whether their options and value
// changed. Given new ones at every render they would write the selection over
// what somebody is typing, each time a dashboard refreshes.

/** Grafana's Combobox, for options and values that are made anew at each render. */
export function SteadyCombobox<T extends string | number = string>(props: ComponentProps<typeof Combobox<T>>) {
  return <Combobox {...props} options={useSteady(props.options)} value={useSteady(props.value)} />;
}

/** Grafana's MultiCombobox, for options and values that are made anew at each render. */
export function SteadyMultiCombobox<T extends string | number = string>(
  props: ComponentProps<typeof MultiCombobox<T>>
) {
  return <MultiCombobox {...props} options={useSteady(props.options)} value={useSteady(props.value)} />;
}

/** The value of an earlier render as long as it equals that of this one. */
function useSteady<T>(value: T): T {
  const [steady, setSteady] = useState({ value });
  if (isEqual(steady.value, value)) {
    return steady.value;
  }
  setSteady({ value });
  return value;
}

/**
 * A function that passes on what differs from the latest value. A combobox may
 * report a selection repeatedly, through a handler of an earlier render, until
 * nothing renders in answer: where each change renders at once, for ever.
 */
export function usePassedOnce<T>(value: T, pass: (next: T) => void): (next: T) => void {
  const latest = useRef(value);
  useLayoutEffect(() => {
    latest.current = value;
  });
  return (next) => {
    if (!isEqual(next, latest.current)) {
      latest.current = next;
      pass(next);
    }
  };
}
