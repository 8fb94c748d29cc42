import { lazy, Suspense, useEffect, useState } from 'react';

import type { DataSourcePluginOptionsEditorProps } from '@grafana/data';
import { t, Trans } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { Divider, LoadingPlaceholder, Text } from '@grafana/ui';

import { unsavedCatalogs } from '../health';
import type { OrdersOptions, OrdersSecrets } from '../types';
import { ConnectionSection } from './config/ConnectionSection';
import { HealthSection } from './config/HealthSection';
import { LimitsSection } from './config/LimitsSection';
import { useSavedSettings } from './config/savedSettings';
import { sectionProps } from './config/settings';
import { TLSSection } from './config/TLSSection';
import { usePassedOnce } from './steady';

// The YAML parser and the schema validator are needed here only.
const CatalogSection = lazy(async () => ({
  default: (await import(/* webpackChunkName: "catalog-editor" */ './config/CatalogSection')).CatalogSection,
}));

type Props = DataSourcePluginOptionsEditorProps<OrdersOptions, OrdersSecrets>;

/** The settings page of the data source. Where it is provisioned Grafana says so above. */
export function ConfigEditor({ options, onOptionsChange }: Props) {
  const section = sectionProps(options, usePassedOnce(options, onOptionsChange));
  const saved = useSavedSettings(options);
  const { uid } = options;
  const [unsaved, setUnsaved] = useState(false);
  useEffect(() => {
    if (unsaved) {
      unsavedCatalogs.add(uid);
    }
    return () => {
      unsavedCatalogs.delete(uid);
    };
  }, [uid, unsaved]);
  return (
    <>
      <Text element="p" color="secondary">
        <Trans i18nKey="config-editor.introduction">
          Live Orders answers dashboards and alert rules from the orders database itself. Connect it, then declare in
          the catalog what may be asked.
        </Trans>
      </Text>
      <Divider />
      <ConnectionSection {...section} />
      <Divider />
      <TLSSection {...section} />
      <Divider />
      <LimitsSection {...section} />
      <Divider />
      <ConfigSection
        title={t('config-editor.catalog.title', 'Catalog')}
        description={t(
          'config-editor.catalog.description',
          'The tables, the dimensions to group and filter by, and the metrics that queries may ask for.'
        )}
      >
        <Suspense fallback={<LoadingPlaceholder text={t('config-editor.catalog.loading', 'Loading the editor…')} />}>
          <CatalogSection {...section} saved={saved} onUnsaved={setUnsaved} />
        </Suspense>
      </ConfigSection>
      <Divider />
      <HealthSection uid={uid} unsaved={unsaved} />
    </>
  );
}
