import type { FormEvent } from 'react';

import type { DataSourceSettings } from '@grafana/data';

import type { OrdersOptions, OrdersSecrets } from '../../types';

export type Settings = DataSourceSettings<OrdersOptions, OrdersSecrets>;

/** What each section of the config editor works with. */
export interface SectionProps {
  options: Settings;
  disabled: boolean;
  update: (part: Partial<Settings>) => void;
  /** Sets one key of jsonData; undefined removes it, so that the server's default counts. */
  updateOption: <Key extends keyof OrdersOptions>(key: Key, value: OrdersOptions[Key]) => void;
  /** The properties of an input for a secret. */
  secret: (key: keyof OrdersSecrets) => SecretProps;
}

export interface SecretProps {
  isConfigured: boolean;
  value: string;
  onChange: (event: FormEvent<HTMLInputElement | HTMLTextAreaElement>) => void;
  onReset: () => void;
}

/** Makes the properties of a section from those that Grafana gives to the editor. */
export function sectionProps(options: Settings, onOptionsChange: (options: Settings) => void): SectionProps {
  const update = (part: Partial<Settings>) => onOptionsChange({ ...options, ...part });
  const setSecret = (key: keyof OrdersSecrets, value: string) =>
    update({
      secureJsonFields: { ...options.secureJsonFields, [key]: false },
      secureJsonData: { ...options.secureJsonData, [key]: value },
    });

  return {
    options,
    disabled: Boolean(options.readOnly),
    update,
    updateOption: (key, value) => {
      const jsonData = { ...options.jsonData, [key]: value };
      if (value === undefined) {
        delete jsonData[key];
      }
      update({ jsonData });
    },
    secret: (key) => ({
      isConfigured: Boolean(options.secureJsonFields?.[key]),
      value: options.secureJsonData?.[key] ?? '',
      onChange: (event) => setSecret(key, event.currentTarget.value),
      onReset: () => setSecret(key, ''),
    }),
  };
}
