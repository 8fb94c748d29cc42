import { css } from '@emotion/css';
import { useMemo, useState } from 'react';

import type { GrafanaTheme2 } from '@grafana/data';
import { t, Trans } from '@grafana/i18n';
import { Alert, Badge, Button, Field, Input, Stack, Text, useStyles2 } from '@grafana/ui';

import { typeLabel } from '../../query/labels';
import { ChangelogDrawer } from '../ChangelogDrawer';
import type { CatalogDraft } from '../catalogDraft';
import { EventCount } from '../EventCount';
import { MetricNumber } from '../MetricNumber';
import { TimeZoneInput } from '../TimeZoneInput';
import { zoneDoubt } from '../timeZones';
import { usePreviews } from '../usePreviews';
import { AnnotationForm } from './AnnotationForm';
import { ratiosOf, removeAnnotation, removeMetric, removeTable, usersOf } from './edits';
import { EntryRow } from './EntryRow';
import { getLevelField } from './levelField';
import { MetricForm } from './MetricForm';
import { PrefixField } from './PrefixField';
import { SectionHead } from './SectionHead';
import { TableForm } from './TableForm';
import { useRelations } from './useRelations';

interface Props {
  uid: string;
  catalog: CatalogDraft;
  /** The catalog that is saved, whose change logs the server knows. */
  saved: CatalogDraft | undefined;
  readOnly: boolean;
  /** Whether the store can be asked for previews and names. */
  connected: boolean;
  onChange: (catalog: CatalogDraft) => void;
}

type Opened = { kind: 'metric' | 'table' | 'annotation'; former?: string } | { kind: 'log'; table: string };

const shownAtOnce = 20;

