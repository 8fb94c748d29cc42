import { useId } from 'react';

import { t } from '@grafana/i18n';
import { EditorFieldGroup, EditorSwitch } from '@grafana/plugin-ui';

import { metricDimensions, type Catalog, type CatalogMetric } from '../../catalog';
import { effectiveView, tidy } from '../../query';
import type { OrdersQuery } from '../../types';
import { HelpedField } from '../HelpedField';
import { SteadyMultiCombobox } from '../steady';
import { CommitInput } from './CommitInput';
import { variableOptions } from './options';

interface Props {
  catalog: Catalog;
  metrics: CatalogMetric[];
  variables: string[];
  query: OrdersQuery;
  onChange: (query: OrdersQuery) => void;
}

/** By which dimensions, and how many of the groups. */
export function GroupFields({ catalog, metrics, variables, query, onChange }: Props) {
  const id = useId();
  const heatmap = effectiveView(query, metrics) === 'heatmap';
  const grouped = Boolean(query.groupBy?.length);

  const setLimit = (text: string) => {
    const limit = Number(text);
    const top = Number.isInteger(limit) && limit > 0 ? { ...query.top, limit } : undefined;
    onChange({ ...query, top });
  };

  return (
    <EditorFieldGroup>
      <HelpedField
        label={t('query-editor.group-by.label', 'Group by')}
        htmlFor={`${id}-group-by`}
        help={heatmap ? t('query-editor.group-by.heatmap', 'A heatmap shows all groups together') : undefined}
      >
        <SteadyMultiCombobox
          id={`${id}-group-by`}
          minWidth={38}
          maxWidth={64}
          value={query.groupBy ?? []}
          placeholder={t('query-editor.group-by.placeholder', 'One series for all')}
          options={[
            ...metricDimensions(catalog, metrics).map(({ name, label }) => ({
              value: name,
              label: label || name,
              ...(label && label !== name && { description: name }),
            })),
            ...variableOptions(variables),
          ]}
          disabled={heatmap}
          isClearable
          onChange={(options) => onChange(tidy({ ...query, groupBy: options.map(({ value }) => value) }, metrics))}
        />
      </HelpedField>
      <HelpedField
        label={t('query-editor.top.label', 'Top')}
        htmlFor={`${id}-top`}
        help={t('query-editor.top.tooltip', 'Keeps the groups that rank first over the whole range')}
      >
        <CommitInput
          id={`${id}-top`}
          type="number"
          min={1}
          step={1}
          width={10}
          value={query.top ? String(query.top.limit) : ''}
          placeholder={t('query-editor.top.placeholder', 'all')}
          disabled={!grouped}
          onCommit={setLimit}
        />
      </HelpedField>
      <HelpedField
        label={t('query-editor.others.label', 'Others')}
        htmlFor={`${id}-others`}
        help={t('query-editor.others.tooltip', 'Adds one more series for all groups that are not among the top')}
      >
        <EditorSwitch
          id={`${id}-others`}
          value={query.top?.others ?? false}
          disabled={!query.top}
          onChange={(event) =>
            query.top &&
            onChange({
              ...query,
              top: { limit: query.top.limit, ...(event.currentTarget.checked && { others: true }) },
            })
          }
        />
      </HelpedField>
    </EditorFieldGroup>
  );
}
