import { useMemo } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, Button, EmptyState, Text } from '@grafana/ui';

import type { CatalogDraft } from '../catalogDraft';
import { DrawerFooter } from '../DrawerFooter';
import { usePreviews } from '../usePreviews';
import {
  changedChoices,
  firstChoices,
  mergeProposal,
  misnamed,
  wasChosenFrom,
  type Change,
  type Choices,
} from './choices';
import { Notes } from './Notes';
import { tableOf, type Proposal } from './proposal';
import { ProposedTable } from './ProposedTable';

interface Props {
  uid: string;
  proposal: Proposal;
  catalog: CatalogDraft | undefined;
  changes: Change[];
  onChange: (change: Change) => void;
  onUse: (catalog: CatalogDraft) => void;
  onClose: () => void;
}

/** The items of a proposal by their tables, each to be accepted or not. */
export function ProposalReview({ uid, proposal, catalog, changes, onChange, onUse, onClose }: Props) {
  const choices = useMemo(() => changedChoices(proposal, catalog, changes), [proposal, catalog, changes]);
  const wrong = misnamed(proposal, choices, catalog);
  const accepted = [...proposal.dimensions, ...proposal.metrics].filter(({ path }) => choices[path]?.accepted).length;

  // All of it is computed, accepted or not, under the names that it was proposed by.
  const everything = useMemo(() => mergeProposal(undefined, proposal, allOf(proposal)), [proposal]);
  const names = useMemo(() => Object.keys(everything.metrics), [everything]);
  const previews = usePreviews('metrics', uid, everything, names, true);

  // Those with something to accept first.
  const tables = [...proposal.tables].sort((a, b) => Number(b.selected) - Number(a.selected));
  return (
    <>
      <Notes
        notes={proposal.notes}
        truncated={proposal.truncated}
        open={!proposal.tables.some(({ selected }) => selected)}
      />
      {previews.failure !== undefined && (
        <Alert severity="warning" title={t('discovery.no-previews', 'The metrics could not be previewed')}>
          {previews.failure}
        </Alert>
      )}
      {wasChosenFrom(proposal, catalog) && (
        <Text color="secondary">
          <Trans i18nKey="discovery.chosen-before">
            The catalog has tables of this store already, so nothing more is ticked: tick what it lacks.
          </Trans>
        </Text>
      )}
      {tables.length === 0 && (
        <EmptyState variant="not-found" message={t('discovery.nothing', 'Nothing was found that looks like orders')} />
      )}
      {tables.map((table) => (
        <ProposedTable
          key={table.path}
          table={table}
          metrics={proposal.metrics.filter((metric) => tableOf(metric, proposal) === table.path)}
          dimensions={proposal.dimensions.filter((dimension) => tableOf(dimension, proposal) === table.path)}
          proposal={proposal}
          catalog={catalog}
          choices={choices}
          misnamed={wrong}
          previews={previews.byName}
          onChange={onChange}
        />
      ))}
      <DrawerFooter>
        <Button
          disabled={accepted === 0 || wrong.size > 0}
          onClick={() => onUse(mergeProposal(catalog, proposal, choices))}
        >
          {t('discovery.use', 'Use these ({{number}})', { number: accepted })}
        </Button>
        <Button variant="secondary" onClick={onClose}>
          <Trans i18nKey="discovery.cancel">Cancel</Trans>
        </Button>
        {wrong.size > 0 && (
          <span role="status">
            <Trans i18nKey="discovery.misnamed">Some names are taken or not allowed</Trans>
          </span>
        )}
      </DrawerFooter>
    </>
  );
}

function allOf(proposal: Proposal): Choices {
  const choices = firstChoices(proposal, undefined);
  return Object.fromEntries(Object.entries(choices).map(([path, choice]) => [path, { ...choice, accepted: true }]));
}
