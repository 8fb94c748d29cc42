import { isEqual } from 'lodash';

import type { AdHocVariableFilter } from '@grafana/data';

import type { DeclaredCatalog } from './declared';
import type { Filter, Operator, OrdersQuery } from './types';

// What the viewers of a dashboard choose for all panels at once, which Grafana
// calls drilldowns: ad hoc filters, and dimensions to group by.

/** A query with what was chosen, and the dimensions that were chosen and that it does not have. */
export interface Drilled {
  query: OrdersQuery;
  missing: string[];
}

/** Adds ad hoc filters to a query that holds no variables. */
export function withFilters(query: OrdersQuery, chosen: AdHocVariableFilter[], declared: DeclaredCatalog): Drilled {
  const { fitting, missing } = split(chosen.flatMap(toFilter), ({ key }) => key, declared.dimensionsOf(query));
  const filters = query.filters ?? [];
  const added = fitting.filter((filter) => !filters.some((other) => isEqual(other, filter)));
  return { query: added.length > 0 ? { ...query, filters: [...filters, ...added] } : query, missing };
}

/** Adds dimensions to group by to a query that holds no variables. */
export function withGroupBy(query: OrdersQuery, chosen: string[], declared: DeclaredCatalog): Drilled {
  const { fitting, missing } = split(chosen, (key) => key, isGrouped(query) ? declared.dimensionsOf(query) : []);
  const groupBy = [...new Set([...(query.groupBy ?? []), ...fitting])];
  return { query: fitting.length > 0 ? { ...query, groupBy } : query, missing };
}

/** Rows and events are not grouped, and a heatmap has no room for groups. */
export function isGrouped({ queryType, view }: OrdersQuery): boolean {
  return (queryType ?? 'metric') === 'metric' && view !== 'heatmap';
}

function split<T>(chosen: T[], keyOf: (choice: T) => string, known: string[] | undefined) {
  const fits = (choice: T) => !known || known.includes(keyOf(choice));
  return {
    fitting: chosen.filter(fits),
    missing: [...new Set(chosen.filter((choice) => !fits(choice)).map(keyOf))],
  };
}

/** Grafana's operators for several values, by ours. Its others have the same names. */
const several: Record<string, Operator> = { '=|': 'in', '!=|': 'not in' };

/** The filter as a query has it. One that is not complete, or keeps everything, is none. */
export function toFilter({ key, operator, value, values }: AdHocVariableFilter): Filter[] {
  const many = several[operator];
  const all = many && values?.length ? values : [value];
  const keepsAll = operator === '=~' && value === '.*';
  return key === '' || operator === '' || keepsAll || (!many && value === '')
    ? []
    : [{ key, operator: many ?? (operator as Operator), values: all }];
}
