import { useState } from 'react';

import type { CatalogDraft } from '../catalogDraft';
import { ownTimeZone } from '../timeZones';
import { TableForm } from './TableForm';
import { useRelations } from './useRelations';

interface Props {
  uid: string;
  /** Whether the store can be asked for names. */
  connected: boolean;
  /** Called with a catalog of that table, which has no metric yet. */
  onDone: (begun: CatalogDraft) => void;
  onClose: () => void;
}

/** The form of the table with which a catalog begins, in the time zone of whoever begins it. */
export function FirstTable({ uid, connected, onDone, onClose }: Props) {
  const [catalog] = useState<CatalogDraft>(() => ({ version: 1, timezone: ownTimeZone(), tables: {}, metrics: {} }));
  const relations = useRelations(uid, connected);
  return <TableForm catalog={catalog} relations={relations} onDone={onDone} onClose={onClose} />;
}
