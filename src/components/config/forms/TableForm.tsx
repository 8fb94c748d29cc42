import { useMemo, useState } from 'react';

import { t, Trans } from '@grafana/i18n';
import { Button, Stack, Text } from '@grafana/ui';

import { SteadyCombobox, SteadyMultiCombobox } from '../../steady';
import {
  changeModes,
  freeName,
  sameRelation,
  type CatalogDraft,
  type ChangeMode,
  type ChangesDraft,
  type TableDraft,
} from '../catalogDraft';
import type { Relation } from '../server';
import { TimeZoneInput } from '../TimeZoneInput';
import { zoneDoubt } from '../timeZones';
import { ColumnInput } from './ColumnInput';
import { DimensionFields, type EditedDimension } from './DimensionFields';
import { putTable } from './edits';
import { useEntry } from './entry';
import { EntryField, NameField, TextField } from './EntryField';
import { EntryFrame } from './EntryFrame';
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
const exampleLink = 'https://shop.example/orders/{id}';

/** A table, with its dimensions. */
export function TableForm({ catalog, former, relations, onDone, onClose }: Props) {
  const [name, setName] = useState(former ?? '');
  const [keys, setKeys] = useState<TableDraft>(() => catalog.tables[former ?? ''] ?? { relation: '' });
  const [dimensions, setDimensions] = useState<Listed[]>(() =>
    Object.entries(keys.dimensions ?? {}).map(([key, value], n) => ({ at: n, former: key, name: key, value }))
  );
  const set = <Key extends keyof TableDraft>(key: Key, value: TableDraft[Key] | undefined) =>
    setKeys((before) => withKey(before, key, value));

  const table = useMemo(
    () =>
      withKey(
        keys,
        'dimensions',
        dimensions.length > 0 ? Object.fromEntries(dimensions.map((one) => [one.name, one.value])) : undefined
      ),
    [keys, dimensions]
  );
  const draft = useMemo(() => {
    const renamed = dimensions.flatMap((one): Array<[string, string]> =>
      one.former === undefined || one.former === one.name ? [] : [[one.former, one.name]]
    );
    return putTable(catalog, former, name, table, new Map(renamed));
  }, [catalog, former, name, table, dimensions]);
  const checked = useEntry({ section: 'tables', catalog, former, name, draft, relations });
  const entry = useMemo(() => {
    const names = dimensions.map((one) => one.name);
    const twice = names.filter((one, n) => names.indexOf(one) !== n);
    const problems = twice.map((one) => ({
      key: `dimensions.${one}`,
      place: one,
      message: t('form.name-taken', 'The name is taken'),
      inField: true,
    }));
    return { ...checked, problems: [...problems, ...checked.problems] };
  }, [checked, dimensions]);

  const columns = columnsOf(relations, table.relation);
  const isView = relations.some(({ relation, kind }) => kind === 'view' && sameRelation(relation, table.relation));
  const mode = table.changes?.mode ?? 'none';
  const setChanges = (changes: ChangesDraft) => set('changes', changes);

  return (
    <EntryFrame
      title={former === undefined ? t('form.table.new', 'New table') : t('form.table.edit', 'Edit the table')}
      entry={entry}
      onDone={() => onDone(draft)}
      onClose={onClose}
      wide={
        <>
          <EntryField
            of="records"
            description={t('form.records.description', 'What a drill-down to rows may show; none, no rows')}
          >
            <SteadyMultiCombobox
              id={`${id}-records`}
              options={[...new Set([...(table.records ?? []), ...columns.map((column) => column.name)])].map(
                (value) => ({ value })
              )}
              value={table.records ?? []}
              createCustomValue
              isClearable
              onChange={(chosen) =>
                set(
                  'records',
                  chosen.map(({ value }) => value)
                )
              }
            />
          </EntryField>
          <Text element="h5">
            <Trans i18nKey="form.dimensions">Dimensions</Trans>
          </Text>
          {dimensions.map((dimension) => (
            <DimensionFields
              key={dimension.at}
              id={`${id}-dimension-${dimension.at}`}
              dimension={dimension}
              columns={columns}
              onChange={(changed) =>
                setDimensions((before) => before.map((one) => (one === dimension ? { ...one, ...changed } : one)))
              }
              onRemove={() => setDimensions((before) => before.filter((one) => one !== dimension))}
            />
          ))}
          <Stack>
            <Button
              variant="secondary"
              size="sm"
              icon="plus"
              onClick={() =>
                setDimensions((before) => [
                  ...before,
                  {
                    at: Math.max(-1, ...before.map(({ at }) => at)) + 1,
                    name: freeName('dimension', (taken) => before.some((one) => one.name === taken)),
                    value: { column: '' },
                  },
                ])
              }
            >
              <Trans i18nKey="form.dimension.add">Add a dimension</Trans>
            </Button>
          </Stack>
        </>
      }
      more={{
        keys: ['link', 'timezone', 'owner'],
        fields: (
          <>
            <TextField
              id={`${id}-link`}
              of="link"
              description={t('form.link.description', 'A URL with columns of records in braces')}
              placeholder={exampleLink}
              value={table.link}
              onChange={(link) => set('link', link.trim())}
            />
            <EntryField
              of="timezone"
              doubt={zoneDoubt(table.timezone)}
              description={t('form.table-timezone.description', 'Of its timestamps without time zone')}
            >
              <TimeZoneInput
                id={`${id}-timezone`}
                value={table.timezone}
                placeholder={catalog.timezone}
                onClear={() => set('timezone', undefined)}
                onChange={(zone) => set('timezone', zone)}
              />
            </EntryField>
            <TextField
              id={`${id}-owner`}
              of="owner"
              description={t('form.table-owner.description', 'The people to ask about this table')}
              value={table.owner}
              onChange={(owner) => set('owner', owner)}
            />
          </>
        ),
      }}
    >
      <EntryField of="relation" required description={t('form.relation.description', 'In the store, with its schema')}>
        <SteadyCombobox
          id={`${id}-relation`}
          options={relationOptions(relations)}
          value={table.relation || null}
          createCustomValue
          onChange={({ value }) => {
            setKeys({ ...keys, relation: value });
            if (name === '') {
              const plain = value.slice(value.lastIndexOf('.') + 1).replaceAll(/\W/g, '');
              setName(freeName(plain.toLowerCase() || 'table', (taken) => taken in catalog.tables));
            }
          }}
        />
      </EntryField>
      <NameField
        id={`${id}-name`}
        description={t('form.table-name.description', 'Under which this catalog knows it')}
        value={name}
        onChange={setName}
      />
      <ColumnInput
        id={`${id}-time`}
        of="time"
        description={t('form.table-time.description', 'The column for metrics that name no other')}
        takes="time"
        columns={columns}
        value={table.time}
        onChange={(time) => set('time', time)}
      />
      <ColumnInput
        id={`${id}-where`}
        of="where"
        description={t('form.where.description', 'A SQL condition; empty for all rows')}
        takes="expression"
        columns={columns}
        value={table.where}
        onChange={(where) => set('where', where)}
      />
      <EntryField of="changes" description={t('form.changes.description', 'How it is known which rows changed')}>
        <SteadyCombobox<ChangeMode>
          id={`${id}-changes`}
          options={changeModes.map((value) => ({ value, description: modeDescription(value) }))}
          value={mode}
          onChange={({ value }) => set('changes', withMode(table.changes, value))}
        />
      </EntryField>
      {table.changes?.mode === 'log' && (isView || table.changes.base !== undefined) && (
        <EntryField
          of="changes.base"
          description={t(
            'form.changes-base.description',
            'The table whose rows the view shows as they are, and whose change log serves both'
          )}
        >
          <SteadyCombobox
            id={`${id}-base`}
            options={relationOptions(relations.filter(({ kind }) => tableKinds.test(kind)))}
            value={table.changes.base ?? null}
            createCustomValue
            isClearable
            onChange={(option: { value: string } | null) =>
              setChanges(withKey(table.changes ?? { mode: 'log' }, 'base', option?.value))
            }
          />
        </EntryField>
      )}
      {table.changes?.mode === 'updated_at' && (
        <ColumnInput
          id={`${id}-changes-column`}
          of="changes.column"
          required
          description={t('form.changes-column.description', 'Which every insert and update sets to the current time')}
          takes="time"
          columns={columns}
          value={table.changes.column}
          onChange={(column) => setChanges(withKey(table.changes ?? { mode: 'updated_at' }, 'column', column))}
        />
      )}
      {(table.changes?.mode === 'updated_at' || table.changes?.mode === 'append_only') && (
        <TextField
          id={`${id}-lateness`}
          of="changes.lateness"
          description={
            table.changes.mode === 'append_only'
              ? t(
                  'form.lateness.append-only',
                  'How old the event time of a row may be when it is committed, such as 1h; empty for 0'
                )
              : t(
                  'form.lateness.updated-at',
                  "How far the clock that sets the column is behind the database's, such as 1m; empty for 0"
                )
          }
          value={table.changes.lateness}
          onChange={(lateness) => setChanges(withKey(table.changes ?? { mode: 'none' }, 'lateness', lateness.trim()))}
        />
      )}
    </EntryFrame>
  );
}

/** A dimension with a number of its own, by which its fields stay the same when others go. */
type Listed = EditedDimension & { at: number };

/** The kinds of relations that may have a change log. */
const tableKinds = /^(partitioned )?table$/;

function relationOptions(relations: Relation[]) {
  return relations.map(({ relation, kind, comment }) => ({
    value: relation,
    description: comment ? `${kind} · ${comment}` : kind,
  }));
}

/** The changes in another mode: they keep what it takes, and none needs no words. */
function withMode(changes: ChangesDraft | undefined, mode: ChangeMode): ChangesDraft | undefined {
  switch (mode) {
    case 'none':
      return undefined;
    case 'log':
      return { mode, ...(changes?.base !== undefined && { base: changes.base }) };
    case 'append_only':
      return { mode, ...(changes?.lateness !== undefined && { lateness: changes.lateness }) };
    case 'updated_at':
      return withKey({ ...changes, mode }, 'base', undefined);
  }
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
