import { css } from '@emotion/css';
import { maxBy } from 'lodash';
import { useLayoutEffect, useMemo } from 'react';

import type { GrafanaTheme2 } from '@grafana/data';
import { getPortalContainer, measureText, useStyles2, useTheme2, type ComboboxOption } from '@grafana/ui';

type Value = string | number;
type Offered<T extends Value> = Array<ComboboxOption<T>> | ((typed: string) => Promise<Array<ComboboxOption<T>>>);

/**
 * Where a combobox draws its list, as wide as its options need: Grafana makes it
 * as wide as the longest label, and cuts off the descriptions below them.
 */
export function useWideList<T extends Value>(options: Offered<T>, hasCheckboxes = false): HTMLElement | undefined {
  const className = useStyles2(getListStyles);
  const width = useMemo(() => {
    const known = typeof options === 'function' ? [] : options;
    const label = maxBy(known, (option) => option.label?.length)?.label ?? '';
    const description = maxBy(known, (option) => option.description?.length)?.description;
    const text = description && Math.max(measureText(label, 14).width, measureText(description, 12).width);
    return text && Math.ceil(text) + listPadding + (hasCheckboxes ? checkboxWidth : 0);
  }, [options, hasCheckboxes]);
  const list = useMemo(() => {
    const element = document.createElement('div');
    element.className = className;
    element.style.setProperty(widthOfList, `${width ?? 0}px`);
    return element;
  }, [className, width]);
  useLayoutEffect(() => {
    getPortalContainer().append(list);
    return () => list.remove();
  }, [list]);
  return width ? list : undefined;
}

const widthOfList = '--live-orders-list';
const listPadding = 48;
const checkboxWidth = 24;

const getListStyles = (theme: GrafanaTheme2) =>
  css({ '& [role="listbox"]': { width: `min(var(${widthOfList}), ${theme.spacing(64)}) !important` } });

interface Bounds {
  /** In units of the theme's grid. Without a least width there is none at all. */
  minWidth: number | undefined;
  maxWidth: number | undefined;
  isClearable: boolean | undefined;
}

/** What is chosen, each with the label that it has among the options, or its value for one. */
export function labelled<T extends Value>(
  chosen: T[] | Array<ComboboxOption<T>>,
  options: Offered<T>
): Array<ComboboxOption<T> & { label: string }> {
  const known = typeof options === 'function' ? [] : options;
  return chosen.map((item) => {
    const option = typeof item === 'object' ? item : (known.find((one) => one.value === item) ?? { value: item });
    return { ...option, label: option.label ?? String(option.value) };
  });
}

/**
 * The width of a box that shows the label of everything that is chosen, within
 * bounds. Grafana takes a width that it is given for pixels when it decides for
 * how many there is room, and shows one.
 */
export function useChipsWidth(
  chosen: Array<{ label: string }>,
  { minWidth, maxWidth = minWidth, isClearable = false }: Bounds
): string | undefined {
  const { spacing } = useTheme2();
  if (minWidth === undefined || maxWidth === undefined) {
    return undefined;
  }
  const chips = chosen.map(({ label }) => measureText(label, 12).width + chipPadding);
  const needed = Math.ceil(chips.reduce((sum, width) => sum + width, boxPadding + (isClearable ? clearWidth : 0)));
  return `clamp(${spacing(minWidth)}, ${needed}px, ${spacing(maxWidth)})`;
}

// As Grafana reckons: what a chip has around its label, and the box around its chips.
const chipPadding = 50;
const boxPadding = 96;
const clearWidth = 32;
