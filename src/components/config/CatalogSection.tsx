import { lazy, Suspense, useEffect, useState } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, Button, LoadingPlaceholder, RadioButtonGroup, Stack, Text } from '@grafana/ui';

import type { CatalogDraft } from './catalogDraft';
import { CatalogYaml } from './CatalogYaml';
import { connectionState } from './savedSettings';
import type { SectionProps, Settings } from './settings';
import { starterCatalog } from './starterCatalog';
import { useCatalogDraft } from './useCatalogDraft';

const DiscoveryDrawer = lazy(async () => ({
  default: (await import(/* webpackChunkName: "discovery" */ './discovery/DiscoveryDrawer')).DiscoveryDrawer,
}));

const FirstTable = lazy(async () => ({
  default: (await import(/* webpackChunkName: "catalog-forms" */ './forms/FirstTable')).FirstTable,
}));

const CatalogForms = lazy(async () => ({
  default: (await import(/* webpackChunkName: "catalog-forms" */ './forms/CatalogForms')).CatalogForms,
}));

interface Props extends SectionProps {
  saved: Settings;
  /** Told whether the text has problems, with which it is not saved. */
  onUnsaved: (unsaved: boolean) => void;
}

/** The catalog: found by discovery, or written in forms or as YAML. */
export function CatalogSection({ options, saved, disabled: readOnly, updateOption, onUnsaved }: Props) {
  const editing = useCatalogDraft(options.jsonData.catalog, (catalog) => updateOption('catalog', catalog));
  const [discovering, setDiscovering] = useState(false);
  const [beginning, setBeginning] = useState(false);
  const [addedTo, setAddedTo] = useState<number>();
  const version = options.version ?? 0;
  const connection = connectionState(options, saved);
  const catalog = editing.catalog ?? (readOnly ? undefined : editing.begun);
  const broken = editing.problems.length > 0 && !catalog;
  const unsaved = editing.problems.length > 0;
  useEffect(() => onUnsaved(unsaved), [unsaved, onUnsaved]);
  const nothing = editing.text.trim() === '';
  // Text that cannot be read as a catalog stays text.
  const [view, setView] = useState<'forms' | 'yaml'>(catalog || nothing ? 'forms' : 'yaml');

  return (
    <Stack direction="column" gap={2}>
      {readOnly ? (
        <Text variant="bodySmall" color="secondary">
          <Trans i18nKey="config-editor.catalog.read-only">
            The data source is provisioned from a file: change the catalog there.
          </Trans>
        </Text>
      ) : (
        <>
          <Stack gap={1} alignItems="center" wrap="wrap">
            <Button
              icon="search"
              variant={catalog ? 'secondary' : 'primary'}
              disabled={connection !== 'saved' || broken}
              onClick={() => setDiscovering(true)}
            >
              <Trans i18nKey="config-editor.catalog.discover">Discover tables and metrics</Trans>
            </Button>
            {nothing && (
              <>
                <Button variant="secondary" icon="plus" onClick={() => setBeginning(true)}>
                  {t('form.table.add', 'Add a table')}
                </Button>
                <Button variant="secondary" icon="file-copy-alt" onClick={() => editing.editText(starterCatalog)}>
                  <Trans i18nKey="config-editor.catalog.insert">Insert an example</Trans>
                </Button>
              </>
            )}
          </Stack>
          {connection !== 'saved' && (
            <Text variant="bodySmall" color="secondary">
              {connection === 'missing' ? (
                <Trans i18nKey="config-editor.catalog.connect">
                  Discovery and previews read the store: fill in the connection and save it first.
                </Trans>
              ) : (
                <Trans i18nKey="config-editor.catalog.save-connection">
                  The connection has changed. Save it first: discovery and previews use the saved one.
                </Trans>
              )}
            </Text>
          )}
        </>
      )}
      {addedTo === version && (
        <Alert
          severity="success"
          title={t('config-editor.catalog.added', 'Added to the catalog. Save the settings to keep it.')}
          bottomSpacing={0}
          onRemove={() => setAddedTo(undefined)}
        />
      )}
      <Stack gap={1} alignItems="center" wrap="wrap">
        <RadioButtonGroup
          aria-label={t('config-editor.catalog.view', 'How the catalog is shown')}
          options={[
            {
              value: 'forms',
              label: t('config-editor.catalog.forms', 'Forms'),
            },
            { value: 'yaml', label: t('config-editor.catalog.yaml', 'YAML') },
          ]}
          disabledOptions={catalog || nothing ? [] : ['forms']}
          value={view}
          onChange={setView}
        />
        {broken && (
          <Text variant="bodySmall" color="secondary">
            <Trans i18nKey="config-editor.catalog.forms-broken">Forms are there again once the YAML is right.</Trans>
          </Text>
        )}
      </Stack>
      {view === 'forms' && editing.begun && (
        <Alert
          severity="info"
          title={t(
            'config-editor.catalog.begun',
            'The catalog needs a metric as well, and is not saved until it has one'
          )}
          bottomSpacing={0}
        />
      )}
      {view === 'forms' && catalog ? (
        <Suspense fallback={<LoadingPlaceholder text={t('config-editor.catalog.loading', 'Loading the editor…')} />}>
          <CatalogForms
            uid={options.uid}
            catalog={catalog}
            saved={saved.jsonData.catalog as CatalogDraft | undefined}
            readOnly={readOnly}
            connected={connection === 'saved'}
            onChange={editing.editCatalog}
          />
        </Suspense>
      ) : view === 'forms' && nothing ? (
        <Text color="secondary">
          {readOnly ? (
            <Trans i18nKey="config-editor.catalog.nothing">There is no catalog.</Trans>
          ) : (
            <Trans i18nKey="config-editor.catalog.nothing-yet">
              There is no catalog yet. Discovery looks at the tables of the store and proposes one, or you add a table
              and its metrics yourself.
            </Trans>
          )}
        </Text>
      ) : (
        <CatalogYaml uid={options.uid} editing={editing} readOnly={readOnly} connected={connection === 'saved'} />
      )}
      {beginning && (
        <Suspense fallback={null}>
          <FirstTable
            uid={options.uid}
            connected={connection === 'saved'}
            onDone={(begun) => {
              editing.editCatalog(begun);
              setBeginning(false);
              setView('forms');
            }}
            onClose={() => setBeginning(false)}
          />
        </Suspense>
      )}
      {discovering && (
        <Suspense fallback={null}>
          <DiscoveryDrawer
            uid={options.uid}
            catalog={catalog}
            onUse={(catalog) => {
              editing.editCatalog(catalog);
              setDiscovering(false);
              setAddedTo(version);
              setView('forms');
            }}
            onClose={() => setDiscovering(false)}
          />
        </Suspense>
      )}
    </Stack>
  );
}
