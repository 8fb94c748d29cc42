import { LoadingState, type DataFrame, type DataQueryError, type DataQueryResponse } from '@grafana/data';
import { t } from '@grafana/i18n';

/** What became of queries before they were sent, by their refId. */
export interface Problems {
  /** Queries that were not sent, since the variables in their filters have no value. */
  errors: Array<{ refId: string; variables: string[] }>;
  /** The dimensions that were chosen for all panels and that a query does not have. */
  missing: Map<string, string[]>;
}

/** The answer, with what became of the queries that it does not know of. */
export function withProblems(response: DataQueryResponse, { errors: unsent, missing }: Problems): DataQueryResponse {
  const data = response.data.map((frame: DataFrame) => {
    const names = missing.get(frame.refId ?? '');
    return names?.length ? withNotice(frame, names) : frame;
  });
  if (unsent.length === 0) {
    return { ...response, data };
  }
  const errors: DataQueryError[] = [
    ...(response.errors ?? []),
    ...unsent.map(({ refId, variables }) => ({ refId, message: withoutValue(variables) })),
  ];
  return { ...response, data, errors, state: LoadingState.Error };
}

function withoutValue(variables: string[]): string {
  return t(
    'query.variable-without-value',
    'Nothing is chosen in {{variables}}, so the filter has no value. Choose one at the top of the dashboard, or remove the filter.',
    { variables: variables.join(', '), interpolation: { escapeValue: false } }
  );
}

function withNotice(frame: DataFrame, names: string[]): DataFrame {
  const text = t(
    'query.drilldown-left-out',
    'The choice of {{dimensions}} takes no part in query {{refId}}, which has no such dimension.',
    { dimensions: names.join(', '), refId: frame.refId, interpolation: { escapeValue: false } }
  );
  return {
    ...frame,
    meta: { ...frame.meta, notices: [...(frame.meta?.notices ?? []), { severity: 'warning', text }] },
  };
}
