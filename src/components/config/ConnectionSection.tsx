import { t } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { Field, Input, SecretInput } from '@grafana/ui';

import type { SectionProps } from './settings';

/** Where the orders store is and who reads it. */
export function ConnectionSection({ options, disabled, update, secret }: SectionProps) {
  const { jsonData } = options;
  return (
    <ConfigSection
      title={t('config-editor.connection.title', 'Connection')}
      description={t(
        'config-editor.connection.description',
        'The PostgreSQL database with the orders. Use a role that may only read.'
      )}
    >
      <Field label={t('config-editor.host.label', 'Host')} required disabled={disabled}>
        <Input
          id="live-orders-host"
          width={60}
          value={options.url}
          placeholder="localhost:5432"
          onChange={(event) => update({ url: event.currentTarget.value.trim() })}
        />
      </Field>
      <Field label={t('config-editor.database.label', 'Database')} required disabled={disabled}>
        <Input
          id="live-orders-database"
          width={60}
          // Older provisioning files name the database beside jsonData.
          value={jsonData.database ?? options.database ?? ''}
          onChange={(event) =>
            update({ database: '', jsonData: { ...jsonData, database: event.currentTarget.value } })
          }
        />
      </Field>
      <Field label={t('config-editor.user.label', 'User')} required disabled={disabled}>
        <Input
          id="live-orders-user"
          width={60}
          value={options.user}
          autoComplete="off"
          onChange={(event) => update({ user: event.currentTarget.value })}
        />
      </Field>
      <Field label={t('config-editor.password.label', 'Password')} disabled={disabled}>
        <SecretInput id="live-orders-password" width={60} autoComplete="new-password" {...secret('password')} />
      </Field>
    </ConfigSection>
  );
}
