import type { QueryFilterOptions, ToggleFilterAction } from '@grafana/data';

import { othersLabel } from './query';
import type { Filter, OrdersQuery } from './types';

// Explore's "Filter for value" and "Filter out value" on a cell of a table. The
// key is the name of its column, and Explore changes every query of the pane:
// those that have no such dimension stay as they are.

export type CellFilter = ToggleFilterAction['type'];

/** What stands for no value, where a value is expected. */
const nullLabel = '(null)';

/**
 * Adds a filter for or against a value, in the place of the opposite one, if it
 * is by one of the dimensions; takes it away if the query has it.
 */
export function toggleFilter(
  query: OrdersQuery,
  { type, options }: ToggleFilterAction,
  dimensions: string[]
): OrdersQuery {
  return hasFilter(query, type, options)
    ? withFilters(query, without(query, type, options))
    : addFilter(query, type, options, dimensions);
}

/**
 * Adds a filter for or against a value, in the place of the opposite one, if it
 * is by one of the dimensions.
 */
export function addFilter(
  query: OrdersQuery,
  type: CellFilter,
  options: QueryFilterOptions,
  dimensions: string[]
): OrdersQuery {
  const { key = '' } = options;
  const value = valueOf(options);
  if (!dimensions.includes(key) || value === othersLabel || hasFilter(query, type, options)) {
    return query;
  }
  const opposite = type === 'FILTER_FOR' ? 'FILTER_OUT' : 'FILTER_FOR';
  const operator = type === 'FILTER_FOR' ? '=' : '!=';
  return withFilters(query, [...without(query, opposite, options), { key, operator, values: [value] }]);
}

export function hasFilter({ filters = [] }: OrdersQuery, type: CellFilter, options: QueryFilterOptions): boolean {
  return filters.some((filter) => says(filter, type, options));
}

/** Whether a filter keeps the value only, or leaves it out. */
function says({ key, operator, values }: Filter, type: CellFilter, options: QueryFilterOptions): boolean {
  const value = valueOf(options);
  const alone = values.length === 1 && values[0] === value;
  if (key !== options.key) {
    return false;
  }
  return type === 'FILTER_FOR'
    ? (operator === '=' || operator === 'in') && alone
    : (operator === '!=' && alone) || (operator === 'not in' && values.includes(value));
}

function without({ filters = [] }: OrdersQuery, type: CellFilter, options: QueryFilterOptions): Filter[] {
  return filters.flatMap((filter) => {
    if (!says(filter, type, options)) {
      return filter;
    }
    const values = filter.values.filter((value) => value !== valueOf(options));
    return values.length > 0 ? { ...filter, values } : [];
  });
}

// The server makes no column filterable that has an empty text: a blank cell is null.
function valueOf({ value = '' }: QueryFilterOptions): string {
  return value === '' ? nullLabel : value;
}

function withFilters(query: OrdersQuery, filters: Filter[]): OrdersQuery {
  return { ...query, filters: filters.length > 0 ? filters : undefined };
}
