import { useEffect, useId, useMemo } from 'react';

import type { QueryEditorProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorFieldGroup, EditorRow, EditorRows, EditorSwitch } from '@grafana/plugin-ui';
import { RadioButtonGroup } from '@grafana/ui';

import { findMetric, type Catalog } from '../catalog';
import type { OrdersDataSource } from '../datasource';
import { metricTypes, type MetricType, type OrdersOptions, type OrdersQuery, type OrdersVariableQuery } from '../types';
import { searchFilter } from '../variables';
import { WithCatalog } from './query/WithCatalog';
import { FilterRows } from './query/FilterRows';
import { metricLabel, typeLabel } from './query/labels';
import { metricOptions, variableOptions } from './query/options';
import { HelpedField } from './HelpedField';
import { SteadyCombobox } from './steady';
import { ValuesPreview } from './variable/ValuesPreview';

type Props = QueryEditorProps<OrdersDataSource, OrdersQuery, OrdersOptions, OrdersVariableQuery>;

/** The editor of a dashboard's variables: what they offer to choose from. */
export function VariableEditor(props: Props) {
  return (
    <WithCatalog datasource={props.datasource}>{(catalog) => <Fields {...props} catalog={catalog} />}</WithCatalog>
  );
}

function Fields({ catalog, datasource, query: saved, range, onChange }: Props & { catalog: Catalog }) {
  // Grafana hands over an empty text or object for a variable that is new.
  const given = saved as Partial<OrdersVariableQuery> | '';
  const fresh = given === '' || given.list === undefined;
  const query = fresh ? firstQuery(catalog) : saved;
  useEffect(() => {
    if (fresh) {
      onChange(query);
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for a fresh variable
  }, [fresh]);

  const variables = useMemo(() => datasource.variableNames(), [datasource]);
  const fields = { catalog, query, variables, onChange };
  return (
    <EditorRows>
      <EditorRow>
        <EditorField label={t('variable-editor.list.label', 'Offers')}>
          <RadioButtonGroup<OrdersVariableQuery['list']>
            aria-label={t('variable-editor.list.label', 'Offers')}
            value={query.list}
            options={[
              { value: 'values', label: t('variable-editor.list.values', 'Values') },
              { value: 'metrics', label: t('variable-editor.list.metrics', 'Metrics') },
              { value: 'dimensions', label: t('variable-editor.list.dimensions', 'Dimensions') },
            ]}
            onChange={(list) => onChange({ ...query, list })}
          />
        </EditorField>
        {query.list === 'values' && <DimensionFields {...fields} />}
        {query.list === 'metrics' && <TypeField {...fields} />}
        {query.list === 'dimensions' && <MetricField {...fields} />}
      </EditorRow>
      {query.list === 'values' && (
        <>
          <EditorRow>
            <FilterRows
              datasource={datasource}
              catalog={catalog}
              dimensions={catalog.tables.find(({ name }) => name === query.table)?.dimensions ?? []}
              tables={query.table ? [query.table] : []}
              variables={variables}
              range={range}
              filters={query.filters ?? []}
              onChange={(filters) => onChange({ ...query, filters: filters.length > 0 ? filters : undefined })}
            />
          </EditorRow>
          <ValuesPreview datasource={datasource} query={query} range={range} />
        </>
      )}
    </EditorRows>
  );
}

interface FieldProps {
  catalog: Catalog;
  query: OrdersVariableQuery;
  variables: string[];
  onChange: (query: OrdersVariableQuery) => void;
}

function DimensionFields({ catalog, query, onChange }: FieldProps) {
  const id = useId();
  const places = catalog.tables.flatMap((table) =>
    table.dimensions.map((dimension) => ({
      table: table.name,
      dimension: dimension.name,
      option: {
        value: JSON.stringify([table.name, dimension.name]),
        label: dimension.label || dimension.name,
        description: dimension.type,
        group: table.name,
      },
    }))
  );
  const { table, dimension } = query;
  const chosen = places.find((place) => place.table === table && place.dimension === dimension);
  const unknown = Boolean(dimension) && !chosen;

  return (
    <EditorFieldGroup>
      <EditorField
        label={t('variable-editor.dimension.label', 'Dimension')}
        htmlFor={`${id}-dimension`}
        width={30}
        invalid={unknown}
        error={
          unknown
            ? t('variable-editor.dimension.unknown', 'The catalog has no dimension {{dimension}} of {{table}}', {
                dimension,
                table,
                interpolation: { escapeValue: false },
              })
            : undefined
        }
      >
        <SteadyCombobox
          id={`${id}-dimension`}
          value={chosen?.option.value ?? null}
          placeholder={dimension || t('variable-editor.dimension.placeholder', 'Choose a dimension')}
          options={places.map(({ option }) => option)}
          onChange={({ value }) => {
            const place = places.find(({ option }) => option.value === value);
            // Filters belong to the table whose rows they keep.
            const filters = place?.table === table ? query.filters : undefined;
            onChange({ ...query, table: place?.table, dimension: place?.dimension, filters });
          }}
        />
      </EditorField>
      <HelpedField
        label={t('variable-editor.all-time.label', 'All time')}
        htmlFor={`${id}-all-time`}
        help={t(
          'variable-editor.all-time.tooltip',
          'Reads all rows, not only those in the time range of the dashboard'
        )}
      >
        <EditorSwitch
          id={`${id}-all-time`}
          value={query.allTime ?? false}
          onChange={(event) => onChange({ ...query, allTime: event.currentTarget.checked || undefined })}
        />
      </HelpedField>
      <HelpedField
        label={t('variable-editor.search.label', 'Search as you type')}
        htmlFor={`${id}-search`}
        help={t(
          'variable-editor.search.tooltip',
          'Asks for the values that begin with what is typed into the list. For dimensions with very many values.'
        )}
      >
        <EditorSwitch
          id={`${id}-search`}
          value={query.prefix?.includes(searchFilter) ?? false}
          onChange={(event) => onChange({ ...query, prefix: event.currentTarget.checked ? searchFilter : undefined })}
        />
      </HelpedField>
    </EditorFieldGroup>
  );
}

function TypeField({ query, onChange }: FieldProps) {
  const id = useId();
  return (
    <EditorField label={t('variable-editor.type.label', 'Type')} htmlFor={id} width={24}>
      <SteadyCombobox<MetricType>
        id={id}
        value={query.metricType ?? null}
        placeholder={t('variable-editor.type.placeholder', 'All types')}
        options={metricTypes.map((type) => ({ value: type, ...typeLabel(type) }))}
        isClearable
        onChange={(option) => onChange({ ...query, metricType: option?.value })}
      />
    </EditorField>
  );
}

function MetricField({ catalog, query, variables, onChange }: FieldProps) {
  const id = useId();
  const metric = findMetric(catalog, query.metric ?? '');
  return (
    <EditorField label={t('variable-editor.metric.label', 'Of the metric')} htmlFor={id} width={38}>
      <SteadyCombobox
        id={id}
        value={metric ? { value: metric.name, label: metricLabel(metric).label } : query.metric || null}
        placeholder={t('variable-editor.metric.placeholder', 'All metrics')}
        options={[...metricOptions(catalog.metrics), ...variableOptions(variables)]}
        isClearable
        onChange={(option) => onChange({ ...query, metric: option?.value })}
      />
    </EditorField>
  );
}

function firstQuery({ tables }: Catalog): OrdersVariableQuery {
  const table = tables.find(({ dimensions }) => dimensions.length > 0);
  return { refId: 'variable', version: 1, list: 'values', table: table?.name, dimension: table?.dimensions[0]?.name };
}
