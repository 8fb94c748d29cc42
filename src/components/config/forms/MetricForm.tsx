import { useMemo, useState } from 'react';

import { t } from '@grafana/i18n';
import { Input, TextArea, UnitPicker } from '@grafana/ui';

import { metricTypes, type MetricType } from '../../../types';
import { typeLabel } from '../../query/labels';
import { SteadyCombobox } from '../../steady';
import type { CatalogDraft, MetricDraft } from '../catalogDraft';
import { MetricNumber } from '../MetricNumber';
import type { Relation } from '../server';
import { usePreviews } from '../usePreviews';
import { ColumnInput } from './ColumnInput';
import { putMetric } from './edits';
import { useEntry } from './entry';
import { EntryField, NameField, TextField } from './EntryField';
import { EntryFrame } from './EntryFrame';
import { asType, columnFields, withKey } from './fields';
import { LinesInput } from './LinesInput';
import { PreviewBox } from './PreviewBox';
import { TableInput } from './TableInput';
import { columnsOf } from './useRelations';

interface Props {
  uid: string;
  catalog: CatalogDraft;
  /** The metric to edit; a new one where there is no name. */
  former?: string;
  relations: Relation[];
  /** Whether the store can be asked for previews. */
  connected: boolean;
  onDone: (catalog: CatalogDraft) => void;
  onClose: () => void;
}

const id = 'live-orders-metric';
const standardQuantiles = '0.5, 0.9, 0.95, 0.99';

/** A metric, with the fields of its type and what it shows. */
export function MetricForm({ uid, catalog, former, relations, connected, onDone, onClose }: Props) {
  const [name, setName] = useState(former ?? '');
  const [metric, setMetric] = useState<MetricDraft>(
    () => catalog.metrics[former ?? ''] ?? { type: 'counter', table: Object.keys(catalog.tables)[0], help: '' }
  );
  const set = <Key extends keyof MetricDraft>(key: Key, value: MetricDraft[Key] | undefined) =>
    setMetric((before) => (key === 'help' ? { ...before, [key]: value } : withKey(before, key, value)));

  const draft = useMemo(() => putMetric(catalog, former, name, metric), [catalog, former, name, metric]);
  const entry = useEntry({ section: 'metrics', catalog, former, name, draft, relations });
  const isRight = entry.problems.length === 0;
  const names = useMemo(() => [name], [name]);
  const previews = usePreviews('metrics', uid, draft, names, connected && isRight);
  const shown = previews.byName.get(name);

  const table = catalog.tables[metric.table ?? ''];
  const columns = columnsOf(relations, table?.relation);
  const parts = Object.keys(catalog.metrics)
    .filter((key) => key !== former && ['counter', 'gauge', 'distinct'].includes(catalog.metrics[key]?.type ?? ''))
    .map((value) => ({ value, label: catalog.metrics[value]?.label ?? value }));

  return (
    <EntryFrame
      title={former === undefined ? t('form.metric.new', 'New metric') : t('form.metric.edit', 'Edit the metric')}
      entry={entry}
      onDone={() => onDone(draft)}
      onClose={onClose}
      more={{
        keys: ['owner', 'aliases'],
        fields: (
          <>
            <TextField
              id={`${id}-owner`}
              of="owner"
              description={t('form.metric-owner.description', 'The people to ask about this metric')}
              value={metric.owner}
              onChange={(owner) => set('owner', owner)}
            />
            <EntryField
              of="aliases"
              description={t('form.aliases.description', 'Former names and the like, one on each line')}
            >
              <LinesInput
                id={`${id}-aliases`}
                value={metric.aliases}
                onChange={(lines) =>
                  set(
                    'aliases',
                    lines?.map((line) => line.trim())
                  )
                }
              />
            </EntryField>
          </>
        ),
      }}
      preview={
        connected && (
          <PreviewBox failure={previews.failure} error={shown?.error}>
            <MetricNumber alone preview={shown} unit={metric.unit} decimals={metric.decimals} />
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
      <EntryField of="type" required description={typeLabel(metric.type).description}>
        <SteadyCombobox<MetricType>
          id={`${id}-type`}
          options={metricTypes.map((value) => ({ value, ...typeLabel(value) }))}
          value={metric.type}
          onChange={({ value }) => setMetric(asType(metric, value))}
        />
      </EntryField>
      <EntryField of="help" required description={t('form.help.description', 'A sentence that everybody understands')}>
        <TextArea
          id={`${id}-help`}
          rows={2}
          value={metric.help}
          onChange={(event) => set('help', event.currentTarget.value)}
        />
      </EntryField>
      <TextField
        id={`${id}-label`}
        of="label"
        description={t('form.label.description', 'What editors and legends show')}
        value={metric.label}
        onChange={(label) => set('label', label)}
      />
      {metric.type === 'ratio' ? (
        <>
          <EntryField
            of="numerator"
            required
            description={t('form.numerator.description', 'A counter, gauge or distinct count')}
          >
            <SteadyCombobox
              id={`${id}-numerator`}
              options={parts}
              value={metric.numerator ?? null}
              onChange={({ value }) => set('numerator', value)}
            />
          </EntryField>
          <EntryField
            of="denominator"
            required
            description={t('form.denominator.description', 'Both are summed first and divided then')}
          >
            <SteadyCombobox
              id={`${id}-denominator`}
              options={parts}
              value={metric.denominator ?? null}
              onChange={({ value }) => set('denominator', value)}
            />
          </EntryField>
        </>
      ) : (
        <TableInput
          id={`${id}-table`}
          description={t('form.table.description', 'Of this catalog, with the rows to count')}
          catalog={catalog}
          value={metric.table}
          onChange={(table) => set('table', table)}
        />
      )}
      {columnFields(metric.type).map(({ key, description, required, takes }) => (
        <ColumnInput
          key={key}
          id={`${id}-${key}`}
          of={key}
          description={description}
          required={required}
          takes={takes}
          columns={columns}
          placeholder={key === 'time' ? table?.time : undefined}
          value={metric[key]}
          onChange={(value) => set(key, value)}
        />
      ))}
      {metric.type === 'summary' && (
        <EntryField
          of="quantiles"
          description={t('form.quantiles.description', 'Ascending from 0 to 1, separated by commas')}
        >
          <Input
            id={`${id}-quantiles`}
            key={former}
            defaultValue={metric.quantiles?.join(', ')}
            placeholder={standardQuantiles}
            onChange={(event) => set('quantiles', numbers(event.currentTarget.value))}
          />
        </EntryField>
      )}
      <EntryField of="unit" description={t('form.unit.description', 'How its numbers are written')}>
        <UnitPicker id={`${id}-unit`} value={metric.unit} onChange={(unit) => set('unit', unit)} />
      </EntryField>
      <EntryField of="decimals" description={t('form.decimals.description', 'How many are shown; empty for what fits')}>
        <Input
          id={`${id}-decimals`}
          type="number"
          min={0}
          max={20}
          value={metric.decimals ?? ''}
          onChange={(event) => {
            const text = event.currentTarget.value;
            set('decimals', text === '' ? undefined : Number(text));
          }}
        />
      </EntryField>
    </EntryFrame>
  );
}

function numbers(text: string): number[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
}
