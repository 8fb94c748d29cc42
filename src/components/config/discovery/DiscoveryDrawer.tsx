import { useCallback, useEffect, useState } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, Button, Field, Input, LoadingPlaceholder, Stack, Text } from '@grafana/ui';

import type { CatalogDraft } from '../catalogDraft';
import { EditingDrawer } from '../EditingDrawer';
import { discover, failureText } from '../server';
import { TimeZoneInput } from '../TimeZoneInput';
import { ownTimeZone } from '../timeZones';
import type { Proposal } from './proposal';
import { ProposalReview } from './ProposalReview';

interface Props {
  uid: string;
  catalog: CatalogDraft | undefined;
  /** Called with the catalog to which the accepted items are added. */
  onUse: (catalog: CatalogDraft) => void;
  onClose: () => void;
}

/** Reads the store's schema and shows what of it may become part of the catalog. */
export function DiscoveryDrawer({ uid, catalog, onUse, onClose }: Props) {
  const [timezone, setTimezone] = useState(catalog?.timezone ?? ownTimeZone());
  const [schemas, setSchemas] = useState('');
  const [asked, setAsked] = useState({ timezone, schemas: [] as string[] });
  const [answer, setAnswer] = useState<{ of: typeof asked; proposal?: Proposal; failure?: string }>();

  useEffect(() => {
    let left = false;
    discover(uid, asked.timezone, asked.schemas).then(
      (proposal) => left || setAnswer({ of: asked, proposal }),
      (error: unknown) => left || setAnswer({ of: asked, failure: failureText(error) })
    );
    return () => {
      left = true;
    };
  }, [uid, asked]);

  const read = useCallback(() => {
    const names = schemas.split(',').map((name) => name.trim());
    setAsked({ timezone, schemas: names.filter((name) => name !== '') });
  }, [timezone, schemas]);

  const current = answer?.of === asked ? answer : undefined;
  return (
    <EditingDrawer
      title={t('discovery.title', 'Discover')}
      subtitle={t(
        'discovery.subtitle',
        'What the tables of the store suggest. Only what you accept is added to the catalog, and nothing is saved until you save the settings.'
      )}
      size="lg"
      onClose={onClose}
    >
      <Stack direction="column" gap={2}>
        <Stack gap={2} alignItems="flex-end" wrap="wrap">
          <Field
            noMargin
            label={t('discovery.timezone.label', 'Time zone of the business')}
            description={t('discovery.timezone.description', 'Its days, weeks and months count')}
            disabled={catalog !== undefined}
          >
            <TimeZoneInput id="live-orders-discovery-timezone" width={30} value={timezone} onChange={setTimezone} />
          </Field>
          <Field
            noMargin
            label={t('discovery.schemas.label', 'Schemas')}
            description={t('discovery.schemas.description', 'Separated by commas; none for all')}
          >
            <Input
              id="live-orders-discovery-schemas"
              width={30}
              value={schemas}
              onChange={(event) => setSchemas(event.currentTarget.value)}
            />
          </Field>
          <Button variant="secondary" icon="sync" disabled={!current} onClick={read}>
            <Trans i18nKey="discovery.again">Read again</Trans>
          </Button>
        </Stack>
        {!current && (
          <LoadingPlaceholder
            text={t('discovery.reading', 'Reading the schema and a sample of the values. This takes some seconds…')}
          />
        )}
        {current?.failure !== undefined && (
          <Alert severity="error" title={t('discovery.failed', 'The store could not be read')}>
            {current.failure}
          </Alert>
        )}
        {current?.proposal && (
          <>
            <Text color="secondary">
              {t('discovery.relations', 'Tables and views read: {{number}}', {
                number: current.proposal.relations,
              })}
            </Text>
            <ProposalReview
              key={asked.timezone + asked.schemas.join()}
              uid={uid}
              proposal={current.proposal}
              catalog={catalog}
              onUse={onUse}
              onClose={onClose}
            />
          </>
        )}
      </Stack>
    </EditingDrawer>
  );
}
