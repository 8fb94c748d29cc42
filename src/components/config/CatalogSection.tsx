import { lazy, Suspense, useState } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Alert, Button, Stack, Text } from '@grafana/ui';

import { CatalogYaml } from './CatalogYaml';
import { connectionState } from './savedSettings';
import type { SectionProps, Settings } from './settings';
import { starterCatalog } from './starterCatalog';
import { useCatalogDraft } from './useCatalogDraft';

const DiscoveryDrawer = lazy(async () => ({
  default: (await import(/* webpackChunkName: "discovery" */ './discovery/DiscoveryDrawer')).DiscoveryDrawer,
}));

interface Props extends SectionProps {
  saved: Settings;
}

/** The catalog: found by discovery, or written. */
export function CatalogSection({ options, saved, disabled: readOnly, updateOption }: Props) {
  const editing = useCatalogDraft(options.jsonData.catalog, (catalog) => updateOption('catalog', catalog));
  const [discovering, setDiscovering] = useState(false);
  const [addedTo, setAddedTo] = useState<number>();
  const version = options.version ?? 0;
  const connection = connectionState(options, saved);
  const broken = editing.problems.length > 0;

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
              variant={editing.catalog ? 'secondary' : 'primary'}
              disabled={connection !== 'saved' || broken}
              onClick={() => setDiscovering(true)}
            >
              <Trans i18nKey="config-editor.catalog.discover">Discover tables and metrics</Trans>
            </Button>
            {editing.text.trim() === '' && (
              <Button variant="secondary" icon="file-copy-alt" onClick={() => editing.editText(starterCatalog)}>
                <Trans i18nKey="config-editor.catalog.insert">Insert an example</Trans>
              </Button>
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
      <CatalogYaml editing={editing} readOnly={readOnly} />
      {discovering && (
        <Suspense fallback={null}>
          <DiscoveryDrawer
            uid={options.uid}
            catalog={editing.catalog}
            onUse={(catalog) => {
              editing.editCatalog(catalog);
              setDiscovering(false);
              setAddedTo(version);
            }}
            onClose={() => setDiscovering(false)}
          />
        </Suspense>
      )}
    </Stack>
  );
}
