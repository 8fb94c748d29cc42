import { isEqual } from 'lodash';
import { useMemo, useState } from 'react';

import type { CatalogDraft } from './catalogDraft';
import { begunCatalog, catalogToText, checkCatalogText, editCatalogText, type CatalogProblem } from './catalogText';

export interface CatalogEditing {
  /** The catalog as YAML, with all that was typed. */
  text: string;
  /** What is wrong with the form of the text. It is not passed on while there is anything. */
  problems: CatalogProblem[];
  /** What the text says; undefined if it says nothing or has problems. */
  catalog: CatalogDraft | undefined;
  /** What the text says where it lacks nothing but a first metric. */
  begun: CatalogDraft | undefined;
  editText: (text: string) => void;
  editCatalog: (catalog: CatalogDraft) => void;
}

/**
 * The catalog in the making, as text and as an object: one draft, whichever of
 * the two is edited. Text with problems stays here and is not passed on.
 */
export function useCatalogDraft(held: unknown, onChange: (catalog: unknown) => void): CatalogEditing {
  // A catalog that is neither the one before the last edit nor the one after it
  // came from outside and replaces the text.
  const [draft, setDraft] = useState<{ text: string; before: unknown; after: unknown }>();
  const text = draft && (isEqual(held, draft.before) || isEqual(held, draft.after)) ? draft.text : catalogToText(held);
  const checked = useMemo(() => checkCatalogText(text), [text]);
  const begun = useMemo(() => begunCatalog(text, checked), [text, checked]);

  const put = (next: string, after: unknown) => {
    setDraft({ text: next, before: held, after });
    if (!isEqual(after, held)) {
      onChange(after);
    }
  };
  return {
    text,
    problems: checked.problems,
    catalog: checked.catalog as CatalogDraft | undefined,
    begun: begun as CatalogDraft | undefined,
    editText: (next) => {
      if (next !== text) {
        const { problems, catalog } = checkCatalogText(next);
        put(next, problems.length > 0 ? held : catalog);
      }
    },
    editCatalog: (next) => {
      const edited = editCatalogText(text, next);
      put(edited, begunCatalog(edited, checkCatalogText(edited)) === undefined ? next : held);
    },
  };
}
