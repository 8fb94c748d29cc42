import { useContext, type ReactElement } from 'react';

import { t } from '@grafana/i18n';
import { Field, Input, useStyles2 } from '@grafana/ui';

import { EntryContext } from './entry';
import { keyLabel } from './fields';
import { getLevelField } from './levelField';

interface Props {
  /** The key that it edits, by its path below the entry. */
  of: string;
  label?: string;
  description?: string;
  required?: boolean;
  /** What may be wrong, and is no reason to refuse the entry. */
  doubt?: string;
  children: ReactElement<Record<string, unknown>>;
}

/** A key of the entry, with what is wrong with its value. */
export function EntryField({ of, label = keyLabel(of), description, required, doubt, children }: Props) {
  const { problems } = useContext(EntryContext);
  const wrong = problems.find(({ key, inField }) => inField && (key === of || key.startsWith(`${of}[`)));
  const error = wrong?.message ?? doubt;
  return (
    <Field
      noMargin
      className={useStyles2(getLevelField)}
      label={label}
      description={description}
      required={required}
      invalid={error !== undefined}
      error={error}
    >
      {children}
    </Field>
  );
}

interface NameProps {
  id: string;
  description: string;
  value: string;
  onChange: (name: string) => void;
}

/** The name of the entry. */
export function NameField({ id, description, value, onChange }: NameProps) {
  return (
    <EntryField of="" label={t('form.name.label', 'Name')} description={description} required>
      <Input id={id} value={value} onChange={(event) => onChange(event.currentTarget.value.trim())} />
    </EntryField>
  );
}

interface TextProps extends Omit<Props, 'children'> {
  id: string;
  value: string | undefined;
  placeholder?: string;
  onChange: (value: string) => void;
}

/** A key that holds a text. */
export function TextField({ id, value = '', placeholder, onChange, ...field }: TextProps) {
  return (
    <EntryField {...field}>
      <Input
        id={id}
        value={value}
        placeholder={placeholder}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </EntryField>
  );
}
