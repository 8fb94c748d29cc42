import { useMemo, useState } from 'react';

import { t } from '@grafana/i18n';
import { Stack, TextArea } from '@grafana/ui';

import { SteadyMultiCombobox } from '../../steady';
import type { AnnotationDraft, CatalogDraft } from '../catalogDraft';
import { EventCount } from '../EventCount';
import { LatestEvents } from '../LatestEvents';
import type { Relation } from '../server';
import { usePreviews } from '../usePreviews';
import { ColumnInput } from './ColumnInput';
import { putAnnotation } from './edits';
import { useEntry } from './entry';
import { EntryField, NameField, TextField } from './EntryField';
import { EntryFrame } from './EntryFrame';
import { withKey } from './fields';
import { PreviewBox } from './PreviewBox';
import { TableInput } from './TableInput';
import { columnsOf } from './useRelations';

interface Props {
  uid: string;
  catalog: CatalogDraft;
  /** The annotation to edit; a new one where there is no name. */
  former?: string;
  relations: Relation[];
  /** Whether the store can be asked for previews. */
  connected: boolean;
  onDone: (catalog: CatalogDraft) => void;
  onClose: () => void;
}

const id = 'live-orders-annotation';

/** Rows of a table as events: what names them, and how long they last. */
export function AnnotationForm({ uid, catalog, former, relations, connected, onDone, onClose }: Props) {
  const [name, setName] = useState(former ?? '');
  const [annotation, setAnnotation] = useState<AnnotationDraft>(
    () => catalog.annotations?.[former ?? ''] ?? { table: Object.keys(catalog.tables)[0] ?? '', title: '', help: '' }
  );
  const set = <Key extends keyof AnnotationDraft>(key: Key, value: AnnotationDraft[Key] | undefined) =>
    setAnnotation((before) =>
      key === 'help' || key === 'title' ? { ...before, [key]: value ?? '' } : withKey(before, key, value)
    );

  const draft = useMemo(() => putAnnotation(catalog, former, name, annotation), [catalog, former, name, annotation]);
  const entry = useEntry({ section: 'annotations', catalog, former, name, draft, relations });
  const names = useMemo(() => [name], [name]);
  const previews = usePreviews('annotations', uid, draft, names, connected && entry.problems.length === 0);
  const shown = previews.byName.get(name);

  const table = catalog.tables[annotation.table];
  const columns = columnsOf(relations, table?.relation);
  const dimensions = Object.entries(table?.dimensions ?? {}).map(([value, { label }]) => ({ value, label }));
  const tags = annotation.tags ?? [];

  return (
    <EntryFrame
      title={
        former === undefined
          ? t('form.annotation.new', 'New annotation')
          : t('form.annotation.edit', 'Edit the annotation')
      }
      entry={entry}
      onDone={() => onDone(draft)}
      onClose={onClose}
      more={{
        keys: ['label', 'owner'],
        fields: (
          <>
            <TextField
              id={`${id}-label`}
              of="label"
              description={t('form.annotation-label.description', 'What editors show')}
              value={annotation.label}
              onChange={(label) => set('label', label)}
            />
            <TextField
              id={`${id}-owner`}
              of="owner"
              description={t('form.annotation-owner.description', 'The people to ask about these events')}
              value={annotation.owner}
              onChange={(owner) => set('owner', owner)}
            />
          </>
        ),
      }}
      preview={
        connected && (
          <PreviewBox failure={previews.failure} error={shown?.error}>
            <Stack direction="column" gap={1}>
              <EventCount preview={shown} inLine />
              {shown && <LatestEvents preview={shown} timeZone={catalog.timezone} />}
            </Stack>
          </PreviewBox>
        )
      }
    >
      <NameField
        id={`${id}-name`}
        description={t('form.name.description', 'Letters, digits and underscores')}
        value={name}
        onChange={setName}
      />
      <TableInput
        id={`${id}-table`}
        description={t('form.annotation-table.description', 'Of this catalog, with a row for each event')}
        catalog={catalog}
        value={annotation.table}
        onChange={(chosen) => set('table', chosen)}
      />
      <EntryField of="help" required description={t('form.help.description', 'A sentence that everybody understands')}>
        <TextArea
          id={`${id}-help`}
          rows={2}
          value={annotation.help}
          onChange={(event) => set('help', event.currentTarget.value)}
        />
      </EntryField>
      <ColumnInput
        id={`${id}-title`}
        of="title"
        required
        description={t('form.title.description', 'Column or SQL expression that names an event')}
        takes="expression"
        columns={columns}
        value={annotation.title === '' ? undefined : annotation.title}
        onChange={(title) => set('title', title)}
      />
      <ColumnInput
        id={`${id}-time`}
        of="time"
        description={t('form.annotation-time.description', 'The column with the time of the event')}
        takes="time"
        columns={columns}
        placeholder={table?.time}
        value={annotation.time}
        onChange={(time) => set('time', time)}
      />
      <ColumnInput
        id={`${id}-end`}
        of="end"
        description={t('form.end.description', 'The column with its end; empty for instants')}
        takes="time"
        columns={columns}
        value={annotation.end}
        onChange={(end) => set('end', end)}
      />
      <ColumnInput
        id={`${id}-text`}
        of="text"
        description={t('form.text.description', 'Column or SQL expression that says more')}
        takes="expression"
        columns={columns}
        value={annotation.text}
        onChange={(text) => set('text', text)}
      />
      <EntryField of="tags" description={t('form.tags.description', 'Dimensions whose values become tags')}>
        <SteadyMultiCombobox
          id={`${id}-tags`}
          options={[
            ...dimensions,
            ...tags.filter((tag) => !(tag in (table?.dimensions ?? {}))).map((value) => ({ value })),
          ]}
          value={tags}
          onChange={(chosen) =>
            set(
              'tags',
              chosen.map(({ value }) => value)
            )
          }
        />
      </EntryField>
      <ColumnInput
        id={`${id}-where`}
        of="where"
        description={t('form.annotation-where.description', 'A SQL condition: only such rows are events')}
        takes="expression"
        columns={columns}
        value={annotation.where}
        onChange={(where) => set('where', where)}
      />
    </EntryFrame>
  );
}
