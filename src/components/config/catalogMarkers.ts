import type { monacoTypes } from '@grafana/ui';

import type { CatalogProblem } from './catalogText';

/** The problems as the code editor underlines them. */
export function catalogMarkers(
  problems: CatalogProblem[],
  severity: monacoTypes.MarkerSeverity
): monacoTypes.editor.IMarkerData[] {
  return problems.map(({ line, column, endColumn, path, message }) => ({
    severity,
    message: path === '' ? message : `${path}: ${message}`,
    startLineNumber: line,
    startColumn: column,
    endLineNumber: line,
    endColumn,
  }));
}
