import { t } from '@grafana/i18n';

import type { MetricType } from '../../../types';
import type { MetricDraft } from '../catalogDraft';

/** A key of a metric that is a column or an expression over columns of its table. */
export type ColumnKey = 'time' | 'where' | 'sum' | 'observe' | 'column' | 'opened' | 'closed';

export interface ColumnField {
  key: ColumnKey;
  label: string;
  description: string;
  required: boolean;
  /** name: a column's own name. expression: SQL over columns. */
  takes: 'time' | 'expression';
}

/** The keys that a type of metric takes beside those of all metrics, in the order of the form. */
export function columnFields(type: MetricType): ColumnField[] {
  const time: ColumnField = {
    key: 'time',
    label: t('form.time.label', 'Event time'),
    description: t('form.time.description', "The column by which rows are counted; empty for the table's"),
    required: false,
    takes: 'time',
  };
  const where: ColumnField = {
    key: 'where',
    label: t('form.where.label', 'Only rows where'),
    description: t('form.where.description', 'A SQL condition; empty for all rows'),
    required: false,
    takes: 'expression',
  };
  const sum: ColumnField = {
    key: 'sum',
    label: t('form.sum.label', 'Sum of'),
    description: t('form.sum.description', 'A column or SQL expression that is added up; empty to count rows'),
    required: false,
    takes: 'expression',
  };
  switch (type) {
    case 'counter':
      return [time, sum, where];
    case 'gauge':
      return [
        {
          key: 'opened',
          label: t('form.opened.label', 'Open from'),
          description: t('form.opened.description', 'The column with the time from which a row counts'),
          required: true,
          takes: 'time',
        },
        {
          key: 'closed',
          label: t('form.closed.label', 'Until'),
          description: t('form.closed.description', 'The column with the time until which it counts, empty until then'),
          required: true,
          takes: 'time',
        },
        sum,
        where,
      ];
    case 'histogram':
    case 'summary':
      return [
        {
          key: 'observe',
          label: t('form.observe.label', 'Observed'),
          description: t('form.observe.description', 'The column or SQL expression whose distribution is kept'),
          required: true,
          takes: 'expression',
        },
        time,
        where,
      ];
    case 'distinct':
      return [
        {
          key: 'column',
          label: t('form.column.label', 'Different values of'),
          description: t('form.column.description', 'The column or SQL expression whose values are counted'),
          required: true,
          takes: 'expression',
        },
        time,
        where,
      ];
    case 'ratio':
      return [];
  }
}

const common = ['help', 'label', 'unit', 'decimals', 'owner', 'aliases'] as const;

/** The metric as one of another type: it keeps the keys that this one takes. */
export function asType(metric: MetricDraft, type: MetricType): MetricDraft {
  const keys: Array<keyof MetricDraft> = [...common, ...columnFields(type).map(({ key }) => key)];
  keys.push(...(type === 'ratio' ? (['numerator', 'denominator'] as const) : (['table'] as const)));
  if (type === 'summary') {
    keys.push('quantiles');
  }
  const kept = Object.fromEntries(
    keys.filter((key) => metric[key] !== undefined).map((key) => [key, metric[key]])
  ) as Omit<MetricDraft, 'type'>;
  return { type, ...kept };
}

/** Sets a key, or removes it where the value is empty. */
export function withKey<Value extends object, Key extends keyof Value>(
  value: Value,
  key: Key,
  set: Value[Key] | undefined
): Value {
  const { [key]: before, ...others } = value;
  const empty = set === undefined || set === '' || (Array.isArray(set) && set.length === 0);
  return (empty ? others : { ...value, [key]: set }) as Value;
}
