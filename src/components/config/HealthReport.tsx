import { useMemo, type ReactNode } from 'react';

import { t } from '@grafana/i18n';
import { Badge, InteractiveTable, Stack, Text, type Column } from '@grafana/ui';

import {
  healthFindings,
  type HealthCheck,
  type HealthFinding,
  type HealthReport as Report,
  type HealthState,
} from '../../health';

const rowsOfAPage = 15;

/** The outcome of a health check: the server, and a row for everything that was looked at. */
export function HealthReport({ check }: { check: HealthCheck }) {
  const findings = useMemo(() => healthFindings(check.details), [check]);
  const paged = findings.length > rowsOfAPage;
  const columns = useMemo<Array<Column<HealthFinding>>>(
    () => [
      {
        id: 'state',
        header: t('health.column.state', 'State'),
        cell: ({ row }) => (
          <OneLine>
            <StateBadge state={row.original.state} />
          </OneLine>
        ),
        disableGrow: true,
      },
      {
        id: 'kind',
        header: t('health.column.kind', 'What'),
        cell: ({ row }) => <OneLine>{kindLabel(row.original.kind)}</OneLine>,
        disableGrow: true,
      },
      { id: 'name', header: t('health.column.name', 'Name'), disableGrow: true },
      {
        id: 'texts',
        header: t('health.column.finding', 'Finding'),
        cell: ({ row }) => <Findings texts={row.original.texts} />,
      },
    ],
    []
  );

  return (
    <Stack direction="column" gap={2} role="region" aria-label={t('health.report', 'Health report')}>
      {!check.ok && findings.length === 0 && <Text color="error">{check.message}</Text>}
      {check.details.report && <Server server={check.details.report.server} />}
      {findings.length > 0 && (
        // A table of one page and one of several have different hooks: one cannot become the other.
        <InteractiveTable
          key={String(paged)}
          columns={columns}
          data={findings}
          getRowId={({ kind, name, state }) => `${kind} ${name} ${state}`}
          pageSize={paged ? rowsOfAPage : 0}
        />
      )}
    </Stack>
  );
}

/** What a column is as wide as. */
function OneLine({ children }: { children: ReactNode }) {
  return <div style={{ whiteSpace: 'nowrap' }}>{children}</div>;
}

function StateBadge({ state }: { state: HealthState }) {
  switch (state) {
    case 'error':
      return <Badge color="red" icon="times-circle" text={t('health.state.error', 'Does not work')} />;
    case 'warning':
      return <Badge color="orange" icon="exclamation-triangle" text={t('health.state.warning', 'Warning')} />;
    case 'ok':
      return <Badge color="green" icon="check" text={t('health.state.ok', 'Works')} />;
  }
}

function Findings({ texts }: { texts: string[] }) {
  if (texts.length <= 1) {
    return <>{texts[0]}</>;
  }
  return (
    <ul>
      {texts.map((text) => (
        <li key={text}>{text}</li>
      ))}
    </ul>
  );
}

function Server({ server }: { server: Report['server'] }) {
  const said = { interpolation: { escapeValue: false } };
  return (
    <Stack gap={1} wrap="wrap" alignItems="center">
      <Text variant="bodySmall" color="secondary">
        {t('health.server', 'PostgreSQL {{version}}, database {{database}}, as {{user}}', { ...server, ...said })}
      </Text>
      {server.encrypted ? (
        <Badge color="green" icon="lock" text={t('health.encrypted', 'Encrypted')} />
      ) : (
        <Badge color="orange" icon="unlock" text={t('health.unencrypted', 'Not encrypted')} />
      )}
      {server.standby && <Badge color="blue" text={t('health.standby', 'Standby')} />}
      {server.distributed && <Badge color="blue" text={server.distributed} />}
      <Text variant="bodySmall" color="secondary">
        {t('health.round-trip', 'Round trip {{milliseconds}} ms', {
          milliseconds: (server.roundTripSeconds * 1000).toLocaleString(undefined, {
            minimumFractionDigits: 1,
            maximumFractionDigits: 1,
          }),
        })}
      </Text>
    </Stack>
  );
}

function kindLabel(kind: HealthFinding['kind']): string {
  switch (kind) {
    case 'server':
      return t('health.kind.server', 'Database');
    case 'settings':
      return t('health.kind.settings', 'Settings and catalog');
    case 'table':
      return t('health.kind.table', 'Table');
    case 'metric':
      return t('health.kind.metric', 'Metric');
    case 'annotation':
      return t('health.kind.annotation', 'Annotation');
  }
}
