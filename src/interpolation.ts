import { rangeUtil, type ScopedVars } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';

import { arity } from './query';
import { steps, type Filter, type Operator, type OrdersQuery } from './types';

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
  if (query.step?.includes('$') && interpolated.step) {
    interpolated.step = nearestStep(interpolated.step);
  }
  if (query.filters) {
    interpolated.filters = query.filters.map((filter) => interpolateFilter(filter, expand));
  }
  return interpolated;
}

/** Replaces template variables in filters. */
export function interpolateFilters(filters: Filter[], templates: TemplateSrv, scopedVars: ScopedVars): Filter[] {
  const expand = expander(templates, scopedVars);
  return filters.map((filter) => interpolateFilter(filter, expand));
}

/**
 * The variables in filters that have no value: none is chosen, or there is none
 * to choose. What they leave of a filter would keep no row, or all of them, and
 * neither is what anybody asked for.
 */
export function variablesWithoutValue(filters: Filter[], templates: TemplateSrv, scopedVars: ScopedVars): string[] {
  const expand = expander(templates, scopedVars);
  const isEmpty = (text: string) => {
    const { values, multiple } = expand(text);
    return wholeVariable.test(text) && (multiple ? values.length === 0 : values.join('') === '');
  };
  const texts = filters.flatMap(({ key, operator, values }) => [key, ...(arity(operator) === 'none' ? [] : values)]);
  return [...new Set(texts.filter(isEmpty))];
}

/**
 * The step nearest to an interval that Grafana made, such as 20s: of
 * $__interval, or of the "auto" that interval variables may offer. What is no
 * interval is left to the server to refuse.
 */
function nearestStep(text: string): string {
  if (steps.some((step) => step === text) || !rangeUtil.isValidTimeSpan(text)) {
    return text;
  }
  const wanted = Math.log(rangeUtil.intervalToMs(text));
  const distance = (step: string) => Math.abs(Math.log(rangeUtil.intervalToMs(step)) - wanted);
  // Quarters have no place among Grafana's intervals.
  const [first = text, ...others] = steps.filter((step) => /^\d+[smhdwMy]$/.test(step));
  return others.reduce<string>((best, step) => (distance(step) < distance(best) ? step : best), first);
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
