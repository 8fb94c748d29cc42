import { useMemo } from 'react';

import { Combobox, Field } from '@grafana/ui';

import type { RelationColumn } from '../server';
import { isTime } from './useRelations';

interface Props {
  id: string;
  label: string;
  description: string;
  required?: boolean;
  value: string | undefined;
  columns: RelationColumn[];
  /** time: the name of a column that holds points in time. name: of any. expression: SQL over columns. */
  takes: 'time' | 'name' | 'expression';
  onChange: (value: string | undefined) => void;
}

/** A column of the store, chosen or typed. */
export function ColumnInput({ id, label, description, required, value, columns, takes, onChange }: Props) {
  const options = useMemo(
    () =>
      columns
        .filter((column) => takes !== 'time' || isTime(column))
        .map((column) => ({
          value: takes === 'expression' ? column.expression : column.name,
          description: column.comment ? `${column.type} · ${column.comment}` : column.type,
        })),
    [columns, takes]
  );
  return (
    <Field noMargin label={label} description={description} required={required}>
      <Combobox
        id={id}
        options={options}
        value={value ?? null}
        createCustomValue
        isClearable
        onChange={(option) => onChange(option?.value)}
      />
    </Field>
  );
}
