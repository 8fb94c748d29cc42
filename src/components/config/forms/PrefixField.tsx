import { useState } from 'react';

import { t } from '@grafana/i18n';
import { Field, Input, useStyles2 } from '@grafana/ui';

import type { CatalogDraft } from '../catalogDraft';
import { catalogProblems } from '../catalogText';
import { keyLabel, withKey } from './fields';
import { getLevelField } from './levelField';

interface Props {
  catalog: CatalogDraft;
  disabled: boolean;
  onChange: (catalog: CatalogDraft) => void;
}

/** The prefix with which metrics may be asked for as well. One that is not right stays here. */
export function PrefixField({ catalog, disabled, onChange }: Props) {
  const [typed, setTyped] = useState<{ text: string; for: string | undefined }>();
  // What was typed is left where the catalog got another prefix elsewhere.
  const text = typed && typed.for === catalog.prefix ? typed.text : (catalog.prefix ?? '');
  const draft = withKey(catalog, 'prefix', text);
  const problem = text === (catalog.prefix ?? '') ? undefined : catalogProblems(draft)[0]?.message;
  return (
    <Field
      noMargin
      className={useStyles2(getLevelField)}
      disabled={disabled}
      label={keyLabel('prefix')}
      description={t('form.prefix.description', 'With it in front, names of metrics are accepted too')}
      invalid={problem !== undefined}
      error={problem}
    >
      <Input
        id="live-orders-prefix"
        value={text}
        onChange={(event) => {
          const next = event.currentTarget.value.trim();
          const changed = withKey(catalog, 'prefix', next);
          const isRight = catalogProblems(changed).length === 0;
          setTyped({ text: next, for: isRight ? changed.prefix : catalog.prefix });
          if (isRight) {
            onChange(changed);
          }
        }}
      />
    </Field>
  );
}
