import { t } from '@grafana/i18n';
import { Field, Input, SecretInput, SecretTextArea } from '@grafana/ui';

import type { OrdersSecrets } from '../../types';
import type { SectionProps } from './settings';

interface Props extends Pick<SectionProps, 'options' | 'disabled' | 'update'> {
  name: keyof OrdersSecrets;
  label: string;
  description?: string;
  /** What a text of several lines begins with; without it there is one line. */
  opening?: string;
}

/** A secret, which can be set and reset but never read. */
export function SecretField({ options, disabled, update, name, label, description, opening }: Props) {
  const id = `live-orders-${name}`;
  const isConfigured = Boolean(options.secureJsonFields[name]);
  const set = (value: string) =>
    update({
      secureJsonFields: { ...options.secureJsonFields, [name]: false },
      secureJsonData: { ...options.secureJsonData, [name]: value },
    });

  if (disabled) {
    // Grafana's inputs for secrets keep their reset button when disabled.
    const placeholder = isConfigured
      ? t('config-editor.secret.configured', 'configured')
      : t('config-editor.secret.not-configured', 'not configured');
    return (
      <Field label={label} description={description} disabled>
        <Input id={id} width={60} placeholder={placeholder} />
      </Field>
    );
  }
  const secret = { id, isConfigured, value: options.secureJsonData?.[name] ?? '', onReset: () => set('') };
  return (
    <Field label={label} description={description}>
      {opening ? (
        <SecretTextArea
          {...secret}
          cols={60}
          rows={5}
          placeholder={opening}
          onChange={(event) => set(event.currentTarget.value)}
        />
      ) : (
        <SecretInput
          {...secret}
          width={60}
          autoComplete="new-password"
          onChange={(event) => set(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
