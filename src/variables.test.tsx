import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { lastValueFrom } from 'rxjs';

import { dateTime, type DataQueryRequest, type MetricFindValue, type ScopedVars } from '@grafana/data';

import { testDataSource } from './testing/datasource';
import { fetchError } from './testing/saved';
import type { OrdersVariableQuery } from './types';
import { VariableSupport } from './variables';

const range = { from: dateTime(1000), to: dateTime(2000), raw: { from: 'now-1h', to: 'now' } };
const regions: OrdersVariableQuery = { refId: 'V', version: 1, list: 'values', table: 'orders', dimension: 'region' };

const values = (...texts: string[]) =>
  jest.fn(async (_path: string, _asked: Record<string, unknown>) => ({
    values: texts.map((value) => ({ value, label: value })),
    complete: true,
  }));

async function options(
  query: Partial<OrdersVariableQuery>,
  datasource = testDataSource(),
  scopedVars: ScopedVars = {}
): Promise<MetricFindValue[]> {
  const request = { targets: [{ ...regions, ...query }], range, scopedVars };
  const { data } = await lastValueFrom(
    new VariableSupport(datasource).query(request as unknown as DataQueryRequest<OrdersVariableQuery>)
  );
  return data as MetricFindValue[];
}

describe('a variable', () => {
  it('fails with what the server says', async () => {
    const values = jest
      .fn()
      .mockRejectedValue(fetchError(502, { error: 'The database is away.', hint: 'Is it running?' }));
    await expect(options({}, testDataSource({ values }))).rejects.toThrow('The database is away. Is it running?');
  });

  it('offers the metrics of the catalog, or those of a type', async () => {
    expect(await options({ list: 'metrics' })).toHaveLength(5);
    expect(await options({ list: 'metrics', metricType: 'counter' })).toEqual([
      { text: 'orders_invoiced', value: 'orders_invoiced' },
      { text: 'Revenue', value: 'revenue' },
    ]);
  });

  it('offers the dimensions of the catalog, or those of a metric that another variable names', async () => {
    expect((await options({ list: 'dimensions' })).map(({ value }) => value)).toEqual(['channel', 'region', 'items']);
    const datasource = testDataSource({ variables: { metric: 'conversion' } });
    expect(await options({ list: 'dimensions', metric: '$metric' }, datasource)).toEqual([
      { text: 'Channel', value: 'channel' },
    ]);
  });

  it('offers the values in the time range, in the rows that other variables keep', async () => {
    const asked = values('RJ', 'SP');
    const datasource = testDataSource({ values: asked, variables: { channel: ['web', 'app'] } });
    const filters = [{ key: 'channel', operator: '=' as const, values: ['$channel'] }];
    expect(await options({ filters }, datasource)).toEqual([
      { text: 'RJ', value: 'RJ' },
      { text: 'SP', value: 'SP' },
    ]);
    expect(asked).toHaveBeenCalledWith('tables/orders/dimensions/region/values', {
      prefix: '',
      limit: 1001,
      from: 1000,
      to: 2000,
      filters: [{ key: 'channel', operator: 'in', values: ['web', 'app'] }],
    });
  });

  it('offers the values of all time', async () => {
    const asked = values();
    await options({ allTime: true }, testDataSource({ values: asked }));
    expect(asked.mock.lastCall?.[1]).toEqual({ prefix: '', limit: 1001, filters: [] });
  });

  it('offers the values that begin with what is typed, and the first until something is', async () => {
    const asked = values();
    const datasource = testDataSource({ values: asked });
    await options({ prefix: '$__searchFilter' }, datasource);
    await options({ prefix: '$__searchFilter' }, datasource, { __searchFilter: { value: 'S', text: 'S' } });
    expect(asked.mock.calls.map(([, { prefix }]) => prefix)).toEqual(['', 'S']);
  });

  it('offers nothing where it depends on a variable without a value', async () => {
    const asked = values('SP');
    const datasource = testDataSource({ values: asked, variables: { channel: [] } });
    const filters = [{ key: 'channel', operator: '=' as const, values: ['$channel'] }];
    expect(await options({ filters }, datasource)).toEqual([]);
    expect(asked).not.toHaveBeenCalled();
  });

  it('offers nothing before a dimension is chosen', async () => {
    expect(await options({ dimension: undefined })).toEqual([]);
  });
});

