import type { ScopedVars } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';

import type { Filter, Operator, OrdersQuery } from './types';

/** Replaces template variables in a query's strings. The result holds none. */
export function interpolateQuery(query: OrdersQuery, templates: TemplateSrv, scopedVars: ScopedVars): OrdersQuery {
  const expand = expander(templates, scopedVars);
  const one = (text: string) => expand(text).values.join(',');
  const names = (texts: string[]) => [...new Set(texts.flatMap((text) => expand(text).values))].filter(Boolean);

  const interpolated: OrdersQuery = { ...query, metrics: names(query.metrics) };
  for (const key of ['view', 'step', 'legend', 'records', 'annotation'] as const) {
    const text = query[key];
    if (text !== undefined) {
      interpolated[key] = one(text);
    }
  }
  for (const key of ['groupBy', 'compare'] as const) {
    const texts = query[key];
    if (texts) {
      interpolated[key] = names(texts);
    }
  }
  if (query.filters) {
    interpolated.filters = query.filters.map((filter) => interpolateFilter(filter, expand));
  }
  return interpolated;
}

function interpolateFilter({ key, operator, values }: Filter, expand: Expand): Filter {
  const name = expand(key).values.join(',');
  const expanded = values.map(expand);
  if (operator === '=~' || operator === '!~') {
    // A variable that can have several values means any one of them, literally.
    return {
      key: name,
      operator,
      values: expanded.map(({ values: texts, multiple }) => (multiple ? anyOf(texts) : texts.join(','))),
    };
  }
  const all = [...new Set(expanded.flatMap(({ values: texts }) => texts))];
  const several = expanded.some(({ multiple }) => multiple) && all.length !== 1;
  return { key: name, operator: (several && forSeveral[operator]) || operator, values: all };
}

/** What an operator that takes one value becomes when a variable has several. */
const forSeveral: Partial<Record<Operator, Operator>> = { '=': 'in', '!=': 'not in' };

function anyOf(texts: string[]): string {
  return `(${texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`;
}

type Expand = (text: string) => { values: string[]; multiple: boolean };

// $name, ${name}, ${name.field}, ${name:format} or [[name]], and nothing else.
const wholeVariable = /^(?:\$\w+|\$\{[^{}]+\}|\[\[[^[\]]+\]\])$/;

/**
 * Makes a function that replaces the variables of a text. A text that is one
 * variable becomes as many texts as the variable has values; within a longer
 * text the values are joined by commas. Nothing is quoted: the server binds
 * values. A variable that can have several values is multiple however many it
 * has.
 */
function expander(templates: TemplateSrv, scopedVars: ScopedVars): Expand {
  return (text) => {
    let captured: { values: string[]; multiple: boolean } | undefined;
    const replaced = templates.replace(text, scopedVars, (value: string | string[]) => {
      captured = { values: [value].flat().map(String), multiple: Array.isArray(value) };
      return captured.values.join(',');
    });
    return captured && wholeVariable.test(text) ? captured : { values: [replaced], multiple: false };
  };
}
