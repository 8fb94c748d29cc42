import { useId } from 'react';

import { t } from '@grafana/i18n';
import { EditorField } from '@grafana/plugin-ui';

import { CommitInput } from './CommitInput';

interface Props {
  value: number | undefined;
  /** How many rows where nothing is written, and how many at most. */
  standard: number;
  most: number;
  onChange: (limit: number | undefined) => void;
}

/** How many rows. What is too many becomes as many as there may be. */
export function LimitField({ value, standard, most, onChange }: Props) {
  const id = useId();
  return (
    <EditorField label={t('query-editor.limit.label', 'Limit')} htmlFor={id} width={12}>
      <CommitInput
        id={id}
        type="number"
        min={1}
        max={most}
        step={1}
        width={12}
        value={value ? String(value) : ''}
        placeholder={String(standard)}
        onCommit={(text) => {
          const limit = Math.min(Math.trunc(Number(text)), most);
          onChange(limit > 0 ? limit : undefined);
        }}
      />
    </EditorField>
  );
}
