import { useState, type ReactNode } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, Button, Collapse, Grid, Stack } from '@grafana/ui';

import { DrawerFooter } from '../DrawerFooter';
import { EditingDrawer } from '../EditingDrawer';
import { EntryContext, type Entry } from './entry';
import { keyLabel } from './fields';

interface Props {
  title: string;
  entry: Entry;
  /** The fields that most entries need, two in a row. */
  children: NonNullable<ReactNode>;
  /** What does not fit into two columns, below the fields. */
  wide?: ReactNode;
  /** The fields that few entries need, and their keys: the frame tells which are set. */
  more: { fields: NonNullable<ReactNode>; keys: string[] };
  /** What the entry shows, once it is right. */
  preview?: ReactNode;
  onDone: () => void;
  onClose: () => void;
}

/** An entry of the catalog as a form. It is taken over when it is right, and not before. */
export function EntryFrame({ title, entry, children, wide, more, preview, onDone, onClose }: Props) {
  const [isOpen, setOpen] = useState(false);
  const { problems, warnings } = entry;
  const set = more.keys.filter((key) => entry.has(key)).map(keyLabel);
  // What is wrong must be seen.
  const wrong = problems.some(({ key }) => more.keys.some((hidden) => covers(hidden, key)));
  return (
    <EntryContext.Provider value={entry}>
      <EditingDrawer title={title} size="md" onClose={onClose}>
        <Stack direction="column" gap={2}>
          <Grid columns={2} gap={2}>
            {children}
          </Grid>
          {wide}
          <Collapse
            label={
              set.length > 0
                ? t('form.more-set', 'More: {{keys}}', { keys: set.join(', '), interpolation: { escapeValue: false } })
                : t('form.more-fields', 'More')
            }
            isOpen={isOpen || wrong}
            onToggle={setOpen}
          >
            <Grid columns={2} gap={2}>
              {more.fields}
            </Grid>
          </Collapse>
          {problems.length === 0 && preview}
          {problems.length > 0 && (
            <Alert severity="info" title={t('form.problems', 'Still missing or not right')} bottomSpacing={0}>
              <Messages
                list={problems.map(({ place, message }) => (place === '' ? message : `${place}: ${message}`))}
              />
            </Alert>
          )}
          {warnings.length > 0 && (
            <Alert
              severity="warning"
              title={t('form.warnings', 'The store does not have this, or did not when this page was opened')}
              bottomSpacing={0}
            >
              <Messages list={warnings} />
            </Alert>
          )}
          <DrawerFooter>
            <Button disabled={problems.length > 0} onClick={onDone}>
              <Trans i18nKey="form.done">Take over</Trans>
            </Button>
            <Button variant="secondary" onClick={onClose}>
              <Trans i18nKey="form.cancel">Cancel</Trans>
            </Button>
          </DrawerFooter>
        </Stack>
      </EditingDrawer>
    </EntryContext.Provider>
  );
}

function Messages({ list }: { list: string[] }) {
  return (
    <ul>
      {[...new Set(list)].map((message) => (
        <li key={message}>{message}</li>
      ))}
    </ul>
  );
}

/** Whether what is at a path belongs to the key, as values[2] does to values. */
function covers(key: string, path: string): boolean {
  return path === key || path.startsWith(`${key}[`) || path.startsWith(`${key}.`);
}
