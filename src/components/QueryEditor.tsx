import { isEqual } from 'lodash';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'react';

import { CoreApp, type QueryEditorProps } from '@grafana/data';
import { t, Trans } from '@grafana/i18n';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { Alert, Button, LoadingPlaceholder, RadioButtonGroup } from '@grafana/ui';

import { findMetrics, metricDimensions, type Catalog } from '../catalog';
import type { ExplainContext, OrdersDataSource } from '../datasource';
import { normalise } from '../query';
import type { GivenQuery, OrdersOptions, OrdersQuery } from '../types';
import { Explanation } from './query/Explanation';
import { FilterRows } from './query/FilterRows';
import { GroupFields } from './query/GroupFields';
import { MetricFields } from './query/MetricFields';
import { OptionFields } from './query/OptionFields';
import { RecordFields } from './query/RecordFields';
import { useCatalog } from './query/useCatalog';

type Props = QueryEditorProps<OrdersDataSource, OrdersQuery, OrdersOptions>;

/** The editor of panels, Explore and alert rules. Every change runs the query. */
export function QueryEditor(props: Props) {
  const state = useCatalog(props.datasource);
  switch (state.status) {
    case 'loading':
      return <LoadingPlaceholder text={t('query-editor.catalog.loading', 'Loading the catalog…')} />;
    case 'failed':
      return (
        <Alert severity="error" title={t('query-editor.catalog.failed', 'The catalog could not be loaded')}>
          <p>{state.reason}</p>
          <Button variant="secondary" onClick={state.retry}>
            <Trans i18nKey="query-editor.catalog.retry">Try again</Trans>
          </Button>
        </Alert>
      );
    case 'ready':
      return <Fields {...props} catalog={state.catalog} />;
  }
}

function Fields({
  catalog,
  datasource,
  query: saved,
  onChange,
  onRunQuery,
  range,
  data,
  app,
}: Props & { catalog: Catalog }) {
  const given: GivenQuery = saved;
  const query = normalise(given);

  // A combobox may report a selection repeatedly, through a handler of an earlier
  // render, until nothing renders in answer. Only a change is passed on.
  const latest = useRef(query);
  useLayoutEffect(() => {
    latest.current = query;
  });
  const change = (next: OrdersQuery) => {
    if (!isEqual(next, latest.current)) {
      latest.current = next;
      onChange(next);
      onRunQuery();
    }
  };

  // Where Grafana did not ask for a default query, a fresh one gets it here.
  const fresh = given.metrics === undefined;
  useEffect(() => {
    if (fresh) {
      onChange({ ...query, ...datasource.getDefaultQuery() });
      onRunQuery();
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for a fresh query
  }, [fresh]);

  const variables = useMemo(() => datasource.variableNames(), [datasource]);
  const timeRange = range ?? data?.timeRange;
  const context = timeRange && explainContext(timeRange, data);
  const isRecords = query.queryType === 'records';
  const metrics = findMetrics(catalog, query.metrics);
  const table = isRecords && catalog.tables.find(({ name }) => name === query.records);
  const inAlert = app === CoreApp.UnifiedAlerting;
  const fields = { catalog, query, variables, metrics, inAlert, onChange: change };

  return (
    <EditorRows>
      <EditorRow>
        <EditorField label={t('query-editor.type.label', 'Show')}>
          <RadioButtonGroup<NonNullable<OrdersQuery['queryType']>>
            aria-label={t('query-editor.type.label', 'Show')}
            value={query.queryType ?? 'metric'}
            disabledOptions={inAlert ? ['records'] : []}
            options={[
              { value: 'metric', label: t('query-editor.type.metric', 'Numbers') },
              { value: 'records', label: t('query-editor.type.records', 'Rows') },
            ]}
            onChange={(queryType) => change({ ...query, queryType })}
          />
        </EditorField>
        {isRecords ? <RecordFields {...fields} /> : <MetricFields {...fields} />}
      </EditorRow>
      <EditorRow>
        {!isRecords && <GroupFields {...fields} />}
        <FilterRows
          datasource={datasource}
          catalog={catalog}
          dimensions={table ? table.dimensions : metricDimensions(catalog, metrics)}
          tables={table ? [table.name] : metrics.flatMap((metric) => metric.tables)}
          variables={variables}
          range={timeRange}
          filters={query.filters ?? []}
          onChange={(filters) => change({ ...query, filters: filters.length > 0 ? filters : undefined })}
        />
      </EditorRow>
      {!isRecords && (
        <EditorRow>
          <OptionFields {...fields} />
        </EditorRow>
      )}
      <Explanation datasource={datasource} query={query} context={context} />
    </EditorRows>
  );
}

// A panel's usual width, for when no query has run yet.
const usualPoints = 1000;

function explainContext(range: NonNullable<Props['range']>, data: Props['data']): ExplainContext {
  const request = data?.request;
  const maxDataPoints = request?.maxDataPoints ?? usualPoints;
  const intervalMs = request?.intervalMs ?? Math.max(1, Math.ceil(range.to.diff(range.from) / maxDataPoints));
  return { range, intervalMs, maxDataPoints, scopedVars: request?.scopedVars };
}
