import { useMemo } from 'react';

import { Combobox } from '@grafana/ui';

import type { RelationColumn } from '../server';
import { EntryField } from './EntryField';
import { isTime } from './useRelations';

interface Props {
  id: string;
  /** The key that it edits, by its path below the entry. */
  of: string;
  label?: string;
  description?: string;
  required?: boolean;
  value: string | undefined;
  columns: RelationColumn[];
  /** time: the name of a column that holds points in time. expression: SQL over columns. */
  takes: 'time' | 'expression';
  placeholder?: string;
  onChange: (value: string | undefined) => void;
}

/** A column of the store, chosen or typed. */
export function ColumnInput({ id, value, columns, takes, placeholder, onChange, ...field }: Props) {
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
    <EntryField {...field}>
      <Combobox
        id={id}
        options={options}
        value={value ?? null}
        placeholder={placeholder}
        createCustomValue
        isClearable
        onChange={(option) => onChange(option?.value)}
      />
    </EntryField>
  );
}
