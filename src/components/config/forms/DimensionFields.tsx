import { useState } from 'react';

import { t } from '@grafana/i18n';
import { Box, Grid, IconButton, Input, Stack } from '@grafana/ui';

import type { DimensionDraft } from '../catalogDraft';
import type { RelationColumn } from '../server';
import { ColumnInput } from './ColumnInput';
import { EntryField, TextField } from './EntryField';
import { columnLabel, keyLabel, withKey } from './fields';
import { hasLongLines, LinesInput } from './LinesInput';

/** A dimension of a table that is edited. */
export interface EditedDimension {
  /** The name that it had; absent for a new one. */
  former?: string;
  name: string;
  value: DimensionDraft;
}

interface Props {
  id: string;
  dimension: EditedDimension;
  columns: RelationColumn[];
  onChange: (dimension: EditedDimension) => void;
  onRemove: () => void;
}

/** A dimension: what is grouped by, and which groups exist without rows. */
export function DimensionFields({ id, dimension, columns, onChange, onRemove }: Props) {
  const { name, value } = dimension;
  const [isOpen, setOpen] = useState(value.values !== undefined || value.lookback !== undefined);
  const path = `dimensions.${name}`;
  const set = <Key extends keyof DimensionDraft>(key: Key, to: DimensionDraft[Key] | undefined) =>
    onChange({ ...dimension, value: key === 'column' ? { ...value, column: to as string } : withKey(value, key, to) });
  const named = { name, interpolation: { escapeValue: false } };

  return (
    <Box
      element="section"
      aria-label={t('form.dimension.title', 'Dimension {{name}}', named)}
      borderStyle="solid"
      borderColor="weak"
      borderRadius="default"
      padding={1}
    >
      <Stack gap={1} alignItems="flex-start">
        <Stack direction="column" gap={1} flex={1}>
          <Grid columns={3} gap={1}>
            <EntryField of={path} label={t('form.name.label', 'Name')} required>
              <Input
                id={`${id}-name`}
                value={name}
                onChange={(event) => onChange({ ...dimension, name: event.currentTarget.value.trim() })}
              />
            </EntryField>
            <ColumnInput
              id={`${id}-column`}
              of={`${path}.column`}
              label={columnLabel()}
              required
              takes="expression"
              columns={columns}
              value={value.column || undefined}
              onChange={(column = '') => set('column', column)}
            />
            <TextField
              id={`${id}-label`}
              of={`${path}.label`}
              label={keyLabel('label')}
              value={value.label}
              onChange={(label) => set('label', label)}
            />
          </Grid>
          {isOpen && (
            <Grid columns={2} gap={1}>
              <EntryField
                of={`${path}.values`}
                label={keyLabel('values')}
                description={
                  hasLongLines(value.values)
                    ? t('form.values.yaml-only', 'One of them has a line break: change them in the YAML of the catalog')
                    : t('form.values.description', 'Groups that are shown without rows too, one on each line')
                }
              >
                <LinesInput id={`${id}-values`} value={value.values} onChange={(values) => set('values', values)} />
              </EntryField>
              <TextField
                id={`${id}-lookback`}
                of={`${path}.lookback`}
                label={keyLabel('lookback')}
                description={t('form.lookback.description', 'Groups seen that long before are shown too, such as 7d')}
                value={value.lookback}
                onChange={(lookback) => set('lookback', lookback.trim())}
              />
            </Grid>
          )}
        </Stack>
        <Stack direction="column" gap={1}>
          <IconButton
            name={isOpen ? 'angle-down' : 'angle-right'}
            aria-expanded={isOpen}
            tooltip={t('form.dimension.more', 'Groups without rows of {{name}}', named)}
            onClick={() => setOpen(!isOpen)}
          />
          <IconButton
            name="trash-alt"
            aria-label={t('form.dimension.remove', 'Remove the dimension {{name}}', named)}
            onClick={onRemove}
          />
        </Stack>
      </Stack>
    </Box>
  );
}
