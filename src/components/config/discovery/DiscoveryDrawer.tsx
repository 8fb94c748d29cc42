import { useEffect, useState } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, Button, Field, Input, LoadingPlaceholder, Stack, Text } from '@grafana/ui';

import type { CatalogDraft } from '../catalogDraft';
import { EditingDrawer } from '../EditingDrawer';
import { discover, failureText } from '../server';
import { TimeZoneInput } from '../TimeZoneInput';
import { ownTimeZone, zoneDoubt } from '../timeZones';
import type { Change } from './choices';
import type { Proposal } from './proposal';
import { ProposalReview } from './ProposalReview';
import { translated, written } from './sentences';

interface Props {
  uid: string;
  catalog: CatalogDraft | undefined;
  /** Called with the catalog to which the accepted items are added. */
  onUse: (catalog: CatalogDraft) => void;
  onClose: () => void;
}

/** What the server is asked: in which zone, absent until one is chosen, and into which schemas to look, none for all. */
interface Asked {
  timezone: string | undefined;
  schemas: string[];
}

/** The relations whose newest row would lie in the future in the zone of the proposal. */
function tablesAhead({ tables }: Proposal): string[] {
  return tables
    .filter(({ reasons }) => reasons.some(({ code }) => code === 'times-ahead' || code === 'times-future'))
    .map(({ value }) => value.relation);
}

/** Reads the store's schema and shows what of it may become part of the catalog. */
export function DiscoveryDrawer({ uid, catalog, onUse, onClose }: Props) {
  const [asked, setAsked] = useState<Asked>({ timezone: catalog?.timezone, schemas: [] });
  const [schemas, setSchemas] = useState('');
  const [answer, setAnswer] = useState<{ of: Asked; proposal?: Proposal; failure?: string }>();
  const [changes, setChanges] = useState<Change[]>([]);

  useEffect(() => {
    let left = false;
    discover(uid, asked.timezone, ownTimeZone(), asked.schemas).then(
      (proposal) => left || setAnswer({ of: asked, proposal: translated(proposal) }),
      (error: unknown) => left || setAnswer({ of: asked, failure: failureText(error) })
    );
    return () => {
      left = true;
    };
  }, [uid, asked]);

  const read = (timezone: string | undefined) => {
    const names = schemas.split(',').map((name) => name.trim());
    setAsked({ timezone, schemas: names.filter((name) => name !== '') });
  };

  const current = answer?.of === asked ? answer : undefined;
  const zone = current?.proposal?.timezone;
  const doubt = zoneDoubt(asked.timezone);
  const ahead = current?.proposal ? tablesAhead(current.proposal) : [];
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
            invalid={doubt !== undefined}
            error={doubt}
          >
            <TimeZoneInput
              id="live-orders-discovery-timezone"
              width={30}
              value={asked.timezone ?? zone?.value}
              onChange={read}
            />
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
          <Button variant="secondary" icon="sync" disabled={!current} onClick={() => read(asked.timezone)}>
            <Trans i18nKey="discovery.again">Read again</Trans>
          </Button>
        </Stack>
        {zone && ahead.length > 0 && (
          <Alert
            severity="warning"
            title={t('discovery.zone-ahead', 'In {{zone}} the newest rows of {{tables}} would lie in the future', {
              zone: catalog?.timezone ?? zone.value,
              tables: ahead.join(', '),
              interpolation: { escapeValue: false },
            })}
            bottomSpacing={0}
          >
            <Trans i18nKey="discovery.zone-ahead-then">
              Their times carry no zone. If they are in local time, the business is further east: choose its zone. If
              they are in UTC, the zone may be right.
            </Trans>
          </Alert>
        )}
        {!catalog && zone && (
          <Text variant="bodySmall" color="secondary">
            {t('discovery.zone', 'Time zone {{zone}}: {{reason}}', {
              zone: zone.value,
              reason: written(zone.reasons),
              interpolation: { escapeValue: false },
            })}
          </Text>
        )}
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
              uid={uid}
              proposal={current.proposal}
              catalog={catalog}
              changes={changes}
              onChange={(change) => setChanges((before) => [...before, change])}
              onUse={onUse}
              onClose={onClose}
            />
          </>
        )}
      </Stack>
    </EditingDrawer>
  );
}
