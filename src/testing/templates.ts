import type { AdHocVariableModel } from '@grafana/data';
import type { TemplateSrv } from '@grafana/runtime';

/** A variable for all panels: ad hoc filters, or dimensions to group by. */
export type Drilldown =
  | (Pick<AdHocVariableModel, 'type' | 'name' | 'filters'> & { datasource: { uid: string } })
  | { type: 'groupby'; name: string; datasource: { uid: string }; current: { value: string[] } };

/**
 * A template service with variables that have one value or a list of values, and
 * with ad hoc filters and dimensions to group by.
 * Like Grafana's, it obeys a format in the reference before the caller's.
 */
export function testTemplates(variables: Record<string, string | string[]>, drilldowns: Drilldown[] = []): TemplateSrv {
  const reference = /\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)\]\]/g;
  return {
    getVariables: () => [...Object.keys(variables).map((name) => ({ name, type: 'query' })), ...drilldowns],
    containsTemplate: (text: string) => text.search(reference) >= 0,
    replace: (text: string, _scopedVars: unknown, format: (value: unknown) => string) =>
      text.replace(reference, (written, plain?: string, braced?: string, own?: string, bracketed?: string) => {
        const value = variables[plain ?? braced ?? bracketed ?? ''];
        if (value === undefined) {
          return written;
        }
        return own === 'csv' ? [value].flat().join(',') : format(value);
      }),
  } as unknown as TemplateSrv;
}
