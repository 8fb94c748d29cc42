import { get, isPlainObject } from 'lodash';

import { t } from '@grafana/i18n';

import { quote, type WrongReference } from './catalogReferences';

/** The IANA time zones that this browser knows. */
export function timeZones(): string[] {
  const zones = Intl.supportedValuesOf('timeZone');
  return zones.includes('UTC') ? zones : ['UTC', ...zones];
}

/** The time zone of whoever sits here. */
export function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

/**
 * What the server would say of the name of a time zone that this browser does
 * not know. The server may know it nevertheless: zones are added now and then.
 */
export function zoneDoubt(name: string | undefined): string | undefined {
  return name === undefined || isTimeZone(name)
    ? undefined
    : t(
        'catalog.problem.no-zone',
        '{{name}} is no IANA time zone; write one such as America/Sao_Paulo, Europe/Berlin or UTC',
        { name: quote(name), interpolation: { escapeValue: false } }
      );
}

/** The doubts about the zones of a catalog. They are no reason to refuse it. */
export function unknownZones(catalog: unknown): WrongReference[] {
  const tables: unknown = get(catalog, ['tables']);
  const names = isPlainObject(tables) ? Object.keys(tables as object) : [];
  return [['timezone'], ...names.map((name) => ['tables', name, 'timezone'])].flatMap((path) => {
    const zone: unknown = get(catalog, path);
    const message = typeof zone === 'string' ? zoneDoubt(zone) : undefined;
    return message === undefined ? [] : [{ path, message }];
  });
}

function isTimeZone(name: string): boolean {
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
    // To a browser, offsets such as +03:00 are zones too, and names in any case.
    return /^[A-Z]/i.test(name) && (known === name || known.toLowerCase() !== name.toLowerCase());
  } catch {
    return false;
  }
}