describe('the editor of a variable', () => {
  async function edit(saved: OrdersVariableQuery | '', datasource = testDataSource()) {
    const onChange = jest.fn((_query: OrdersVariableQuery) => undefined);
    const Editor = new VariableSupport(datasource).editor;
    function Settings() {
      const [query, setQuery] = useState(saved);
      return (
        <Editor
          datasource={datasource}
          query={query as OrdersVariableQuery}
          range={range}
          onRunQuery={() => undefined}
          onChange={(next) => {
            onChange(next);
            setQuery(next);
          }}
        />
      );
    }
    render(<Settings />);
    await screen.findByRole('radiogroup', { name: 'Offers' });
    return { user: userEvent.setup({ delay: null }), onChange, changed: () => onChange.mock.lastCall?.[0] };
  }

  it('begins with the values of the first dimension', async () => {
    const { changed, onChange } = await edit('', testDataSource({ values: values('app', 'web') }));
    expect(onChange).toHaveBeenCalledTimes(1);
    expect(changed()).toMatchObject({ version: 1, list: 'values', table: 'orders', dimension: 'channel' });
    expect(await screen.findByText('2 values')).toBeInTheDocument();
  });

  it('leaves a saved variable alone', async () => {
    const { onChange } = await edit(regions);
    expect(onChange).not.toHaveBeenCalled();
    expect(screen.getByRole('combobox', { name: 'Dimension' })).toHaveValue('region');
  });

  it('chooses a dimension of a table, and drops the filters of another table', async () => {
    const filters = [{ key: 'channel', operator: '=' as const, values: ['web'] }];
    const { user, changed } = await edit({ ...regions, filters });
    const fields = screen.getAllByRole('combobox', { name: 'Dimension' });
    await user.click(fields[0] as HTMLElement);
    await user.click(await screen.findByRole('option', { name: /^Items/ }));
    expect(changed()).toEqual({ ...regions, dimension: 'items', filters });
    await user.click(screen.getAllByRole('combobox', { name: 'Dimension' })[0] as HTMLElement);
    const [, channelOfCarts] = await screen.findAllByRole('option', { name: /^Channel/ });
    await user.click(channelOfCarts as HTMLElement);
    expect(changed()).toEqual({ ...regions, table: 'carts', dimension: 'channel' });
  });

  it('depends on other variables by filters', async () => {
    const { user, changed } = await edit(regions, testDataSource({ variables: { channel: ['web'] } }));
    await user.click(screen.getByRole('button', { name: 'Add a filter' }));
    const row = within(screen.getByRole('group', { name: 'Filter 1' }));
    await user.click(row.getByRole('combobox', { name: 'Dimension' }));
    await user.click(await screen.findByRole('option', { name: 'Channel' }));
    await user.click(row.getByRole('combobox', { name: 'Value' }));
    await user.click(await screen.findByRole('option', { name: '${channel}' }));
    expect(changed()?.filters).toEqual([{ key: 'channel', operator: '=', values: ['${channel}'] }]);
  });

  it('says that a list is not complete, and searches as somebody types', async () => {
    const many = () => Promise.resolve({ values: [{ value: 'a', label: 'a' }], complete: false });
    const { user, changed } = await edit(regions, testDataSource({ values: many }));
    expect(await screen.findByText('More than 1000 values: only the first are offered')).toBeInTheDocument();
    await user.click(screen.getByRole('switch', { name: 'Search as you type' }));
    expect(changed()).toEqual({ ...regions, prefix: '$__searchFilter' });
    await user.click(screen.getByRole('switch', { name: 'All time' }));
    expect(changed()?.allTime).toBe(true);
  });

  it('says that there are no values, or why they cannot be read', async () => {
    const read = jest
      .fn()
      .mockResolvedValueOnce({ values: [], complete: true })
      .mockRejectedValueOnce({ data: { error: 'The database is away.' } });
    const { user } = await edit(regions, testDataSource({ values: read }));
    expect(await screen.findByText(/^There are no values now/)).toBeInTheDocument();
    await user.click(screen.getByRole('switch', { name: 'All time' }));
    expect(await screen.findByText('The database is away.')).toBeInTheDocument();
  });

  it('offers metrics by type, and dimensions by metric', async () => {
    const { user, changed } = await edit(regions);
    await user.click(screen.getByRole('radio', { name: 'Metrics' }));
    await user.click(screen.getByRole('combobox', { name: 'Type' }));
    await user.click(await screen.findByRole('option', { name: /^gauge/ }));
    expect(changed()).toMatchObject({ list: 'metrics', metricType: 'gauge' });
    await user.click(screen.getByRole('radio', { name: 'Dimensions' }));
    await user.click(screen.getByRole('combobox', { name: 'Of the metric' }));
    await user.click(await screen.findByRole('option', { name: /open_carts/ }));
    expect(changed()).toMatchObject({ list: 'dimensions', metric: 'open_carts' });
  });
});
