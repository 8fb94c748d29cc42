import { isEqual } from 'lodash';
import { useCallback, useId, useLayoutEffect, useRef, useState } from 'react';

import type { TimeRange } from '@grafana/data';
import { t } from '@grafana/i18n';
import { AccessoryButton, EditorField, EditorStack, InputGroup } from '@grafana/plugin-ui';
import { Button, type ComboboxOption } from '@grafana/ui';

import { tableOfDimension, type Catalog, type CatalogDimension } from '../../catalog';
import type { OrdersDataSource } from '../../datasource';
import { arity, isCompleteFilter, othersLabel } from '../../query';
import { operators, type Filter, type Operator } from '../../types';
import { SteadyCombobox, SteadyMultiCombobox } from '../steady';
import { operatorLabel } from './labels';
import { variableOptions } from './options';

interface Props {
  datasource: OrdersDataSource;
  catalog: Catalog;
  /** The dimensions that may be filtered, and the tables from which their values come. */
  dimensions: CatalogDimension[];
  tables: string[];
  variables: string[];
  range?: TimeRange;
  filters: Filter[];
  onChange: (filters: Filter[]) => void;
}

/** Rows of dimension, operator and values. A row counts once it is complete. */
export function FilterRows({ filters, onChange, ...context }: Props) {
  // Rows in the making live here. Filters that are neither those before the last
  // edit nor those after it were changed from outside and replace them.
  const [draft, setDraft] = useState<{ rows: Filter[]; before: Filter[]; after: Filter[] }>();
  const rows = draft && (isEqual(filters, draft.before) || isEqual(filters, draft.after)) ? draft.rows : filters;

  const update = (next: Filter[]) => {
    const complete = next.filter(isCompleteFilter);
    setDraft({ rows: next, before: filters, after: complete });
    if (!isEqual(complete, filters)) {
      onChange(complete);
    }
  };

  return (
    <EditorField label={t('query-editor.filters.label', 'Filters')}>
      <EditorStack gap={1}>
        {rows.map((filter, index) => (
          <FilterRow
            key={index}
            {...context}
            number={index + 1}
            filter={filter}
            others={rows.filter((row, at) => at !== index && isCompleteFilter(row))}
            onChange={(changed) => update(rows.map((row, at) => (at === index ? changed : row)))}
            onRemove={() => update(rows.filter((_, at) => at !== index))}
          />
        ))}
        <Button
          icon="plus"
          variant="secondary"
          aria-label={t('query-editor.filters.add', 'Add a filter')}
          tooltip={t('query-editor.filters.add', 'Add a filter')}
          disabled={context.dimensions.length === 0}
          onClick={() => update([...rows, { key: '', operator: '=', values: [] }])}
        />
      </EditorStack>
    </EditorField>
  );
}

interface RowProps extends Omit<Props, 'filters' | 'onChange'> {
  number: number;
  filter: Filter;
  /** The filters of the other rows. */
  others: Filter[];
  onChange: (filter: Filter) => void;
  onRemove: () => void;
}

