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
}

/** Makes the properties of a section from those that Grafana gives to the editor. */
export function sectionProps(options: Settings, onOptionsChange: (options: Settings) => void): SectionProps {
  const update = (part: Partial<Settings>) => onOptionsChange({ ...options, ...part });
  return {
    options,
    disabled: options.readOnly,
    update,
    updateOption: (key, value) => {
      const { [key]: previous, ...others } = options.jsonData;
      update({ jsonData: value === undefined ? others : { ...others, [key]: value } });
    },
  };
}
