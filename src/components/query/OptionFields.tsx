import { useId, useMemo } from 'react';

import { t } from '@grafana/i18n';
import { EditorField, EditorFieldGroup, EditorSwitch } from '@grafana/plugin-ui';

import type { Catalog, CatalogMetric } from '../../catalog';
import { effectiveView, offersExact, offersQuantiles, offersReduction, tidy } from '../../query';
import { partials, reductions, type Format, type OrdersQuery, type Partiality, type Reduction } from '../../types';
import { HelpedField } from '../HelpedField';
import { SteadyCombobox, SteadyMultiCombobox } from '../steady';
import { CommitInput } from './CommitInput';
import { formatLabel, isOffset, offsetLabel, partialLabel, reductionLabel, stepLabel } from './labels';
import { variableOptions } from './options';

interface Props {
  catalog: Catalog;
  metrics: CatalogMetric[];
  variables: string[];
  inAlert: boolean;
  query: OrdersQuery;
  onChange: (query: OrdersQuery) => void;
}

const usualOffsets = ['1h', '1d', '1w', '1M', '1Q', '1y'];
// What the server shows where none is chosen.
const usualQuantiles = [0.5, 0.9, 0.95, 0.99];
const offeredQuantiles = [0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.99, 0.999];

/** In which steps, beside which past, and in what shape. */
export function OptionFields({ catalog, metrics, variables, inAlert, query, onChange }: Props) {
  const id = useId();
  const view = effectiveView(query, metrics);
  const change = (part: Partial<OrdersQuery>) => onChange(tidy({ ...query, ...part }, metrics));

  const compare = query.compare ?? [];
  const wrongOffsets = compare.filter((offset) => !isOffset(offset) && !offset.includes('$'));
  const heatmap = view === 'heatmap';
  const offered: Format[] = ['time_series', 'table'];
  const steps = useMemo(
    () => [
      ...catalog.steps
        .filter((step) => step !== 'range' || !heatmap)
        .map((step) => ({ value: step, ...stepLabel(step) })),
      ...variableOptions(variables),
    ],
    [catalog, heatmap, variables]
  );

  return (
    <EditorFieldGroup>
      <EditorField label={t('query-editor.step.label', 'Step')} htmlFor={`${id}-step`}>
        <SteadyCombobox
          id={`${id}-step`}
          width={18}
          value={query.step ?? 'auto'}
          options={steps}
          onChange={({ value }) => change({ step: value })}
        />
      </EditorField>
      {offersReduction(query, metrics) ? (
        <HelpedField
          label={t('query-editor.reduce.label', 'Reduce')}
          htmlFor={`${id}-reduce`}
          help={t('query-editor.reduce.tooltip', 'How a gauge becomes one value for the whole range')}
        >
          <SteadyCombobox<Reduction>
            id={`${id}-reduce`}
            width={16}
            value={query.reduce ?? 'last'}
            options={reductions.map((reduction) => ({ value: reduction, ...reductionLabel(reduction) }))}
            onChange={({ value }) => change({ reduce: value })}
          />
        </HelpedField>
      ) : null}
      {offersQuantiles(view, metrics) ? (
        <EditorField label={t('query-editor.quantiles.label', 'Quantiles')} htmlFor={`${id}-quantiles`}>
          <SteadyMultiCombobox<number>
            id={`${id}-quantiles`}
            minWidth={30}
            maxWidth={60}
            value={query.quantiles ?? []}
            placeholder={usualQuantiles.join(', ')}
            options={offeredQuantiles.map((quantile) => ({
              value: quantile,
              label: String(quantile),
            }))}
            onChange={(options) => change({ quantiles: options.map(({ value }) => value).sort((a, b) => a - b) })}
          />
        </EditorField>
      ) : null}
      {offersExact(view, metrics) ? (
        <HelpedField
          label={t('query-editor.exact.label', 'Exact')}
          htmlFor={`${id}-exact`}
          help={t(
            'query-editor.exact.tooltip',
            'Lets the database compute the percentiles. Otherwise they are within 1 % and much cheaper.'
          )}
        >
          <EditorSwitch
            id={`${id}-exact`}
            value={query.exact ?? false}
            onChange={(event) => change({ exact: event.currentTarget.checked || undefined })}
          />
        </HelpedField>
      ) : null}
      {heatmap ? null : (
        <EditorField
          label={t('query-editor.compare.label', 'Compare with')}
          htmlFor={`${id}-compare`}
          invalid={wrongOffsets.length > 0}
          error={
            wrongOffsets.length > 0
              ? t('query-editor.compare.wrong', 'Write a whole number and s, m, h, d, w, M, Q or y, such as 2w')
              : undefined
          }
        >
          <SteadyMultiCombobox
            id={`${id}-compare`}
            minWidth={34}
            maxWidth={68}
            value={compare.map((offset) => ({ value: offset, label: offsetLabel(offset) }))}
            placeholder={t('query-editor.compare.placeholder', 'Nothing')}
            options={[
              ...usualOffsets.map((offset) => ({ value: offset, label: offsetLabel(offset), description: offset })),
              ...variableOptions(variables),
            ]}
            createCustomValue
            customValueDescription={t('query-editor.compare.custom', 'Number and unit, such as 2w')}
            invalid={wrongOffsets.length > 0}
            isClearable
            onChange={(options) => change({ compare: options.map(({ value }) => value) })}
          />
        </EditorField>
      )}
      <HelpedField
        label={t('query-editor.partial.label', 'Running step')}
        htmlFor={`${id}-partial`}
        help={t('query-editor.partial.tooltip', 'What becomes of the step that has not ended yet')}
      >
        <SteadyCombobox<Partiality>
          id={`${id}-partial`}
          width={24}
          value={query.partial ?? null}
          placeholder={partialLabel(inAlert ? 'drop' : 'keep').label}
          options={partials.map((partial) => ({ value: partial, ...partialLabel(partial) }))}
          isClearable
          onChange={(option) => change({ partial: option?.value })}
        />
      </HelpedField>
      {heatmap ? null : (
        <EditorField label={t('query-editor.format.label', 'Format')} htmlFor={`${id}-format`}>
          <SteadyCombobox<Format>
            id={`${id}-format`}
            width={20}
            value={query.format ?? offered[0]}
            options={offered.map((format) => ({ value: format, ...formatLabel(format) }))}
            onChange={({ value }) => change({ format: value === offered[0] ? undefined : value })}
          />
        </EditorField>
      )}
      <HelpedField
        label={t('query-editor.legend.label', 'Legend')}
        htmlFor={`${id}-legend`}
        help={
          // The braces are the pattern's own, not the translation's.
          t('query-editor.legend.tooltip', 'The name of each series. The pattern may hold {{pattern}}.', {
            pattern: legendFields,
            interpolation: { escapeValue: false, skipOnVariables: true },
          })
        }
      >
        <CommitInput
          id={`${id}-legend`}
          width={24}
          value={query.legend ?? ''}
          placeholder={legendExample(query)}
          onCommit={(legend) => change({ legend: legend || undefined })}
        />
      </HelpedField>
    </EditorFieldGroup>
  );
}

const legendFields = '{{metric}}, {{help}}, {{label}}';

function legendExample({ groupBy }: OrdersQuery): string {
  return groupBy?.[0] ? `{{${groupBy[0]}}}` : '{{help}}';
}
