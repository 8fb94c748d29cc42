import { lazy, Suspense, useEffect, useState } from 'react';

import { t, Trans } from '@grafana/i18n';
import { ConfigSection } from '@grafana/plugin-ui';
import { Alert, Button, LoadingPlaceholder, Stack } from '@grafana/ui';

import { healthChecks, type HealthCheck } from '../../health';
import { errorText } from '../errorText';
import { savedDataSource } from './server';

const HealthReport = lazy(async () => ({
  default: (await import(/* webpackChunkName: "health-report" */ './HealthReport')).HealthReport,
}));

interface Props {
  uid: string;
  /** Whether the catalog on the page has problems, and so is not the one that is checked. */
  unsaved: boolean;
}

/** What the last health check found, whether it was run here or by "Save & test". */
export function HealthSection({ uid, unsaved }: Props) {
  const [check, setCheck] = useState<HealthCheck>();
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState<string>();

  useEffect(() => {
    const subscription = healthChecks.subscribe((next) => {
      if (next.uid === uid) {
        setCheck(next);
        setFailure(undefined);
      }
    });
    return () => subscription.unsubscribe();
  }, [uid]);

  const run = async () => {
    setRunning(true);
    try {
      const datasource = await savedDataSource(uid);
      // The outcome, good or bad, arrives by the subscription.
      await datasource.testDatasource().catch(() => undefined);
    } catch (error) {
      setFailure(errorText(error));
    } finally {
      setRunning(false);
    }
  };

  return (
    <ConfigSection
      title={t('config-editor.health.title', 'Health')}
      description={t(
        'config-editor.health.description',
        'Whether the server, every table and every metric work, as they are saved. "Save & test" checks too.'
      )}
    >
      <Stack direction="column" gap={2} alignItems="stretch">
        <div>
          <Button
            variant="secondary"
            icon={running ? 'spinner' : 'heart'}
            disabled={running}
            onClick={() => void run()}
          >
            {running ? (
              <Trans i18nKey="config-editor.health.running">Checking…</Trans>
            ) : (
              <Trans i18nKey="config-editor.health.run">Check what is saved</Trans>
            )}
          </Button>
        </div>
        {failure !== undefined && (
          <Alert
            severity="error"
            title={t('config-editor.health.failed', 'The check could not be run')}
            bottomSpacing={0}
          >
            {failure}
          </Alert>
        )}
        {check && unsaved && (
          <Alert
            severity="warning"
            title={t(
              'config-editor.health.unsaved',
              'This is about the catalog that is saved, not about the text above, which has problems'
            )}
            bottomSpacing={0}
          />
        )}
        {check && (
          <Suspense fallback={<LoadingPlaceholder text={t('config-editor.health.loading', 'Loading the report…')} />}>
            <HealthReport check={check} />
          </Suspense>
        )}
      </Stack>
    </ConfigSection>
  );
}
