import { once } from 'lodash';

import { getValueFormats } from '@grafana/data';
import { t } from '@grafana/i18n';

import type { CatalogAnnotation, CatalogMetric } from '../../catalog';
import type { Format, MetricType, Operator, Partiality, Reduction, View } from '../../types';

/** A name and a sentence about it, as comboboxes show them. */
export interface Label {
  label: string;
  description?: string;
}

export function typeLabel(type: MetricType): Label {
  switch (type) {
    case 'counter':
      return {
        label: t('metric-type.counter.label', 'counter'),
        description: t('metric-type.counter.description', 'A flow: events counted or amounts summed'),
      };
    case 'gauge':
      return {
        label: t('metric-type.gauge.label', 'gauge'),
        description: t('metric-type.gauge.description', 'A stock: what is open at an instant, never summed over time'),
      };
    case 'histogram':
      return {
        label: t('metric-type.histogram.label', 'histogram'),
        description: t('metric-type.histogram.description', 'How an observed quantity is distributed'),
      };
    case 'summary':
      return {
        label: t('metric-type.summary.label', 'summary'),
        description: t('metric-type.summary.description', 'Declared quantiles of an observed quantity'),
      };
    case 'ratio':
      return {
        label: t('metric-type.ratio.label', 'ratio'),
        description: t('metric-type.ratio.description', 'Two metrics, each summed first and then divided'),
      };
    case 'distinct':
      return {
        label: t('metric-type.distinct.label', 'distinct'),
        description: t('metric-type.distinct.description', 'How many different values there are'),
      };
  }
}

/** Labels of the views; a name that is not one is shown as it is. */
export function viewLabel(view: string): Label {
  switch (view as View) {
    case 'per_bucket':
      return {
        label: t('view.per-bucket.label', 'Per bucket'),
        description: t('view.per-bucket.description', 'The sum in each step'),
      };
    case 'rate':
      return {
        label: t('view.rate.label', 'Rate'),
        description: t('view.rate.description', 'The sum in each step, divided by its seconds'),
      };
    case 'running_total':
      return {
        label: t('view.running-total.label', 'Running total'),
        description: t('view.running-total.description', 'The sum from the start of the range'),
      };
    case 'share':
      return {
        label: t('view.share.label', 'Share'),
        description: t('view.share.description', "Each group's part of the total, from 0 to 1"),
      };
    case 'value':
      return { label: t('view.value.label', 'Value') };
    case 'quantiles':
      return {
        label: t('view.quantiles.label', 'Quantiles'),
        description: t('view.quantiles.description', 'One series for each quantile'),
      };
    case 'heatmap':
      return {
        label: t('view.heatmap.label', 'Heatmap'),
        description: t(
          'view.heatmap.description',
          'How many observations of which size in each step, for a panel of that type'
        ),
      };
    case 'count':
      return {
        label: t('view.count.label', 'Count'),
        description: t('view.count.description', 'The number of observations'),
      };
    case 'average':
      return {
        label: t('view.average.label', 'Average'),
        description: t('view.average.description', 'The sum of the observations divided by their number'),
      };
    default:
      return { label: view };
  }
}

/** What an operator says, in words that follow the name of a dimension. */
export function operatorLabel(operator: Operator): string {
  switch (operator) {
    case '=':
      return t('operator.equal', 'equals');
    case '!=':
      return t('operator.not-equal', 'does not equal, or is empty');
    case 'in':
      return t('operator.in', 'is one of');
    case 'not in':
      return t('operator.not-in', 'is none of, or is empty');
    case '=~':
      return t('operator.match', 'matches the whole regular expression');
    case '!~':
      return t('operator.not-match', 'does not match it, or is empty');
    case '>':
      return t('operator.greater', 'is greater than');
    case '>=':
      return t('operator.greater-or-equal', 'is at least');
    case '<':
      return t('operator.less', 'is less than');
    case '<=':
      return t('operator.less-or-equal', 'is at most');
    case 'is null':
      return t('operator.null', 'is empty');
    case 'is not null':
      return t('operator.not-null', 'is not empty');
  }
}

export function reductionLabel(reduction: Reduction): Label {
  switch (reduction) {
    case 'last':
      return { label: t('reduction.last', 'Last') };
    case 'avg':
      return { label: t('reduction.avg', 'Average') };
    case 'min':
      return { label: t('reduction.min', 'Minimum') };
    case 'max':
      return { label: t('reduction.max', 'Maximum') };
  }
}

