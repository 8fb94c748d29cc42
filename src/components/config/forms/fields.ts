import { t } from '@grafana/i18n';

import type { MetricType } from '../../../types';
import type { MetricDraft } from '../catalogDraft';

/** A key of a metric that is a column or an expression over columns of its table. */
export type ColumnKey = 'time' | 'where' | 'sum' | 'observe' | 'column' | 'opened' | 'closed';

export interface ColumnField {
  key: ColumnKey;
  description: string;
  required: boolean;
  /** name: a column's own name. expression: SQL over columns. */
  takes: 'time' | 'expression';
}

/** The keys that a type of metric takes beside those of all metrics, in the order of the form. */
export function columnFields(type: MetricType): ColumnField[] {
  const time: ColumnField = {
    key: 'time',
    description: t('form.time.description', 'The column by which rows are counted'),
    required: false,
    takes: 'time',
  };
  const where: ColumnField = {
    key: 'where',
    description: t('form.where.description', 'A SQL condition; empty for all rows'),
    required: false,
    takes: 'expression',
  };
  const sum: ColumnField = {
    key: 'sum',
    description: t('form.sum.description', 'Column or SQL expression; empty to count rows'),
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
          description: t('form.opened.description', 'The time from which a row counts'),
          required: true,
          takes: 'time',
        },
        {
          key: 'closed',
          description: t('form.closed.description', 'Its end; empty in rows that are still open'),
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
          description: t('form.observe.description', 'The values whose distribution is kept'),
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
          description: t('form.column.description', 'The values that are counted, each once'),
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

/** What a form calls a key, by its path below the entry: time, changes.column, dimensions.channel.values[0]. */
export function keyLabel(path: string): string {
  const [first = '', second = '', third = ''] = path.replaceAll(/\[\d+\]/g, '').split('.');
  if (first === 'dimensions' && second !== '') {
    return third === '' ? second : `${second}, ${third === 'column' ? columnLabel() : labelOf(third)}`;
  }
  if (first === 'changes' && second === 'column') {
    return t('form.changes-column.label', 'Column of changes');
  }
  if (first === 'changes' && second === 'base') {
    return t('form.changes-base.label', 'Base of the view');
  }
  return labelOf(first === 'changes' && second === 'lateness' ? second : first);
}

/** What a form calls the column of a dimension. */
export function columnLabel(): string {
  return t('form.dimension.column', 'Column or SQL expression');
}

function labelOf(key: string): string {
  switch (key) {
    case 'prefix':
      return t('form.prefix.label', 'Prefix');
    case 'relation':
      return t('form.relation.label', 'Table or view');
    case 'time':
      return t('form.time.label', 'Event time');
    case 'timezone':
      return t('form.timezone.label', 'Time zone');
    case 'where':
      return t('form.where.label', 'Only rows where');
    case 'changes':
      return t('form.changes.label', 'Changes');
    case 'lateness':
      return t('form.lateness.label', 'Lateness');
    case 'records':
      return t('form.records.label', 'Columns of records');
    case 'link':
      return t('form.link.label', 'Page of a row');
    case 'dimensions':
      return t('form.dimensions', 'Dimensions');
    case 'values':
      return t('form.values.label', 'Values');
    case 'lookback':
      return t('form.lookback.label', 'Look-back');
    case 'type':
      return t('form.type.label', 'Type');
    case 'table':
      return t('form.table.label', 'Table');
    case 'sum':
      return t('form.sum.label', 'Sum of');
    case 'observe':
      return t('form.observe.label', 'Observed');
    case 'column':
      return t('form.column.label', 'Different values of');
    case 'opened':
      return t('form.opened.label', 'Open from');
    case 'closed':
      return t('form.closed.label', 'Until');
    case 'numerator':
      return t('form.numerator.label', 'Divide');
    case 'denominator':
      return t('form.denominator.label', 'By');
    case 'quantiles':
      return t('form.quantiles.label', 'Quantiles');
    case 'help':
      return t('form.help.label', 'Meaning');
    case 'label':
      return t('form.label.label', 'Label');
    case 'unit':
      return t('form.unit.label', 'Unit');
    case 'decimals':
      return t('form.decimals.label', 'Decimals');
    case 'owner':
      return t('form.owner.label', 'Owner');
    case 'aliases':
      return t('form.aliases.label', 'Other names');
    case 'title':
      return t('form.title.label', 'Title');
    case 'text':
      return t('form.text.label', 'Text');
    case 'tags':
      return t('form.tags.label', 'Tags');
    case 'end':
      return t('form.end.label', 'Lasts until');
    default:
      return key;
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
