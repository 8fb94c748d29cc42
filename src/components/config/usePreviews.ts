import { useEffect, useMemo, useState } from 'react';

import { said } from '../../said';
import type { CatalogDraft } from './catalogDraft';
import { failureText, preview, type Preview, type Previewed } from './server';

/** Few at a time, so that the first numbers are there soon. */
const atOnce = 6;

type Kind = keyof Previewed;
type Shown<Of extends Kind> = Preview[Of][number];

export interface Previews<Of extends Kind> {
  /** By name; absent while it is computed. */
  byName: ReadonlyMap<string, Shown<Of>>;
  /** Why there are no previews. */
  failure?: string;
  retry: () => void;
}

/**
 * Previews of a draft's metrics or annotations, read from the store as the draft
 * changes: those only that mean something else than before. The draft and the
 * names must stay the same objects while they do not change.
 */
export function usePreviews<Of extends Kind>(
  kind: Of,
  uid: string,
  draft: CatalogDraft | undefined,
  names: string[],
  enabled: boolean
): Previews<Of> {
  const [computed, setComputed] = useState<Record<string, Shown<Of>>>({});
  const [failed, setFailed] = useState<{ of: string; failure: string }>();

  const keys = useMemo(
    () =>
      new Map(
        draft
          ? names.filter((name) => name in (draft[kind] ?? {})).map((name) => [name, meaning(kind, draft, name)])
          : []
      ),
    [kind, draft, names]
  );
  const missing = enabled ? [...keys].filter(([, key]) => !(key in computed)).map(([name]) => name) : [];
  const wanted = missing.slice(0, atOnce).join(' ');
  const asked = `${wanted} ${[...keys.values()].join(' ')}`;
  const failure = failed?.of === asked ? failed.failure : undefined;

  useEffect(() => {
    if (!draft || wanted === '' || failure !== undefined) {
      return undefined;
    }
    let left = false;
    // A moment, in which somebody who types goes on.
    const timer = setTimeout(() => {
      preview(uid, draft, { [kind]: wanted.split(' ') }).then(
        ({ problems, [kind]: shown }) => {
          const [problem] = problems;
          if (left) {
            return;
          }
          if (problem) {
            setFailed({ of: asked, failure: [problem.path, said(problem.message)].filter(Boolean).join(': ') });
          } else {
            const found = Object.fromEntries(shown.map((one) => [keys.get(one.name) ?? one.name, one as Shown<Of>]));
            setComputed((before) => ({ ...before, ...found }));
          }
        },
        (error: unknown) => left || setFailed({ of: asked, failure: failureText(error) })
      );
    }, settled);
    return () => {
      left = true;
      clearTimeout(timer);
    };
  }, [kind, uid, draft, wanted, asked, keys, failure]);

  const byName = useMemo(
    () => new Map([...keys].flatMap(([name, key]) => (computed[key] ? [[name, computed[key]]] : []))),
    [keys, computed]
  );
  return { byName, failure, retry: () => setFailed(undefined) };
}

const settled = 500;

/** Everything on which depends what is shown of a metric or annotation. */
function meaning(kind: Kind, draft: CatalogDraft, name: string): string {
  if (kind === 'annotations') {
    const annotation = draft.annotations?.[name];
    return JSON.stringify([draft.timezone, name, annotation, draft.tables[annotation?.table ?? '']]);
  }
  const metric = draft.metrics[name];
  const parts = [metric?.numerator, metric?.denominator].flatMap((part) => (part ? [draft.metrics[part]] : []));
  const tables = [metric, ...parts].map((one) => draft.tables[one?.table ?? '']);
  return JSON.stringify([draft.timezone, name, metric, parts, tables]);
}
