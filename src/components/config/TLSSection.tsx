import { t } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { config } from '@grafana/runtime';
import { Field, Switch } from '@grafana/ui';

import type { SSLMode } from '../../types';
import { SteadyCombobox } from '../steady';
import { SecretField } from './SecretField';
import type { SectionProps } from './settings';

/** How the way to the database is secured. */
export function TLSSection(section: SectionProps) {
  const { options, disabled, updateOption } = section;
  const { sslmode = 'require', enableSecureSocksProxy = false } = options.jsonData;
  return (
    <ConfigSection title={t('config-editor.tls.title', 'TLS')}>
      <Field label={t('config-editor.sslmode.label', 'TLS mode')} disabled={disabled}>
        <SteadyCombobox<SSLMode>
          id="live-orders-sslmode"
          width={60}
          value={sslmode}
          options={[
            { value: 'disable', description: t('config-editor.sslmode.disable', 'No encryption') },
            {
              value: 'require',
              description: t(
                'config-editor.sslmode.require',
                'Encrypted; the certificate is checked only where a CA certificate is given'
              ),
            },
            {
              value: 'verify-ca',
              description: t('config-editor.sslmode.verify-ca', "Encrypted; the server's certificate is checked"),
            },
            {
              value: 'verify-full',
              description: t('config-editor.sslmode.verify-full', 'Encrypted; certificate and host name are checked'),
            },
          ]}
          onChange={({ value }) => updateOption('sslmode', value)}
        />
      </Field>
      {sslmode !== 'disable' && (
        <>
          <SecretField
            {...section}
            name="tlsCACert"
            label={t('config-editor.tls-ca.label', 'CA certificate')}
            description={t(
              'config-editor.tls-ca.description',
              "Who signed the server's certificate, where the system does not know"
            )}
            opening="-----BEGIN CERTIFICATE-----"
          />
          <SecretField
            {...section}
            name="tlsClientCert"
            label={t('config-editor.tls-cert.label', 'Client certificate')}
            opening="-----BEGIN CERTIFICATE-----"
          />
          <SecretField
            {...section}
            name="tlsClientKey"
            label={t('config-editor.tls-key.label', 'Client key')}
            opening="-----BEGIN PRIVATE KEY-----"
          />
        </>
      )}
      {config.secureSocksDSProxyEnabled && (
        <Field
          label={t('config-editor.proxy.label', 'Secure SOCKS proxy')}
          description={t('config-editor.proxy.description', "Connect through the proxy of Grafana's configuration")}
          disabled={disabled}
        >
          <Switch
            id="live-orders-proxy"
            value={enableSecureSocksProxy}
            onChange={(event) => updateOption('enableSecureSocksProxy', event.currentTarget.checked)}
          />
        </Field>
      )}
    </ConfigSection>
  );
}
