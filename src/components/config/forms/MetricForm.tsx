import { useMemo, useState } from 'react';

import { t } from '@grafana/i18n';
import { Alert, Box, Combobox, Field, Grid, Input, TextArea, UnitPicker } from '@grafana/ui';

import { metricTypes, type MetricType } from '../../../types';
import { typeLabel } from '../../query/labels';
import type { CatalogDraft, MetricDraft } from '../catalogDraft';
import { MetricNumber } from '../MetricNumber';
import type { Relation } from '../server';
import { usePreviews } from '../usePreviews';
import { ColumnInput } from './ColumnInput';
import { putMetric } from './edits';
import { EntryDrawer, entryProblems } from './EntryDrawer';
import { asType, columnFields, withKey } from './fields';
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
  const problems = useMemo(
    () => entryProblems(draft, `metrics.${name}`, name !== former && name in catalog.metrics),
    [draft, name, former, catalog]
  );
  const names = useMemo(() => [name], [name]);
  const previews = usePreviews(uid, draft, names, connected && problems.length === 0);
  const shown = previews.byName.get(name);

  const columns = columnsOf(relations, catalog.tables[metric.table ?? '']?.relation);
  const parts = Object.keys(catalog.metrics)
    .filter((key) => ['counter', 'gauge', 'distinct'].includes(catalog.metrics[key]?.type ?? ''))
    .map((value) => ({ value, label: catalog.metrics[value]?.label ?? value }));

  return (
    <EntryDrawer
      title={former === undefined ? t('form.metric.new', 'New metric') : t('form.metric.edit', 'Edit the metric')}
      problems={name === '' ? [t('form.name-missing', 'A name is missing')] : problems}
      onDone={() => onDone(draft)}
      onClose={onClose}
    >
      <Grid columns={2} gap={2}>
        <Field
          noMargin
          required
          label={t('form.name.label', 'Name')}
          description={t('form.name.description', 'What queries ask for: letters, digits and underscores')}
        >
          <Input id={`${id}-name`} value={name} onChange={(event) => setName(event.currentTarget.value.trim())} />
        </Field>
        <Field noMargin required label={t('form.type.label', 'Type')} description={typeLabel(metric.type).description}>
          <Combobox<MetricType>
            id={`${id}-type`}
            options={metricTypes.map((value) => ({ value, ...typeLabel(value) }))}
            value={metric.type}
            onChange={({ value }) => setMetric(asType(metric, value))}
          />
        </Field>
        <Field
          noMargin
          required
          label={t('form.help.label', 'Meaning')}
          description={t('form.help.description', 'A sentence that everybody understands')}
        >
          <TextArea
            id={`${id}-help`}
            rows={2}
            value={metric.help}
            onChange={(event) => set('help', event.currentTarget.value)}
          />
        </Field>
        <Field
          noMargin
          label={t('form.label.label', 'Label')}
          description={t('form.label.description', 'What editors and legends show')}
        >
          <Input
            id={`${id}-label`}
            value={metric.label ?? ''}
            onChange={(event) => set('label', event.currentTarget.value)}
          />
        </Field>
        {metric.type === 'ratio' ? (
          <>
            <Field
              noMargin
              required
              label={t('form.numerator.label', 'Divide')}
              description={t('form.numerator.description', 'A counter, gauge or distinct count')}
            >
              <Combobox
                id={`${id}-numerator`}
                options={parts}
                value={metric.numerator ?? null}
                onChange={({ value }) => set('numerator', value)}
              />
            </Field>
            <Field
              noMargin
              required
              label={t('form.denominator.label', 'By')}
              description={t('form.denominator.description', 'Both are summed first and divided then')}
            >
              <Combobox
                id={`${id}-denominator`}
                options={parts}
                value={metric.denominator ?? null}
                onChange={({ value }) => set('denominator', value)}
              />
            </Field>
          </>
        ) : (
          <Field
            noMargin
            required
            label={t('form.table.label', 'Table')}
            description={t('form.table.description', 'Of this catalog, with the rows to count')}
          >
            <Combobox
              id={`${id}-table`}
              options={Object.entries(catalog.tables).map(([value, { relation }]) => ({
                value,
                description: relation,
              }))}
              value={metric.table ?? null}
              onChange={({ value }) => set('table', value)}
            />
          </Field>
        )}
        {columnFields(metric.type).map(({ key, label, description, required, takes }) => (
          <ColumnInput
            key={key}
            id={`${id}-${key}`}
            label={label}
            description={description}
            required={required}
            takes={takes}
            columns={columns}
            value={metric[key]}
            onChange={(value) => set(key, value)}
          />
        ))}
        {metric.type === 'summary' && (
          <Field
            noMargin
            label={t('form.quantiles.label', 'Quantiles')}
            description={t('form.quantiles.description', 'Between 0 and 1, separated by commas')}
          >
            <Input
              id={`${id}-quantiles`}
              key={former}
              defaultValue={metric.quantiles?.join(', ')}
              placeholder={standardQuantiles}
              onChange={(event) => set('quantiles', numbers(event.currentTarget.value))}
            />
          </Field>
        )}
        <Field
          noMargin
          label={t('form.unit.label', 'Unit')}
          description={t('form.unit.description', 'How its numbers are written')}
        >
          <UnitPicker id={`${id}-unit`} value={metric.unit} onChange={(unit) => set('unit', unit)} />
        </Field>
        <Field
          noMargin
          label={t('form.decimals.label', 'Decimals')}
          description={t('form.decimals.description', 'How many are shown; empty for what fits')}
        >
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
        </Field>
      </Grid>
      {connected && problems.length === 0 && (
        <Box padding={2} borderStyle="solid" borderColor="weak" borderRadius="default">
          {previews.failure === undefined ? (
            <MetricNumber preview={shown} unit={metric.unit} decimals={metric.decimals} />
          ) : (
            <Alert severity="error" title={t('form.no-preview', 'The preview could not be computed')} bottomSpacing={0}>
              {previews.failure}
            </Alert>
          )}
          {shown?.error}
        </Box>
      )}
    </EntryDrawer>
  );
}

function numbers(text: string): number[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
}
