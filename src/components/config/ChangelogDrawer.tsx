import { useEffect, useRef, useState } from 'react';

import { t, Trans } from '@grafana/i18n';
import {
  Alert,
  Button,
  ClipboardButton,
  CodeEditor,
  Drawer,
  LoadingPlaceholder,
  Stack,
  Tab,
  TabsBar,
  Text,
} from '@grafana/ui';

import { changelogSQL, failureText, type ChangelogSQL } from './server';
import { useFocusReturn } from './useFocusReturn';

interface Props {
  uid: string;
  table: string;
  /** Whether the catalog says that the table has a log. */
  declared: boolean;
  /** Makes the catalog say so; absent where it cannot be changed. */
  onDeclare?: () => void;
  onClose: () => void;
}

/** The SQL of a table's change log, for a DBA. The plugin runs none of it. */
export function ChangelogDrawer({ uid, table, declared, onDeclare, onClose }: Props) {
  useFocusReturn();
  const [scripts, setScripts] = useState<ChangelogSQL>();
  const [failure, setFailure] = useState<string>();
  const [shown, setShown] = useState<'install' | 'uninstall'>('install');
  const [said, setSaid] = useState(false);
  const outcome = useRef<HTMLDivElement>(null);

  // The button that had the focus is gone then, and with it the keys of the drawer.
  useEffect(() => {
    if (said) {
      outcome.current?.focus();
    }
  }, [said]);

  useEffect(() => {
    let left = false;
    changelogSQL(uid, table).then(
      (answer) => left || setScripts(answer),
      (error: unknown) => left || setFailure(failureText(error))
    );
    return () => {
      left = true;
    };
  }, [uid, table]);

  return (
    <Drawer
      title={t('changelog.title', 'Change log of {{table}}', { table, interpolation: { escapeValue: false } })}
      subtitle={t(
        'changelog.subtitle',
        'SQL for a DBA, run as the owner of the table. The plugin itself runs none of it.'
      )}
      size="lg"
      tabs={
        <TabsBar>
          <Tab
            label={t('changelog.install', 'Install')}
            active={shown === 'install'}
            onChangeTab={() => setShown('install')}
          />
          <Tab
            label={t('changelog.uninstall', 'Uninstall')}
            active={shown === 'uninstall'}
            onChangeTab={() => setShown('uninstall')}
          />
        </TabsBar>
      }
      onClose={onClose}
    >
      <Stack direction="column" gap={2}>
        <Text color="secondary">
          {shown === 'install' ? (
            <Trans i18nKey="changelog.about-install">
              Triggers write down which stretches of time changed, so that numbers are kept in memory and stay exact:
              each look reads only what changed. Writes to the table become a little slower. Have the log pruned every
              few minutes, as the script says at its end.
            </Trans>
          ) : (
            <Trans i18nKey="changelog.about-uninstall">
              Removes the triggers and the log of this table. Answers stay exact and are computed live again.
            </Trans>
          )}
        </Text>
        {failure !== undefined && (
          <Alert severity="error" title={t('changelog.failed', 'The SQL could not be made')}>
            {failure}
          </Alert>
        )}
        {!scripts && failure === undefined && <LoadingPlaceholder text={t('changelog.loading', 'Making the SQL…')} />}
        {scripts && (
          <>
            <Stack gap={1} wrap="wrap">
              <ClipboardButton icon="copy" variant="secondary" getText={() => scripts[shown]}>
                <Trans i18nKey="changelog.copy">Copy the SQL</Trans>
              </ClipboardButton>
              {!declared && onDeclare && (
                <Button
                  variant="secondary"
                  icon="check"
                  onClick={() => {
                    onDeclare();
                    setSaid(true);
                  }}
                >
                  <Trans i18nKey="changelog.declare">Say in the catalog that the table has a log</Trans>
                </Button>
              )}
            </Stack>
            {declared && said && (
              <div ref={outcome} tabIndex={-1}>
                <Alert
                  severity="success"
                  title={t(
                    'changelog.declared',
                    'The catalog now says that {{table}} has a log. Save the settings to keep it.',
                    {
                      table,
                      interpolation: { escapeValue: false },
                    }
                  )}
                  bottomSpacing={0}
                >
                  <Trans i18nKey="changelog.declared-early">
                    Until the SQL is run, answers stay exact and are computed live.
                  </Trans>
                </Alert>
              </div>
            )}
            <CodeEditor
              key={shown}
              language="sql"
              height="60vh"
              value={scripts[shown]}
              readOnly
              showMiniMap={false}
              showLineNumbers
              monacoOptions={{ ariaLabel: t('changelog.sql', 'SQL of the change log') }}
            />
          </>
        )}
      </Stack>
    </Drawer>
  );
}
