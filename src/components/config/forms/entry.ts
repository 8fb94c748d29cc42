import { get, toPath } from 'lodash';
import { createContext, useMemo } from 'react';

import { t } from '@grafana/i18n';

import type { CatalogDraft } from '../catalogDraft';
import { missingColumns } from '../catalogReferences';
import { catalogProblems, lacksMetrics } from '../catalogText';
import type { Relation } from '../server';
import { keyLabel } from './fields';

/** What a form knows of the entry that it edits. */
export interface Entry {
  /** What keeps the entry from being taken over. */
  problems: EntryProblem[];
  /** What may be wrong, and need not be. */
  warnings: string[];
  /** Whether the entry has a value at a path below it. */
  has: (key: string) => boolean;
}

export interface EntryProblem {
  /** The path below the entry; empty for the entry as a whole, and the whole path of what lies outside of it. */
  key: string;
  /** What the place is called: nothing where it is the entry as a whole. */
  place: string;
  message: string;
  /** Whether its field says it as well: not where a new entry just lacks a value yet. */
  inField: boolean;
}

/** The entry that fields of a form belong to. */
export const EntryContext = createContext<Entry>({ problems: [], warnings: [], has: () => false });

interface Editing {
  section: 'tables' | 'metrics' | 'annotations';
  catalog: CatalogDraft;
  /** The name that the entry had; absent for a new one. */
  former: string | undefined;
  name: string;
  /** The catalog with the entry as it is edited. */
  draft: CatalogDraft;
  relations: Relation[];
}

/**
 * Checks an entry while it is edited. The catalog without the edit is right, but
 * that it may have no metric yet, so all else that is wrong with the draft comes
 * from the edit, wherever it is.
 */
export function useEntry({ section, catalog, former, name, draft, relations }: Editing): Entry {
  const isTaken = name !== former && name in (catalog[section] ?? {});
  return useMemo(() => {
    const path = `${section}.${name}`;
    const entry: unknown = get(draft, [section, name]);
    const value = (key: string): unknown => get(entry, toPath(key)) as unknown;
    const below = (whole: string) =>
      whole === path || whole.startsWith(`${path}.`) ? whole.slice(path.length + 1) : whole;

    const hasNone = Object.keys(catalog.metrics).length === 0;
    const wrong = catalogProblems(draft).filter((problem) => !(hasNone && lacksMetrics(problem)));
    const problems = wrong.map(({ path: whole, message }) => {
      const key = below(whole);
      const isAbsent = value(key) === undefined || value(key) === '';
      return { key, place: key === whole ? whole : keyLabel(key), message, inField: former !== undefined || !isAbsent };
    });
    if (name === '') {
      return {
        problems: [{ key: '', place: '', message: t('form.name-missing', 'A name is missing'), inField: false }],
        warnings: [],
        has: (key) => value(key) !== undefined,
      };
    }
    const taken = { key: '', place: '', message: t('form.name-taken', 'The name is taken'), inField: true };
    return {
      problems: isTaken ? [taken, ...problems] : problems,
      warnings: missingColumns(draft, relations)
        .filter((missing) => missing.path[0] === section && missing.path[1] === name)
        .map(({ message }) => message),
      has: (key) => value(key) !== undefined,
    };
  }, [section, catalog, name, former, isTaken, draft, relations]);
}