function FilterRow({ number, filter, onChange, onRemove, dimensions, variables, ...source }: RowProps) {
  const id = useId();
  const dimension = dimensions.find(({ name }) => name === filter.key);
  const allowed: readonly Operator[] = dimension?.operators ?? operators;

  const setKey = (key: string) => {
    const next = dimensions.find(({ name }) => name === key);
    const operator = !next || next.operators.includes(filter.operator) ? filter.operator : (next.operators[0] ?? '=');
    // Values belong to the dimension they were chosen for.
    onChange({ key, operator, values: key === filter.key ? filter.values : [] });
  };

  const setOperator = (operator: Operator) => {
    const kept = { none: 0, one: 1, many: filter.values.length }[arity(operator)];
    onChange({ ...filter, operator, values: filter.values.slice(0, kept) });
  };

  return (
    <div role="group" aria-label={t('query-editor.filter.label', 'Filter {{number}}', { number })}>
      <span id={`${id}-dimension`} hidden>
        {t('query-editor.filter.dimension', 'Dimension')}
      </span>
      <span id={`${id}-operator`} hidden>
        {t('query-editor.filter.operator', 'Operator')}
      </span>
      <span id={`${id}-value`} hidden>
        {t('query-editor.filter.value', 'Value')}
      </span>
      <InputGroup>
        <SteadyCombobox
          aria-labelledby={`${id}-dimension`}
          width="auto"
          minWidth={14}
          value={filter.key || null}
          placeholder={t('query-editor.filter.choose', 'Choose')}
          options={[
            ...dimensions.map(({ name, label }) => ({ value: name, label: label || name })),
            ...variableOptions(variables),
          ]}
          onChange={({ value }) => setKey(value)}
        />
        <SteadyCombobox
          aria-labelledby={`${id}-operator`}
          width="auto"
          minWidth={8}
          value={filter.operator}
          options={allowed.map((operator) => ({ value: operator, description: operatorLabel(operator) }))}
          onChange={({ value }) => setOperator(value)}
        />
        {arity(filter.operator) === 'none' ? undefined : (
          <ValueField
            {...source}
            labelId={`${id}-value`}
            variables={variables}
            filter={filter}
            onChange={(values) => onChange({ ...filter, values })}
          />
        )}
        <AccessoryButton
          icon="times"
          variant="secondary"
          aria-label={t('query-editor.filter.remove', 'Remove filter {{number}}', { number })}
          onClick={onRemove}
        />
      </InputGroup>
    </div>
  );
}

interface ValueFieldProps extends Pick<
  RowProps,
  'datasource' | 'catalog' | 'tables' | 'variables' | 'range' | 'filter' | 'others'
> {
  labelId: string;
  onChange: (values: string[]) => void;
}

const shownValues = 100;

function ValueField({
  datasource,
  catalog,
  tables,
  variables,
  range,
  labelId,
  filter,
  others,
  onChange,
}: ValueFieldProps) {
  const { key } = filter;
  const table = tableOfDimension(catalog, tables, key);

  // The range moves at every refresh, which must not make another function; the
  // combobox asks whenever it is opened.
  const latest = useRef({ range, others });
  useLayoutEffect(() => {
    latest.current = { range, others };
  });

  // The combobox waits for a pause in typing before it asks, and drops late answers.
  const load = useCallback(
    async (prefix: string): Promise<ComboboxOption[]> => {
      const matching = variableOptions(variables.filter((name) => name.includes(prefix)));
      if (!table) {
        return matching;
      }
      const { values, complete } = await datasource.getDimensionValues(table, key, {
        prefix,
        limit: shownValues,
        range: latest.current.range,
        // Of metrics of several tables a filter may be by what this one does not have.
        filters: latest.current.others.filter(
          (other) => tableOfDimension(catalog, [table], other.key) && !other.values.includes(othersLabel)
        ),
      });
      const options: ComboboxOption[] = values.map(({ value, label }) => ({ value, label: label || value }));
      if (!complete) {
        options.push({
          value: '',
          label: t('query-editor.filter.more', 'There are more values: type to narrow them'),
          infoOption: true,
        });
      }
      return [...options, ...matching];
    },
    [datasource, catalog, table, key, variables]
  );

  const placeholder = t('query-editor.filter.choose', 'Choose');
  return arity(filter.operator) === 'many' ? (
    <SteadyMultiCombobox
      aria-labelledby={labelId}
      minWidth={20}
      maxWidth={60}
      // As options, since the values on offer change with what is typed.
      value={filter.values.map((value) => ({ value }))}
      placeholder={placeholder}
      options={load}
      createCustomValue
      disabled={key === ''}
      onChange={(options) => onChange(options.map(({ value }) => value))}
    />
  ) : (
    <SteadyCombobox
      aria-labelledby={labelId}
      width="auto"
      minWidth={20}
      value={filter.values[0] ?? null}
      placeholder={placeholder}
      options={load}
      createCustomValue
      disabled={key === ''}
      onChange={({ value }) => onChange([value])}
    />
  );
}
