import type { ReactNode } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, Button, Drawer, Stack } from '@grafana/ui';

import type { CatalogDraft } from '../catalogDraft';
import { catalogToText, checkCatalogText } from '../catalogText';

interface Props {
  title: string;
  /** What keeps the entry from being taken over. */
  problems: string[];
  onDone: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** An entry of the catalog as a form. It is taken over when it is right, and not before. */
export function EntryDrawer({ title, problems, onDone, onClose, children }: Props) {
  return (
    <Drawer title={title} size="md" onClose={onClose}>
      <Stack direction="column" gap={2}>
        {children}
        {problems.length > 0 && (
          <Alert severity="info" title={t('form.problems', 'Still missing or not right')} bottomSpacing={0}>
            <ul>
              {problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          </Alert>
        )}
        <Stack gap={1}>
          <Button disabled={problems.length > 0} onClick={onDone}>
            <Trans i18nKey="form.done">Take over</Trans>
          </Button>
          <Button variant="secondary" onClick={onClose}>
            <Trans i18nKey="form.cancel">Cancel</Trans>
          </Button>
        </Stack>
      </Stack>
    </Drawer>
  );
}

/** What is wrong with an entry of a catalog: with its name, or with the form of what is below its path. */
export function entryProblems(catalog: CatalogDraft, path: string, nameTaken: boolean): string[] {
  const problems = checkCatalogText(catalogToText(catalog))
    .problems.filter((problem) => problem.path === path || problem.path.startsWith(`${path}.`))
    .map((problem) => {
      const key = problem.path.slice(path.length + 1);
      return key === '' ? problem.message : `${key}: ${problem.message}`;
    });
  return nameTaken ? [t('form.name-taken', 'The name is taken'), ...problems] : problems;
}
