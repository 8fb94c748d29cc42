import { config } from '@grafana/runtime';
import { t } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { Combobox, Field, SecretTextArea, Switch } from '@grafana/ui';

import type { OrdersSecrets, SSLMode } from '../../types';
import type { SectionProps } from './settings';

/** How the way to the database is secured. */
export function TLSSection({ options, disabled, updateOption, secret }: SectionProps) {
  const { sslmode = 'require', enableSecureSocksProxy = false } = options.jsonData;
  const certificate = (key: keyof OrdersSecrets, label: string, kind: string, description?: string) => (
    <Field label={label} description={description} disabled={disabled}>
      <SecretTextArea
        id={`live-orders-${key}`}
        cols={60}
        rows={5}
        placeholder={`-----BEGIN ${kind}-----`}
        {...secret(key)}
      />
    </Field>
  );

  return (
    <ConfigSection title={t('config-editor.tls.title', 'TLS')}>
      <Field label={t('config-editor.sslmode.label', 'TLS mode')} disabled={disabled}>
        <Combobox<SSLMode>
          id="live-orders-sslmode"
          width={60}
          value={sslmode}
          options={[
            { value: 'disable', description: t('config-editor.sslmode.disable', 'No encryption') },
            { value: 'require', description: t('config-editor.sslmode.require', 'Encrypted, whoever answers') },
            {
              value: 'verify-ca',
              description: t('config-editor.sslmode.verify-ca', "Encrypted, the server's certificate is checked"),
            },
            {
              value: 'verify-full',
              description: t('config-editor.sslmode.verify-full', 'Encrypted, certificate and host name are checked'),
            },
          ]}
          onChange={({ value }) => updateOption('sslmode', value)}
        />
      </Field>
      {sslmode !== 'disable' && (
        <>
          {certificate(
            'tlsCACert',
            t('config-editor.tls-ca.label', 'CA certificate'),
            'CERTIFICATE',
            t('config-editor.tls-ca.description', "Who signed the server's certificate, where the system does not know")
          )}
          {certificate('tlsClientCert', t('config-editor.tls-cert.label', 'Client certificate'), 'CERTIFICATE')}
          {certificate('tlsClientKey', t('config-editor.tls-key.label', 'Client key'), 'PRIVATE KEY')}
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
