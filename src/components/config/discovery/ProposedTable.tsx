import { t, Trans } from '@grafana/i18n';
import { Badge, Box, Checkbox, Stack, Text } from '@grafana/ui';

import type { CatalogDraft, DimensionDraft, MetricDraft } from '../catalogDraft';
import type { MetricPreview } from '../server';
import { hasTable, standing, type Choice, type Choices } from './choices';
import { proposedName, type Item, type Proposal, type TableItem } from './proposal';
import { ProposedItem } from './ProposedItem';

interface Props {
  table: TableItem;
  metrics: Array<Item<MetricDraft>>;
  dimensions: Array<Item<DimensionDraft>>;
  proposal: Proposal;
  catalog: CatalogDraft | undefined;
  choices: Choices;
  misnamed: Set<string>;
  previews: ReadonlyMap<string, MetricPreview>;
  onAccept: (path: string, accepted: boolean) => void;
  onChoose: (path: string, choice: Choice) => void;
}

/** A table that was found, with what may be counted and grouped by. */
export function ProposedTable(props: Props) {
  const { table, metrics, dimensions, proposal, catalog, choices, misnamed, previews, onAccept, onChoose } = props;
  const inCatalog = hasTable(table.path, choices, catalog);
  const { relation, time } = table.value;
  const item = (of: Item<MetricDraft> | Item<DimensionDraft>) => ({
    item: of,
    choice: choices[of.path] as Choice,
    standing: standing(of, proposal, choices, catalog),
    invalid: misnamed.has(of.path),
    onAccept: (accepted: boolean) => onAccept(of.path, accepted),
    onChoose: (choice: Choice) => onChoose(of.path, choice),
  });

  return (
    <Box
      element="section"
      aria-label={relation}
      borderStyle="solid"
      borderColor="weak"
      borderRadius="default"
      padding={2}
      backgroundColor="secondary"
    >
      <Stack direction="column" gap={2}>
        <Stack direction="column" gap={0.5}>
          <Stack gap={1} alignItems="center" wrap="wrap">
            <Checkbox
              label={relation}
              value={inCatalog || choices[table.path]?.accepted}
              disabled={inCatalog}
              onChange={(event) => onAccept(table.path, event.currentTarget.checked)}
            />
            <Badge color="blue" text={roleLabel(table.role)} />
            {inCatalog && <Badge color="darkgrey" text={t('discovery.in-catalog', 'in the catalog')} />}
            <Text variant="bodySmall" color="secondary">
              {kindLabel(table.kind)}
              {table.rows !== null &&
                ` · ${t('discovery.rows', '≈ {{rows}} rows', { rows: table.rows.toLocaleString() })}`}
              {time !== undefined && ` · ${t('discovery.time', 'counted by {{time}}', { time })}`}
            </Text>
          </Stack>
          <Text variant="bodySmall" color="secondary">
            {sentence(table.reason)}
          </Text>
          {table.comment && (
            <Text variant="bodySmall" color="secondary" italic>
              {table.comment}
            </Text>
          )}
        </Stack>
        {metrics.length > 0 && (
          <Stack direction="column" gap={1}>
            <Text element="h5">
              <Trans i18nKey="discovery.metrics">Metrics</Trans>
            </Text>
            {metrics.map((metric) => (
              <ProposedItem
                key={metric.path}
                {...item(metric)}
                type={metric.value.type}
                preview={{ shown: previews.get(proposedName(metric)) }}
              />
            ))}
          </Stack>
        )}
        {dimensions.length > 0 && (
          <Stack direction="column" gap={1}>
            <Text element="h5">
              <Trans i18nKey="discovery.dimensions">Dimensions to group and filter by</Trans>
            </Text>
            {dimensions.map((dimension) => (
              <ProposedItem key={dimension.path} {...item(dimension)} />
            ))}
          </Stack>
        )}
      </Stack>
    </Box>
  );
}

/** A server's reason as a sentence: it begins in lower case and has no full stop. */
export function sentence(reason: string): string {
  const text = reason.charAt(0).toUpperCase() + reason.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What PostgreSQL calls the relation, in words; a kind that is not known here is shown as the server says it. */
function kindLabel(kind: string): string {
  switch (kind) {
    case 'table':
      return t('discovery.kind.table', 'table');
    case 'partitioned table':
      return t('discovery.kind.partitioned-table', 'partitioned table');
    case 'view':
      return t('discovery.kind.view', 'view');
    case 'materialized view':
      return t('discovery.kind.materialized-view', 'materialized view');
    case 'foreign table':
      return t('discovery.kind.foreign-table', 'foreign table');
    default:
      return kind;
  }
}

function roleLabel(role: string): string {
  switch (role) {
    case 'orders':
      return t('discovery.role.orders', 'orders');
    case 'lines':
      return t('discovery.role.lines', 'order lines');
    case 'carts':
      return t('discovery.role.carts', 'carts');
    case 'payments':
      return t('discovery.role.payments', 'payments');
    case 'invoices':
      return t('discovery.role.invoices', 'invoices');
    case 'shipments':
      return t('discovery.role.shipments', 'shipments');
    case 'refunds':
      return t('discovery.role.refunds', 'refunds');
    case 'customers':
      return t('discovery.role.customers', 'customers');
    case 'processes':
      return t('discovery.role.processes', 'processes');
    default:
      return t('discovery.role.other', 'other');
  }
}
