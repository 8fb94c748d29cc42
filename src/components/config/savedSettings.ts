import { isEqual } from 'lodash';
import { useState } from 'react';

import type { Settings } from './settings';

/** The settings as they were last saved. Grafana counts the versions that it saves. */
export function useSavedSettings(options: Settings): Settings {
  const [saved, setSaved] = useState(options);
  if (options.version !== saved.version || options.uid !== saved.uid) {
    setSaved(options);
    return options;
  }
  return saved;
}

/**
 * Whether the server can reach the store with what is saved: not while a part
 * of the connection is missing, or was changed since.
 */
export function connectionState(options: Settings, saved: Settings): 'missing' | 'changed' | 'saved' {
  const { url, user, database } = connection(saved);
  if (!isEqual(connection(options), connection(saved)) || !isEqual(options.secureJsonFields, saved.secureJsonFields)) {
    return 'changed';
  }
  return url && user && database ? 'saved' : 'missing';
}

/* eslint-disable @typescript-eslint/no-deprecated -- older provisioning files name the database beside jsonData */
function connection({ url, user, database: older, jsonData }: Settings) {
  const { database = older, sslmode = 'require', enableSecureSocksProxy = false } = jsonData;
  return { url, user, database, sslmode, enableSecureSocksProxy };
}
