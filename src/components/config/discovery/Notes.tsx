import { useState } from 'react';

import { t } from '@grafana/i18n';
import { Alert, Collapse, Text } from '@grafana/ui';

import type { Note } from './proposal';
import { written } from './sentences';

interface Props {
  notes: Note[];
  truncated: boolean;
  /** Whether they are all that there is to read, as where nothing is proposed as accepted. */
  open: boolean;
}

/** What discovery saw and could not propose, and what it takes for granted. */
export function Notes({ notes, truncated, open }: Props) {
  const [isOpen, setOpen] = useState(open);
  return (
    <>
      {truncated && (
        <Alert
          severity="warning"
          title={t('discovery.truncated', 'The store has more tables than were read: name the schemas to look into')}
          bottomSpacing={0}
        />
      )}
      {notes.length > 0 && (
        <Collapse
          label={t('discovery.notes', 'Remarks ({{number}})', { number: notes.length })}
          isOpen={isOpen}
          onToggle={setOpen}
        >
          <ul>
            {notes.map(({ about = '', ...remark }) => (
              <li key={about + JSON.stringify(remark)}>
                {about !== '' && <Text weight="medium">{about}</Text>}
                {about !== '' && ': '}
                {written([remark])}
              </li>
            ))}
          </ul>
        </Collapse>
      )}
    </>
  );
}
