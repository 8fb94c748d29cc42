import { useEffect, useMemo } from 'react';

import { CoreApp, FieldType, type QueryEditorProps } from '@grafana/data';
import { t } from '@grafana/i18n';
import { EditorField, EditorRow, EditorRows } from '@grafana/plugin-ui';
import { RadioButtonGroup } from '@grafana/ui';

import { filterSource, findMetrics, type Catalog } from '../catalog';
import type { ExplainContext, OrdersDataSource } from '../datasource';
import { hintsOn } from '../hints';
import { normalise } from '../query';
import type { GivenQuery, OrdersOptions, OrdersQuery, QueryType } from '../types';
import { AnnotationFields } from './query/AnnotationFields';
import { Explanation } from './query/Explanation';
import { FilterRows } from './query/FilterRows';
import { frameFacts } from './query/frameFacts';
import { GroupFields } from './query/GroupFields';
import { Hints } from './query/Hints';
import { MetricFields } from './query/MetricFields';
import { OptionFields } from './query/OptionFields';
import { RecordFields } from './query/RecordFields';
import { WithCatalog } from './query/WithCatalog';
import { usePassedOnce } from './steady';

interface Props extends QueryEditorProps<OrdersDataSource, OrdersQuery, OrdersOptions> {
  /** Where there is no choice of what to show. */
  only?: QueryType;
}

/** The editor of panels, Explore and alert rules. Every change runs the query. */
export function QueryEditor(props: Props) {
  useOwnAnswer(props);
  return (
    <WithCatalog datasource={props.datasource}>{(catalog) => <Fields {...props} catalog={catalog} />}</WithCatalog>
  );
}

/**
 * Runs the query where the latest answer is of another data source: Grafana runs
 * nothing when a panel changes to this one, and would go on to show what the
 * other one had, below the names that are chosen here.
 */
function useOwnAnswer({ datasource, query, data, onRunQuery }: Props): void {
  const asked = data?.request?.targets.find(({ refId }) => refId === query.refId)?.datasource?.uid;
  const foreign = asked !== undefined && !asked.includes('$') && asked !== datasource.uid;
  useEffect(() => {
    if (foreign && !isFresh(query)) {
      onRunQuery();
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- once for each data source
  }, [foreign, datasource.uid]);
}

/** Whether a query says nothing yet, and is given what to begin with. */
function isFresh(query: GivenQuery): boolean {
  return query.metrics === undefined && query.annotation === undefined;
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
  only,
}: Props & { catalog: Catalog }) {
  const given: GivenQuery = saved;
  const query = normalise(given);

  const change = usePassedOnce(query, (next) => {
    onChange(next);
    onRunQuery();
  });

  // Where Grafana did not ask for a default query, a fresh one gets it here.
  const fresh = isFresh(given) && !only;
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
  const queryType = only ?? query.queryType ?? 'metric';
  const metrics = findMetrics(catalog, query.metrics);
  const inAlert = app === CoreApp.UnifiedAlerting;
  const fields = { catalog, query, variables, metrics, inAlert, onChange: change };
  const hints = hintsOn(query, catalog, { inAlert, series: seriesIn(data, query.refId) });
  const filtered = filterSource(catalog, { ...query, queryType }, metrics);

  return (
    <EditorRows>
      <EditorRow>
        {!only && (
          <EditorField label={t('query-editor.type.label', 'Show')}>
            <RadioButtonGroup<QueryType>
              aria-label={t('query-editor.type.label', 'Show')}
              value={queryType}
              disabledOptions={inAlert ? ['records', 'annotation'] : []}
              options={[
                { value: 'metric', label: t('query-editor.type.metric', 'Numbers') },
                { value: 'records', label: t('query-editor.type.records', 'Rows') },
                ...(catalog.annotations.length > 0 || queryType === 'annotation'
                  ? [{ value: 'annotation' as const, label: t('query-editor.type.annotation', 'Events') }]
                  : []),
              ]}
              onChange={(chosen) => change({ ...query, queryType: chosen })}
            />
          </EditorField>
        )}
        {queryType === 'metric' && <MetricFields {...fields} />}
        {queryType === 'records' && <RecordFields {...fields} data={data} />}
        {queryType === 'annotation' && <AnnotationFields {...fields} />}
      </EditorRow>
      <EditorRow>
        {queryType === 'metric' && <GroupFields {...fields} />}
        <FilterRows
          datasource={datasource}
          catalog={catalog}
          {...filtered}
          variables={variables}
          range={timeRange}
          filters={query.filters ?? []}
          onChange={(filters) => change({ ...query, filters: filters.length > 0 ? filters : undefined })}
        />
      </EditorRow>
      {queryType === 'metric' && (
        <EditorRow>
          <OptionFields {...fields} />
        </EditorRow>
      )}
      {queryType === 'metric' && <Hints hints={hints} onChange={change} />}
      <Explanation
        datasource={datasource}
        query={query}
        queryType={queryType}
        context={context}
        facts={frameFacts(data, query.refId)}
      />
    </EditorRows>
  );
}

/** How many series the latest answer to a query has. */
function seriesIn(data: Props['data'], refId: string): number {
  const frames = data?.series.filter((frame) => frame.refId === refId) ?? [];
  return frames.flatMap(({ fields }) => fields).filter(({ type }) => type === FieldType.number).length;
}

// A panel's usual width, for when no query has run yet.
const usualPoints = 1000;

function explainContext(range: NonNullable<Props['range']>, data: Props['data']): ExplainContext {
  const request = data?.request;
  const maxDataPoints = request?.maxDataPoints ?? usualPoints;
  const intervalMs = request?.intervalMs ?? Math.max(1, Math.ceil(range.to.diff(range.from) / maxDataPoints));
  return { range, intervalMs, maxDataPoints, scopedVars: request?.scopedVars };
}
