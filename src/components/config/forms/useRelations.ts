import { useEffect, useState } from 'react';

import { sameRelation } from '../catalogDraft';
import { relations, type Relation, type RelationColumn } from '../server';

/** What the store has, for choosing; empty until it is known and where it cannot be read. */
export function useRelations(uid: string, enabled: boolean): Relation[] {
  const [known, setKnown] = useState<{ uid: string; list: Relation[] }>();
  useEffect(() => {
    if (!enabled) {
      return undefined;
    }
    let left = false;
    // Names can be typed as well, so a failure is no reason to stop anybody. The previews tell it.
    relations(uid).then(
      (list) => left || setKnown({ uid, list }),
      () => undefined
    );
    return () => {
      left = true;
    };
  }, [uid, enabled]);
  return known?.uid === uid ? known.list : none;
}

const none: Relation[] = [];

/** The columns of a relation, as far as they are known. */
export function columnsOf(list: Relation[], relation: string | undefined): RelationColumn[] {
  return (
    list.find((candidate) => relation !== undefined && sameRelation(candidate.relation, relation))?.columns ?? noColumns
  );
}

const noColumns: RelationColumn[] = [];

/** Whether a column holds points in time. */
export function isTime(column: RelationColumn): boolean {
  return ['timestamp', 'timestamptz', 'date'].includes(column.class);
}
