/* eslint-disable @typescript-eslint/no-deprecated -- a database beside jsonData is deprecated, and moved from there */
import { t } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { Field, Input } from '@grafana/ui';

import { SecretField } from './SecretField';
import type { SectionProps } from './settings';

const exampleHost = 'localhost:5432';

/** Where the orders store is and who reads it. */
export function ConnectionSection(section: SectionProps) {
  const { options, disabled, update } = section;
  // Older provisioning files name the database beside jsonData.
  const { jsonData, database: older } = options;
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
          placeholder={exampleHost}
          onChange={(event) => update({ url: event.currentTarget.value.trim() })}
        />
      </Field>
      <Field label={t('config-editor.database.label', 'Database')} required disabled={disabled}>
        <Input
          id="live-orders-database"
          width={60}
          value={jsonData.database ?? older}
          onChange={(event) => update({ database: '', jsonData: { ...jsonData, database: event.currentTarget.value } })}
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
      <SecretField {...section} name="password" label={t('config-editor.password.label', 'Password')} />
    </ConfigSection>
  );
}
