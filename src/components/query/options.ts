import { t } from '@grafana/i18n';
import type { ComboboxOption } from '@grafana/ui';

import type { CatalogMetric } from '../../catalog';
import { metricLabel } from './labels';

/** Metrics as options of a combobox, in the order of what they are called. */
export function metricOptions(metrics: CatalogMetric[]): ComboboxOption[] {
  return metrics
    .map((metric) => ({ value: metric.name, ...metricLabel(metric) }))
    .sort((a, b) => a.label.localeCompare(b.label));
}

/** The dashboard's variables as options of a combobox. */
export function variableOptions(variables: string[]): ComboboxOption[] {
  const group = t('query-editor.variables', 'Variables');
  return variables.map((name) => ({ value: name, label: name, group }));
}
