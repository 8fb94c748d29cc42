import type { TemplateSrv } from '@grafana/runtime';

/**
 * A template service with variables that have one value or a list of values.
 * Like Grafana's, it obeys a format in the reference before the caller's.
 */
export function testTemplates(variables: Record<string, string | string[]>): TemplateSrv {
  const reference = /\$(\w+)|\$\{(\w+)(?::(\w+))?\}|\[\[(\w+)\]\]/g;
  return {
    getVariables: () => Object.keys(variables).map((name) => ({ name })),
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
