import { useMemo, useState } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Button, Combobox, Field, Grid, IconButton, Input, MultiCombobox, Stack, Text } from '@grafana/ui';

import { changeModes, freeName, type CatalogDraft, type ChangeMode, type TableDraft } from '../catalogDraft';
import type { Relation } from '../server';
import { ColumnInput } from './ColumnInput';
import { putTable } from './edits';
import { EntryDrawer, entryProblems } from './EntryDrawer';
import { withKey } from './fields';
import { columnsOf } from './useRelations';

interface Props {
  catalog: CatalogDraft;
  /** The table to edit; a new one where there is no name. */
  former?: string;
  relations: Relation[];
  onDone: (catalog: CatalogDraft) => void;
  onClose: () => void;
}

const id = 'live-orders-table';

/** A table, with its dimensions. */
export function TableForm({ catalog, former, relations, onDone, onClose }: Props) {
  const [name, setName] = useState(former ?? '');
  const [table, setTable] = useState<TableDraft>(() => catalog.tables[former ?? ''] ?? { relation: '' });
  const set = <Key extends keyof TableDraft>(key: Key, value: TableDraft[Key] | undefined) =>
    setTable((before) => withKey(before, key, value));

  const draft = useMemo(() => putTable(catalog, former, name, table), [catalog, former, name, table]);
  const problems = useMemo(
    () => entryProblems(draft, `tables.${name}`, name !== former && name in catalog.tables),
    [draft, name, former, catalog]
  );
  const columns = columnsOf(relations, table.relation);
  const dimensions = Object.entries(table.dimensions ?? {});
  const setDimensions = (entries: typeof dimensions) =>
    set('dimensions', entries.length > 0 ? Object.fromEntries(entries) : undefined);
  const change = (at: number, entry: (typeof dimensions)[number]) =>
    setDimensions(dimensions.map((old, n) => (n === at ? entry : old)));

  return (
    <EntryDrawer
      title={former === undefined ? t('form.table.new', 'New table') : t('form.table.edit', 'Edit the table')}
      problems={name === '' ? [t('form.name-missing', 'A name is missing')] : problems}
      onDone={() => onDone(draft)}
      onClose={onClose}
    >
      <Grid columns={2} gap={2}>
        <Field
          noMargin
          required
          label={t('form.relation.label', 'Table or view')}
          description={t('form.relation.description', 'In the store, with its schema')}
        >
          <Combobox
            id={`${id}-relation`}
            options={relations.map(({ relation, kind, comment }) => ({
              value: relation,
              description: comment ? `${kind} · ${comment}` : kind,
            }))}
            value={table.relation || null}
            createCustomValue
            onChange={({ value }) => {
              setTable({ ...table, relation: value });
              if (name === '') {
                const plain = value.slice(value.lastIndexOf('.') + 1).replaceAll(/\W/g, '');
                setName(freeName(plain.toLowerCase() || 'table', (taken) => taken in catalog.tables));
              }
            }}
          />
        </Field>
        <Field
          noMargin
          required
          label={t('form.name.label', 'Name')}
          description={t('form.table-name.description', 'Under which this catalog knows it')}
        >
          <Input id={`${id}-name`} value={name} onChange={(event) => setName(event.currentTarget.value.trim())} />
        </Field>
        <ColumnInput
          id={`${id}-time`}
          label={t('form.time.label', 'Event time')}
          description={t('form.table-time.description', 'The column for metrics that name no other')}
          takes="time"
          columns={columns}
          value={table.time}
          onChange={(time) => set('time', time)}
        />
        <ColumnInput
          id={`${id}-where`}
          label={t('form.where.label', 'Only rows where')}
          description={t('form.where.description', 'A SQL condition; empty for all rows')}
          takes="expression"
          columns={columns}
          value={table.where}
          onChange={(where) => set('where', where)}
        />
        <Field
          noMargin
          label={t('form.changes.label', 'Changes')}
          description={t('form.changes.description', 'How it is known which rows changed')}
        >
          <Combobox<ChangeMode>
            id={`${id}-changes`}
            options={changeModes
              .filter((mode) => mode === 'none' || mode === 'log' || mode === table.changes?.mode)
              .map((value) => ({ value, description: modeDescription(value) }))}
            value={table.changes?.mode ?? 'none'}
            onChange={({ value }) => set('changes', value === 'none' ? undefined : { mode: value })}
          />
        </Field>
      </Grid>
      <Field
        noMargin
        label={t('form.records.label', 'Columns of records')}
        description={t('form.records.description', 'What a drill-down to rows may show; none, no rows')}
      >
        <MultiCombobox
          id={`${id}-records`}
          width={66}
          options={[...new Set([...(table.records ?? []), ...columns.map((column) => column.name)])].map((value) => ({
            value,
          }))}
          value={table.records ?? []}
          createCustomValue
          onChange={(chosen) =>
            set(
              'records',
              chosen.map(({ value }) => value)
            )
          }
        />
      </Field>
      <Text element="h5">
        <Trans i18nKey="form.dimensions">Dimensions</Trans>
      </Text>
      {dimensions.map(([key, dimension], at) => (
        <Stack key={at} gap={1} alignItems="flex-end">
          <Grid columns={3} gap={1}>
            <Field noMargin required label={t('form.dimension.name', 'Name')}>
              <Input
                id={`${id}-dimension-${at}-name`}
                value={key}
                onChange={(event) => {
                  const renamed = event.currentTarget.value.trim();
                  if (!dimensions.some(([other], n) => n !== at && other === renamed)) {
                    change(at, [renamed, dimension]);
                  }
                }}
              />
            </Field>
            <ColumnInput
              id={`${id}-dimension-${at}-column`}
              label={t('form.dimension.column', 'Column or SQL expression')}
              description=""
              required
              takes="expression"
              columns={columns}
              value={dimension.column || undefined}
              onChange={(column = '') => change(at, [key, { ...dimension, column }])}
            />
            <Field noMargin label={t('form.label.label', 'Label')}>
              <Input
                id={`${id}-dimension-${at}-label`}
                value={dimension.label ?? ''}
                onChange={(event) => change(at, [key, withKey(dimension, 'label', event.currentTarget.value)])}
              />
            </Field>
          </Grid>
          <IconButton
            name="trash-alt"
            aria-label={t('form.dimension.remove', 'Remove the dimension {{name}}', { name: key })}
            onClick={() => setDimensions(dimensions.filter((_, n) => n !== at))}
          />
        </Stack>
      ))}
      <div>
        <Button
          variant="secondary"
          size="sm"
          icon="plus"
          onClick={() => {
            const added = freeName('dimension', (taken) => taken in (table.dimensions ?? {}));
            setDimensions([...dimensions, [added, { column: '' }]]);
          }}
        >
          <Trans i18nKey="form.dimension.add">Add a dimension</Trans>
        </Button>
      </div>
    </EntryDrawer>
  );
}

function modeDescription(mode: ChangeMode): string {
  switch (mode) {
    case 'none':
      return t('form.changes.none', 'Nothing is promised: answers are computed live');
    case 'log':
      return t('form.changes.log', 'A change log in the store, which a DBA installs: numbers are kept and exact');
    case 'updated_at':
      return t('form.changes.updated-at', 'A column that every insert and update sets');
    case 'append_only':
      return t('form.changes.append-only', 'Rows are only ever inserted');
  }
}
