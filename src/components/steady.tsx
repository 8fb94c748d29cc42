import { css } from '@emotion/css';
import { isEqual } from 'lodash';
import { useLayoutEffect, useRef, useState, type ComponentProps } from 'react';

import { Combobox, MultiCombobox, useStyles2 } from '@grafana/ui';

import { highlightFirst, keepByEscape } from './comboboxKeys';
import { labelled, useChipsWidth, useWideList } from './comboboxRoom';

// Grafana's comboboxes tell by identity whether their options and value
// changed. Given new ones at every render they would write the selection over
// what somebody is typing, each time a dashboard refreshes.

/** Grafana's Combobox, for options and values that are made anew at each render. */
export function SteadyCombobox<T extends string | number = string>(props: ComponentProps<typeof Combobox<T>>) {
  const styles = useStyles2(getStyles);
  const options = useSteady(props.options);
  return (
    <div
      className={props.width === undefined ? styles.wide : styles.narrow}
      onChange={(event) => highlightFirst(event)}
      onKeyDownCapture={keepByEscape}
    >
      <Combobox {...props} options={options} value={useSteady(props.value)} portalContainer={useWideList(options)} />
    </div>
  );
}

interface Room {
  /** Between which widths, in units of the theme's grid, it is as wide as what is chosen needs. */
  minWidth?: number;
  maxWidth?: number;
}

/**
 * Grafana's MultiCombobox, for options and values that are made anew at each
 * render. It is as wide as its place, or as its widths say.
 */
export function SteadyMultiCombobox<T extends string | number = string>({
  minWidth,
  maxWidth = minWidth,
  ...props
}: Omit<ComponentProps<typeof MultiCombobox<T>>, 'width' | keyof Room> & Room) {
  const options = useSteady(props.options);
  // To Grafana a chip without a label has no width.
  const value = useSteady(labelled(props.value ?? [], options));
  const width = useChipsWidth(value, { minWidth, maxWidth, isClearable: props.isClearable });
  const list = useWideList(options, true);
  return (
    <div style={{ width }} onChange={(event) => highlightFirst(event, props.createCustomValue)}>
      <MultiCombobox {...props} options={options} value={value} portalContainer={list} />
    </div>
  );
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

const getStyles = () => ({
  // As the box itself would lie beside others.
  wide: css({ width: '100%' }),
  narrow: css({ maxWidth: '100%' }),
});