export function partialLabel(partial: Partiality): Label {
  switch (partial) {
    case 'keep':
      return {
        label: t('partial.keep.label', 'Keep'),
        description: t('partial.keep.description', 'Show what it holds so far'),
      };
    case 'drop':
      return {
        label: t('partial.drop.label', 'Leave out'),
        description: t('partial.drop.description', 'Show closed steps only'),
      };
    case 'mark':
      return {
        label: t('partial.mark.label', 'Mark'),
        description: t('partial.mark.description', 'Show it as a series of its own'),
      };
  }
}

export function formatLabel(format: Format): Label {
  switch (format) {
    case 'time_series':
      return { label: t('format.time-series', 'Time series') };
    case 'table':
      return { label: t('format.table', 'Table') };
    case 'heatmap':
      return { label: t('format.heatmap', 'Heatmap') };
  }
}

export function stepLabel(step: string): Label {
  switch (step) {
    case 'auto':
      return {
        label: t('step.auto.label', 'Auto'),
        description: t('step.auto.description', "The step that fits the panel's width"),
      };
    case 'range':
      return {
        label: t('step.range.label', 'Whole range'),
        description: t('step.range.description', 'One value for exactly the time range'),
      };
    default:
      return { label: spanLabel(step) ?? step };
  }
}

/** The label of a comparison, such as "1 week earlier". */
export function offsetLabel(offset: string): string {
  const span = spanLabel(offset);
  return span ? t('offset.earlier', '{{span}} earlier', { span }) : offset;
}

const span = /^([1-9]\d*)([smhdwMQy])$/;

/** A count and unit of time in words, such as "5 minutes" for 5m. */
function spanLabel(text: string): string | undefined {
  const [, digits, unit] = span.exec(text) ?? [];
  const count = Number(digits);
  switch (unit) {
    case 's':
      return t('span.seconds', '', {
        count,
        defaultValue_one: '{{count}} second',
        defaultValue_other: '{{count}} seconds',
      });
    case 'm':
      return t('span.minutes', '', {
        count,
        defaultValue_one: '{{count}} minute',
        defaultValue_other: '{{count}} minutes',
      });
    case 'h':
      return t('span.hours', '', { count, defaultValue_one: '{{count}} hour', defaultValue_other: '{{count}} hours' });
    case 'd':
      return t('span.days', '', { count, defaultValue_one: '{{count}} day', defaultValue_other: '{{count}} days' });
    case 'w':
      return t('span.weeks', '', { count, defaultValue_one: '{{count}} week', defaultValue_other: '{{count}} weeks' });
    case 'M':
      return t('span.months', '', {
        count,
        defaultValue_one: '{{count}} month',
        defaultValue_other: '{{count}} months',
      });
    case 'Q':
      return t('span.quarters', '', {
        count,
        defaultValue_one: '{{count}} quarter',
        defaultValue_other: '{{count}} quarters',
      });
    case 'y':
      return t('span.years', '', { count, defaultValue_one: '{{count}} year', defaultValue_other: '{{count}} years' });
    default:
      return undefined;
  }
}

/** Whether the text is a comparison that the server understands. */
export function isOffset(text: string): boolean {
  return span.test(text);
}

/** The name of a unit of Grafana's, or its id where Grafana does not know it. */
export function unitLabel(id: string): string {
  return unitNames().get(id) || id;
}

// Grafana makes the hundreds of them anew at each call.
const unitNames = once(
  () => new Map(getValueFormats().flatMap(({ submenu }) => submenu.map(({ value, text }) => [value, text])))
);

export function metricLabel(metric: CatalogMetric): Label {
  const facts = [typeLabel(metric.type).label, metric.unit && unitLabel(metric.unit)].filter(Boolean).join(' · ');
  return { label: labelAndName(metric), description: `${facts} — ${metric.help}` };
}

export function annotationLabel(annotation: CatalogAnnotation): Label {
  return { label: labelAndName(annotation), description: annotation.help };
}

/** The name is part of the label because the combobox searches in labels only. */
function labelAndName({ label, name }: { label?: string; name: string }): string {
  return label && label !== name ? `${label} (${name})` : name;
}
