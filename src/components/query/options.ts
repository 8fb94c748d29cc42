import { t } from '@grafana/i18n';
import type { ComboboxOption } from '@grafana/ui';

/** The dashboard's variables as options of a combobox. */
export function variableOptions(variables: string[]): ComboboxOption[] {
  const group = t('query-editor.variables', 'Variables');
  return variables.map((name) => ({ value: name, label: name, group }));
}
