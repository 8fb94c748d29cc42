import { useId } from 'react';

import type { PanelData } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorFieldGroup } from '@grafana/plugin-ui';

import { findMetric, type Catalog } from '../../catalog';
import { withoutPoint } from '../../query';
import type { OrdersQuery } from '../../types';
import { SteadyCombobox } from '../steady';
import { PointFields } from './PointFields';
import { LimitField } from './LimitField';
import { metricOptions } from './options';

interface Props {
  catalog: Catalog;
  data?: PanelData;
  query: OrdersQuery;
  onChange: (query: OrdersQuery) => void;
}

const limits = { standard: 100, most: 10_000 };

/** Which rows: those that a metric counts, or all of a table. */
export function RecordFields({ catalog, data, query, onChange }: Props) {
  const id = useId();
  const readable = new Set(catalog.tables.filter(({ records }) => records.length > 0).map(({ name }) => name));
  const metric = query.records ? undefined : findMetric(catalog, query.metrics[0] ?? '');

  const options = [
    ...metricOptions(catalog.metrics.filter(({ table }) => table && readable.has(table))).map((option) => ({
      ...option,
      value: `metric:${option.value}`,
      group: t('query-editor.records.metrics', 'Rows behind a metric'),
    })),
    ...[...readable].map((table) => ({
      value: `table:${table}`,
      label: table,
      group: t('query-editor.records.tables', 'All rows of a table'),
    })),
  ];

  const select = (value: string) => {
    const name = value.slice(value.indexOf(':') + 1);
    onChange(
      value.startsWith('metric:')
        ? { ...withoutPoint(query), metrics: [name], records: undefined }
        : { ...withoutPoint(query), metrics: [], records: name }
    );
  };

  return (
    <>
      <EditorFieldGroup>
        <EditorField
          label={t('query-editor.records.label', 'Rows of')}
          htmlFor={`${id}-records`}
          width={38}
          description={
            options.length === 0
              ? t(
                  'query-editor.records.none',
                  'No table of the catalog lists columns under "records", so none may be shown'
                )
              : undefined
          }
        >
          <SteadyCombobox
            id={`${id}-records`}
            value={query.records ? `table:${query.records}` : metric ? `metric:${metric.name}` : null}
            placeholder={t('query-editor.records.placeholder', 'Choose a metric or a table')}
            options={options}
            disabled={options.length === 0}
            onChange={({ value }) => select(value)}
          />
        </EditorField>
        <LimitField {...limits} value={query.limit} onChange={(limit) => onChange({ ...query, limit })} />
      </EditorFieldGroup>
      <PointFields data={data} query={query} onChange={onChange} />
    </>
  );
}
