import { t, Trans } from '@grafana/i18n';
import { Badge, Box, Checkbox, Stack, Text } from '@grafana/ui';

import type { CatalogDraft, DimensionDraft, MetricDraft } from '../catalogDraft';
import type { MetricPreview } from '../server';
import { hasTable, standing, type Change, type Choice, type Choices } from './choices';
import { proposedName, type Item, type Proposal, type TableItem } from './proposal';
import { ProposedItem } from './ProposedItem';
import { kindLabel, roleLabel } from './relationLabels';
import { written } from './sentences';

interface Props {
  table: TableItem;
  metrics: Array<Item<MetricDraft>>;
  dimensions: Array<Item<DimensionDraft>>;
  proposal: Proposal;
  catalog: CatalogDraft | undefined;
  choices: Choices;
  misnamed: Set<string>;
  previews: ReadonlyMap<string, MetricPreview>;
  onChange: (change: Change) => void;
}

/** A table that was found, with what may be counted and grouped by. */
export function ProposedTable(props: Props) {
  const { table, metrics, dimensions, proposal, catalog, choices, misnamed, previews, onChange } = props;
  const inCatalog = hasTable(table.path, choices, catalog);
  const { relation, time } = table.value;
  const item = (of: Item<MetricDraft> | Item<DimensionDraft>) => ({
    item: of,
    choice: choices[of.path] as Choice,
    standing: standing(of, proposal, choices, catalog),
    invalid: misnamed.has(of.path),
    onAccept: (accepted: boolean) => onChange({ path: of.path, accepted }),
    onChoose: ({ name, label, unit }: Choice) => onChange({ path: of.path, shown: { name, label, unit } }),
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
              onChange={(event) => onChange({ path: table.path, accepted: event.currentTarget.checked })}
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
            {written(table.reasons)}
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