/** The catalog as lists of its tables, metrics and annotations, each to be edited in a form. */
export function CatalogForms({ uid, catalog, saved, readOnly, connected, onChange }: Props) {
  const [opened, setOpened] = useState<Opened>();
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState(shownAtOnce);
  const styles = useStyles2(getStyles);
  const levelField = useStyles2(getLevelField);
  const relations = useRelations(uid, connected && opened !== undefined && opened.kind !== 'log');

  const found = useMemo(
    () =>
      Object.keys(catalog.metrics).filter((name) =>
        [name, catalog.metrics[name]?.label, catalog.metrics[name]?.help].some((text) =>
          text?.toLowerCase().includes(search.toLowerCase())
        )
      ),
    [catalog, search]
  );
  const names = useMemo(() => found.slice(0, shown), [found, shown]);
  const previews = usePreviews('metrics', uid, catalog, names, connected);
  const eventNames = useMemo(() => Object.keys(catalog.annotations ?? {}).slice(0, shownAtOnce), [catalog]);
  const events = usePreviews('annotations', uid, catalog, eventNames, connected);
  const doubt = zoneDoubt(catalog.timezone);

  const close = () => setOpened(undefined);
  const done = (next: CatalogDraft) => {
    onChange(next);
    close();
  };
  const form = { catalog, relations, onDone: done, onClose: close };
  return (
    <Stack direction="column" gap={3}>
      <div className={styles.general}>
        <Field
          noMargin
          className={levelField}
          disabled={readOnly}
          label={t('form.timezone.label', 'Time zone')}
          description={t('form.timezone.description', 'In which days, weeks and months begin')}
          invalid={doubt !== undefined}
          error={doubt}
        >
          <TimeZoneInput
            id="live-orders-timezone"
            value={catalog.timezone}
            onChange={(timezone) => onChange({ ...catalog, timezone })}
          />
        </Field>
        <PrefixField catalog={catalog} disabled={readOnly} onChange={onChange} />
      </div>

      <Stack direction="column" gap={1}>
        <SectionHead
          title={t('form.tables', 'Tables')}
          add={t('form.table.add', 'Add a table')}
          onAdd={readOnly ? undefined : () => setOpened({ kind: 'table' })}
        />
        {Object.entries(catalog.tables).map(([name, table]) => (
          <EntryRow
            key={name}
            title={name}
            badge={<Badge color="darkgrey" text={table.relation} />}
            about={Object.keys(table.dimensions ?? {}).join(', ')}
            readOnly={readOnly}
            needed={usersOf(catalog, name)}
            isLast={Object.keys(catalog.tables).length === 1}
            onEdit={() => setOpened({ kind: 'table', former: name })}
            onRemove={() => onChange(removeTable(catalog, name))}
          >
            <Button
              variant="secondary"
              size="sm"
              icon="database"
              fill="outline"
              disabled={!connected || !(name in (saved?.tables ?? {}))}
              tooltip={
                name in (saved?.tables ?? {})
                  ? t('form.log.tooltip', 'The SQL by which a DBA makes its numbers fast and exact')
                  : t('form.log.unsaved', 'Save the catalog first: the SQL is made for what is saved')
              }
              onClick={() => setOpened({ kind: 'log', table: name })}
            >
              <Trans i18nKey="form.log.button">Change log</Trans>
            </Button>
          </EntryRow>
        ))}
      </Stack>

      <Stack direction="column" gap={1}>
        <SectionHead
          title={t('form.metrics', 'Metrics')}
          add={t('form.metric.add', 'Add a metric')}
          disabled={Object.keys(catalog.tables).length === 0}
          onAdd={readOnly ? undefined : () => setOpened({ kind: 'metric' })}
        />
        {Object.keys(catalog.metrics).length > shownAtOnce && (
          <Input
            aria-label={t('form.search', 'Search the metrics')}
            placeholder={t('form.search', 'Search the metrics')}
            width={40}
            value={search}
            onChange={(event) => setSearch(event.currentTarget.value)}
          />
        )}
        {previews.failure !== undefined && (
          <Alert
            severity="warning"
            title={t('form.no-previews', 'The metrics could not be computed')}
            bottomSpacing={0}
            buttonContent={t('form.retry', 'Try again')}
            onRemove={previews.retry}
          >
            {previews.failure}
          </Alert>
        )}
        {names.map((name) => {
          const metric = catalog.metrics[name];
          const preview = previews.byName.get(name);
          return (
            metric && (
              <EntryRow
                key={name}
                title={metric.label ?? name}
                badge={<Badge color="darkgrey" text={typeLabel(metric.type).label} />}
                about={metric.label === undefined ? metric.help : `${name} · ${metric.help}`}
                failure={preview?.error}
                readOnly={readOnly}
                needed={ratiosOf(catalog, name)}
                isLast={Object.keys(catalog.metrics).length === 1}
                onEdit={() => setOpened({ kind: 'metric', former: name })}
                onRemove={() => onChange(removeMetric(catalog, name))}
              >
                {connected && previews.failure === undefined && (
                  <MetricNumber preview={preview} unit={metric.unit} decimals={metric.decimals} />
                )}
              </EntryRow>
            )
          );
        })}
        {found.length > shown && (
          <div>
            <Button variant="secondary" size="sm" onClick={() => setShown(shown + shownAtOnce)}>
              {t('form.more', 'Show more ({{number}})', { number: found.length - shown })}
            </Button>
          </div>
        )}
      </Stack>

      <Stack direction="column" gap={1}>
        <SectionHead
          title={t('form.annotations', 'Annotations')}
          add={t('form.annotation.add', 'Add an annotation')}
          onAdd={readOnly ? undefined : () => setOpened({ kind: 'annotation' })}
        />
        <Text variant="bodySmall" color="secondary">
          <Trans i18nKey="form.annotations-are">
            Rows of a table as events over the panels of a dashboard: campaigns, deployments, outages.
          </Trans>
        </Text>
        {Object.entries(catalog.annotations ?? {}).map(([name, annotation]) => (
          <EntryRow
            key={name}
            title={annotation.label ?? name}
            badge={<Badge color="darkgrey" text={annotation.table} />}
            about={annotation.label === undefined ? annotation.help : `${name} · ${annotation.help}`}
            failure={events.byName.get(name)?.error}
            readOnly={readOnly}
            onEdit={() => setOpened({ kind: 'annotation', former: name })}
            onRemove={() => onChange(removeAnnotation(catalog, name))}
          >
            {connected && events.failure === undefined && eventNames.includes(name) && (
              <EventCount preview={events.byName.get(name)} />
            )}
          </EntryRow>
        ))}
      </Stack>

      {opened?.kind === 'metric' && <MetricForm uid={uid} connected={connected} former={opened.former} {...form} />}
      {opened?.kind === 'table' && <TableForm former={opened.former} {...form} />}
      {opened?.kind === 'annotation' && (
        <AnnotationForm uid={uid} connected={connected} former={opened.former} {...form} />
      )}
      {opened?.kind === 'log' && (
        <ChangelogDrawer
          uid={uid}
          table={opened.table}
          declared={catalog.tables[opened.table]?.changes?.mode === 'log'}
          onDeclare={readOnly ? undefined : () => onChange(withLog(catalog, opened.table))}
          onClose={close}
        />
      )}
    </Stack>
  );
}

const getStyles = (theme: GrafanaTheme2) => ({
  // Columns of one width, side by side where there is room, which no message makes wider.
  general: css({
    display: 'flex',
    flexWrap: 'wrap',
    gap: theme.spacing(2),
    '> *': { width: theme.spacing(34), maxWidth: '100%' },
  }),
});

function withLog(catalog: CatalogDraft, name: string): CatalogDraft {
  const table = catalog.tables[name];
  return table
    ? { ...catalog, tables: { ...catalog.tables, [name]: { ...table, changes: { mode: 'log' } } } }
    : catalog;
}
