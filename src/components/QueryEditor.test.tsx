import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState, useSyncExternalStore } from 'react';

import {
  CoreApp,
  dateTime,
  LoadingState,
  toDataFrame,
  type DataFrame,
  type DataQueryRequest,
  type PanelData,
  type TimeRange,
} from '@grafana/data';

import type { OrdersDataSource } from '../datasource';
import { testCatalog } from '../testing/catalog';
import { testDataSource } from '../testing/datasource';
import type { OrdersQuery } from '../types';
import { QueryEditor } from './QueryEditor';

const range: TimeRange = {
  from: dateTime(1_700_000_000_000),
  to: dateTime(1_700_003_600_000),
  raw: { from: 'now-1h', to: 'now' },
};

/** The data of a panel on a dashboard in universal time. */
function answered(frame: DataFrame): PanelData {
  const request = { timezone: 'utc', maxDataPoints: 1000, intervalMs: 3600 } as DataQueryRequest;
  return { series: [frame], state: LoadingState.Done, timeRange: range, request };
}

/** Renders the editor as a panel does: what it changes comes back to it. */
async function edit(saved: Partial<OrdersQuery>, datasource: OrdersDataSource = testDataSource(), app?: CoreApp) {
  const onChange = jest.fn((_query: OrdersQuery) => undefined);
  const onRunQuery = jest.fn();
  function Panel() {
    const [query, setQuery] = useState<OrdersQuery>({ refId: 'A', ...saved } as OrdersQuery);
    return (
      <QueryEditor
        app={app}
        datasource={datasource}
        query={query}
        range={range}
        onRunQuery={onRunQuery}
        onChange={(next) => {
          onChange(next);
          setQuery(next);
        }}
      />
    );
  }
  render(<Panel />);
  await screen.findByRole('radiogroup', { name: 'Show' });
  const user = userEvent.setup({ delay: null });
  return {
    user,
    onChange,
    onRunQuery,
    changed: () => onChange.mock.lastCall?.[0],
    choose: async (label: string, option: RegExp | string) => {
      await user.click(screen.getByRole('combobox', { name: label }));
      await user.click(await screen.findByRole('option', { name: option }));
    },
    offered: async (label: string) => {
      await user.click(screen.getByRole('combobox', { name: label }));
      const options = await screen.findAllByRole('option');
      await user.keyboard('{Escape}');
      return options.map((option) => option.textContent);
    },
  };
}

const counter: Partial<OrdersQuery> = { version: 1, metrics: ['revenue'] };

describe('QueryEditor', () => {
  it('shows that the catalog is loading', () => {
    const datasource = testDataSource({ catalog: () => new Promise(() => undefined) });
    render(
      <QueryEditor
        datasource={datasource}
        query={{ refId: 'A' } as OrdersQuery}
        onChange={jest.fn()}
        onRunQuery={jest.fn()}
      />
    );
    expect(screen.getByText('Loading the catalog…')).toBeInTheDocument();
  });

  it('says why the catalog cannot be loaded, and asks again', async () => {
    const catalog = jest
      .fn<Promise<unknown>, []>()
      .mockRejectedValueOnce({
        status: 502,
        data: { error: 'The database refuses connections.', hint: 'Is it running?' },
      })
      .mockResolvedValueOnce(testCatalog);
    render(
      <QueryEditor
        datasource={testDataSource({ catalog })}
        query={{ refId: 'A', ...counter } as OrdersQuery}
        onChange={jest.fn()}
        onRunQuery={jest.fn()}
      />
    );
    expect(await screen.findByText('The database refuses connections. Is it running?')).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByRole('combobox', { name: 'Metric' })).toHaveValue('Revenue (revenue)');
  });

  it('starts a fresh query with the first counter and runs it', async () => {
    const datasource = testDataSource({
      jsonData: { catalog: { metrics: { open_carts: { type: 'gauge' }, revenue: { type: 'counter' } } } },
    });
    const { changed, onRunQuery } = await edit({}, datasource);
    expect(changed()).toMatchObject({ refId: 'A', version: 1, metrics: ['revenue'], step: 'auto' });
    expect(onRunQuery).toHaveBeenCalledTimes(1);
  });

  it('leaves a saved query alone until something is changed', async () => {
    const { onChange, onRunQuery } = await edit({ ...counter, view: 'rate', groupBy: ['region'] });
    expect(onChange).not.toHaveBeenCalled();
    expect(onRunQuery).not.toHaveBeenCalled();
  });

  it('shows what the metric is', async () => {
    await edit({ version: 1, metrics: ['revenue', 'orders_invoiced'] });
    expect(screen.getAllByText('counter')).toHaveLength(2);
    expect(screen.getByText('Real (R$)')).toBeInTheDocument();
    expect(screen.getByText('Revenue · Revenue of invoiced orders')).toBeInTheDocument();
    expect(screen.getByText('orders_invoiced · Orders invoiced · Sales')).toBeInTheDocument();
  });

  it('finds metrics by name and label, and runs the one chosen', async () => {
    const { user, changed, onRunQuery } = await edit(counter);
    await user.click(screen.getByRole('combobox', { name: 'Metric' }));
    await user.keyboard('cart');
    await user.click(await screen.findByRole('option', { name: /open_carts/ }));
    expect(changed()?.metrics).toEqual(['open_carts']);
    expect(onRunQuery).toHaveBeenCalledTimes(1);
  });

  it('adds a metric to the query once it is chosen', async () => {
    const { user, onChange, changed, choose } = await edit(counter);
    await user.click(screen.getByRole('button', { name: 'Add a metric' }));
    expect(onChange).not.toHaveBeenCalled();
    await choose('Metric 2', /orders_invoiced/);
    expect(changed()?.metrics).toEqual(['revenue', 'orders_invoiced']);
    await user.click(screen.getByRole('button', { name: 'Remove Metric' }));
    expect(changed()?.metrics).toEqual(['orders_invoiced']);
  });

  it('names a metric that the catalog does not have', async () => {
    await edit({ version: 1, metrics: ['gone'] });
    expect(screen.getByText('The catalog has no metric gone')).toBeInTheDocument();
  });

  it('names it once where it can offer the metric that was meant', async () => {
    const { user, changed } = await edit({ version: 1, metrics: ['revenu', 'gone'] });
    expect(screen.getAllByText(/The catalog has no metric revenu/)).toHaveLength(1);
    expect(screen.getAllByText(/The catalog has no metric gone/)).toHaveLength(1);
    await user.click(screen.getByRole('button', { name: 'Use revenue' }));
    expect(changed()?.metrics).toEqual(['revenue', 'gone']);
    expect(screen.queryByText(/The catalog has no metric revenu/)).not.toBeInTheDocument();
  });

  it.each([
    ['a counter', ['revenue'], ['Per bucket', 'Rate', 'Running total', 'Share']],
    ['a histogram', ['time_to_invoice'], ['Quantiles', 'Heatmap', 'Count', 'Average']],
    ['a gauge and a ratio', ['open_carts', 'conversion'], ['Value']],
  ])('offers the views of %s', async (_, metrics, expected) => {
    const { offered } = await edit({ version: 1, metrics });
    const labels = await offered('View');
    expect(labels).toHaveLength(expected.length);
    expected.forEach((label, index) => expect(labels[index]).toMatch(new RegExp(`^${label}`)));
  });

  it('offers no view that only one of the metrics has', async () => {
    const { offered } = await edit({ version: 1, metrics: ['revenue', 'open_carts'] });
    expect(await offered('View')).toEqual(["Each metric's own"]);
  });

  it('drops what another metric does not allow', async () => {
    const { changed, choose } = await edit({
      ...counter,
      view: 'rate',
      groupBy: ['region', 'channel'],
      filters: [{ key: 'region', operator: '=', values: ['SP'] }],
    });
    await choose('Metric', /open_carts/);
    expect(changed()).toEqual({ refId: 'A', version: 1, metrics: ['open_carts'], groupBy: ['channel'] });
  });

  it('groups by the dimensions that all metrics have', async () => {
    const { user, changed } = await edit({ version: 1, metrics: ['revenue', 'conversion'] });
    await user.click(screen.getByRole('combobox', { name: 'Group by' }));
    expect(await screen.findAllByRole('option')).toHaveLength(1);
    await user.click(screen.getByRole('option', { name: /Channel/ }));
    expect(changed()?.groupBy).toEqual(['channel']);
  });

  it('keeps the top groups, and the others together', async () => {
    const { user, changed, onRunQuery } = await edit({ ...counter, groupBy: ['region'] });
    await user.type(screen.getByRole('spinbutton', { name: 'Top' }), '5');
    expect(onRunQuery).not.toHaveBeenCalled();
    await user.tab();
    expect(changed()?.top).toEqual({ limit: 5 });
    await user.click(screen.getByRole('switch', { name: 'Others' }));
    expect(changed()?.top).toEqual({ limit: 5, others: true });
    await user.clear(screen.getByRole('spinbutton', { name: 'Top' }));
    await user.tab();
    expect(changed()?.top).toBeUndefined();
  });

  it('ranks nothing that is not grouped', async () => {
    await edit(counter);
    expect(screen.getByRole('spinbutton', { name: 'Top' })).toBeDisabled();
    expect(screen.getByRole('switch', { name: 'Others' })).toBeDisabled();
  });

  describe('filters', () => {
    it('completes values from the store by what is typed', async () => {
      const values = jest.fn(async (_path: string, params: Record<string, unknown>) => ({
        values: ['SP', 'SC', 'RJ']
          .filter((value) => value.startsWith(String(params.prefix)))
          .map((value) => ({ value, label: value })),
        complete: params.prefix !== '',
      }));
      const { user, changed, onChange } = await edit(counter, testDataSource({ values }));
      await user.click(screen.getByRole('button', { name: 'Add a filter' }));
      const row = within(screen.getByRole('group', { name: 'Filter 1' }));
      expect(row.getByRole('combobox', { name: 'Value' })).toBeDisabled();

      await user.click(row.getByRole('combobox', { name: 'Dimension' }));
      await user.click(await screen.findByRole('option', { name: 'region' }));
      expect(onChange).not.toHaveBeenCalled(); // a filter without a value is none yet

      await user.click(row.getByRole('combobox', { name: 'Value' }));
      expect(await screen.findByText('There are more values: type to narrow them')).toBeInTheDocument();
      await user.keyboard('S');
      await waitFor(() => expect(screen.queryByRole('option', { name: 'RJ' })).not.toBeInTheDocument());
      expect(values).toHaveBeenLastCalledWith(
        'tables/orders/dimensions/region/values',
        expect.objectContaining({ prefix: 'S', limit: 100, from: 1_700_000_000_000, to: 1_700_003_600_000 })
      );
      await user.click(await screen.findByRole('option', { name: 'SC' }));
      expect(changed()?.filters).toEqual([{ key: 'region', operator: '=', values: ['SC'] }]);
    });

    it('completes values in the rows that the other filters leave', async () => {
      const values = jest.fn(async (_path: string, _params: Record<string, unknown>) => ({
        values: [{ value: 'SP', label: 'SP' }],
        complete: true,
      }));
      const { user } = await edit(
        {
          version: 1,
          metrics: ['revenue'],
          filters: [
            { key: 'region', operator: '=', values: ['SP'] },
            { key: 'channel', operator: '=', values: ['$way'] },
            { key: 'items', operator: 'is null', values: [] },
            { key: 'channel', operator: '!=', values: ['(others)'] },
            { key: '$any', operator: '=', values: ['x'] },
          ],
        },
        testDataSource({ values, variables: { way: ['web', 'app'], any: 'region' } })
      );
      const expectAsked = async (number: number, filters: unknown[]) => {
        const row = within(screen.getByRole('group', { name: `Filter ${number}` }));
        await user.click(row.getByRole('combobox', { name: 'Value' }));
        await waitFor(() => expect(values.mock.lastCall?.[1].filters).toEqual(filters));
        await user.keyboard('{Escape}');
      };
      const ofChannel = { key: 'channel', operator: 'in', values: ['web', 'app'] };
      const ofItems = { key: 'items', operator: 'is null', values: [] };
      await expectAsked(1, [ofChannel, ofItems]);
      await expectAsked(2, [{ key: 'region', operator: '=', values: ['SP'] }, ofItems]);

      await user.click(screen.getByRole('button', { name: 'Remove filter 3' }));
      await expectAsked(1, [ofChannel]);
    });

    it('completes values by those filters that their table has', async () => {
      const values = jest.fn(async (_path: string, _params: Record<string, unknown>) => ({
        values: [{ value: 'web', label: 'web' }],
        complete: true,
      }));
      const filters: OrdersQuery['filters'] = [
        { key: 'channel', operator: '=', values: ['app'] },
        { key: 'region', operator: '=', values: ['SP'] },
      ];
      const { user } = await edit({ version: 1, metrics: ['open_carts'], filters }, testDataSource({ values }));
      const row = within(screen.getByRole('group', { name: 'Filter 1' }));
      await user.click(row.getByRole('combobox', { name: 'Value' }));
      await screen.findByRole('option', { name: 'web' });
      expect(values).toHaveBeenLastCalledWith(
        'tables/carts/dimensions/channel/values',
        expect.objectContaining({ filters: [] })
      );
    });

    it('accepts a value that the store does not have', async () => {
      const { user, changed } = await edit({
        ...counter,
        filters: [{ key: 'region', operator: 'in', values: ['SP'] }],
      });
      await user.click(screen.getByRole('combobox', { name: 'Value' }));
      await user.keyboard("O'B");
      await user.click(await screen.findByRole('option', { name: /O'B/ }));
      expect(changed()?.filters).toEqual([{ key: 'region', operator: 'in', values: ['SP', "O'B"] }]);
    });

    it('offers the operators of the dimension that all tables allow', async () => {
      const { offered } = await edit({
        version: 1,
        metrics: ['conversion'],
        filters: [{ key: 'channel', operator: '=', values: ['web'] }],
      });
      const options = await offered('Operator');
      expect(options.map((text) => text.replace(/(equals|does not equal|is ).*/, ''))).toEqual([
        '=',
        '!=',
        'in',
        'not in',
      ]);
    });

    it('needs no value for is null', async () => {
      const { changed, choose } = await edit({
        ...counter,
        filters: [{ key: 'region', operator: 'in', values: ['SP'] }],
      });
      await choose('Operator', /^is null/);
      expect(changed()?.filters).toEqual([{ key: 'region', operator: 'is null', values: [] }]);
      expect(screen.queryByRole('combobox', { name: 'Value' })).not.toBeInTheDocument();
    });

    it('keeps one value when the operator takes one', async () => {
      const { changed, choose } = await edit({
        ...counter,
        filters: [{ key: 'region', operator: 'in', values: ['SP', 'RJ'] }],
      });
      await choose('Operator', /^!=/);
      expect(changed()?.filters).toEqual([{ key: 'region', operator: '!=', values: ['SP'] }]);
    });

    it('removes a filter', async () => {
      const { user, changed } = await edit({
        ...counter,
        filters: [{ key: 'region', operator: 'is null', values: [] }],
      });
      await user.click(screen.getByRole('button', { name: 'Remove filter 1' }));
      expect(changed()?.filters).toBeUndefined();
    });

    it('offers the variables of the dashboard', async () => {
      const { user, changed } = await edit(
        { ...counter, filters: [{ key: 'region', operator: '=', values: ['SP'] }] },
        testDataSource({ variables: { area: ['SP', 'RJ'] } })
      );
      await user.click(screen.getByRole('combobox', { name: 'Value' }));
      await user.click(await screen.findByRole('option', { name: '${area}' }));
      expect(changed()?.filters?.[0]?.values).toEqual(['${area}']);
    });
  });

  it('offers every step of the catalog', async () => {
    const { choose, changed } = await edit(counter);
    await choose('Step', /^1 hour$/);
    expect(changed()?.step).toBe('1h');
  });

  it('compares with the usual and with other distances', async () => {
    const { user, changed, choose } = await edit(counter);
    await choose('Compare with', /1 week earlier/);
    expect(changed()?.compare).toEqual(['1w']);
    await user.keyboard('6w');
    await user.click(await screen.findByRole('option', { name: /^6w/ }));
    expect(changed()?.compare).toEqual(['1w', '6w']);
    await user.clear(screen.getByRole('combobox', { name: 'Compare with' }));
    await user.keyboard('lately');
    await user.click(await screen.findByRole('option', { name: /^lately/ }));
    expect(screen.getByText(/Write a whole number/)).toBeInTheDocument();
  });

  it('offers a reduction where a gauge answers for the whole range', async () => {
    const { choose, changed } = await edit({ version: 1, metrics: ['open_carts'] });
    expect(screen.queryByRole('combobox', { name: 'Reduce' })).not.toBeInTheDocument();
    await choose('Step', /^Whole range/);
    await choose('Reduce', 'Maximum');
    expect(changed()).toMatchObject({ step: 'range', reduce: 'max' });
    await choose('Step', /^Auto/);
    expect(changed()?.reduce).toBeUndefined();
  });

  it('offers quantiles and exactness for a histogram only', async () => {
    const { user, choose, changed } = await edit({ version: 1, metrics: ['time_to_invoice'] });
    await choose('Quantiles', '0.95');
    await user.click(screen.getByRole('option', { name: '0.5' }));
    expect(changed()?.quantiles).toEqual([0.5, 0.95]);
    await user.click(screen.getByRole('switch', { name: 'Exact' }));
    expect(changed()?.exact).toBe(true);
    await choose('Metric', /Revenue/);
    expect(changed()).toEqual({ refId: 'A', version: 1, metrics: ['revenue'] });
    expect(screen.queryByRole('combobox', { name: 'Quantiles' })).not.toBeInTheDocument();
  });

  it('shows a heatmap ungrouped and in its own format', async () => {
    const { choose, changed } = await edit({
      version: 1,
      metrics: ['time_to_invoice'],
      groupBy: ['region'],
      top: { limit: 3 },
    });
    await choose('View', /^Heatmap/);
    expect(changed()).toEqual({ refId: 'A', version: 1, metrics: ['time_to_invoice'], view: 'heatmap' });
    expect(screen.getByRole('combobox', { name: 'Format' })).toHaveValue('Heatmap');
    expect(screen.getByRole('combobox', { name: 'Group by' })).toBeDisabled();
  });

  it('asks for a table, the running step and a legend', async () => {
    const { user, choose, changed } = await edit({ ...counter, groupBy: ['region'] });
    await choose('Format', 'Table');
    await choose('Running step', /^Leave out/);
    await user.type(screen.getByRole('textbox', { name: 'Legend' }), 'From {{{{region}}{Enter}');
    expect(changed()).toMatchObject({ format: 'table', partial: 'drop', legend: 'From {{region}}' });
  });

  it('shows the rows behind a metric or of a table, where the catalog lists columns', async () => {
    const { user, choose, changed } = await edit({ version: 1, metrics: ['open_carts'] });
    await user.click(screen.getByRole('radio', { name: 'Rows' }));
    expect(changed()?.queryType).toBe('records');
    await user.click(screen.getByRole('combobox', { name: 'Rows of' }));
    expect(screen.queryByRole('option', { name: /open_carts/ })).not.toBeInTheDocument();
    await user.keyboard('{Escape}');
    await choose('Rows of', /orders_invoiced/);
    expect(changed()).toMatchObject({ queryType: 'records', metrics: ['orders_invoiced'] });
    await choose('Rows of', /^orders$/);
    expect(changed()).toMatchObject({ queryType: 'records', metrics: [], records: 'orders' });
    await user.type(screen.getByRole('spinbutton', { name: 'Limit' }), '99999{Enter}');
    expect(changed()?.limit).toBe(10_000);
  });

  describe('rows behind one value', () => {
    const behind: Partial<OrdersQuery> = {
      version: 1,
      queryType: 'records',
      metrics: ['revenue'],
      filters: [
        { key: 'channel', operator: '=', values: ['(others)'] },
        { key: 'region', operator: '=', values: ['SP'] },
      ],
      bucket: { at: '1700000000000', step: '5m', from: 1, to: 2, compare: '1w' },
      kept: [{ channel: 'web' }, { channel: 'app' }],
    };

    it('says which rows they are, and how many', async () => {
      const frame = toDataFrame({ refId: 'A', fields: [] });
      frame.meta = { custom: { from: 1_700_000_100_000, to: 1_700_000_400_000, matching: 7 } };
      render(
        <QueryEditor
          datasource={testDataSource()}
          query={{ refId: 'A', ...behind } as OrdersQuery}
          data={answered(frame)}
          onChange={jest.fn()}
          onRunQuery={jest.fn()}
        />
      );
      expect(
        await screen.findByText('7 rows from 2023-11-14 22:15:00 until before 2023-11-14 22:20:00')
      ).toBeInTheDocument();
      expect(screen.getByText('1 week earlier')).toBeInTheDocument();
      expect(screen.getByText('without web, app, which have series of their own')).toBeInTheDocument();
    });

    it('leaves the value for the whole time range and all groups', async () => {
      const { user, changed } = await edit(behind);
      await user.click(screen.getByRole('button', { name: 'Show the whole time range' }));
      expect(changed()).toEqual({
        refId: 'A',
        version: 1,
        queryType: 'records',
        metrics: ['revenue'],
        filters: [{ key: 'region', operator: '=', values: ['SP'] }],
      });
      expect(screen.queryByText('behind one value')).not.toBeInTheDocument();
    });
  });

  it('mends a query with one click', async () => {
    const { user, changed } = await edit({ version: 1, metrics: ['open_carts'], view: 'per_bucket' });
    await user.click(screen.getByRole('button', { name: 'Use the last value of each step' }));
    expect(changed()).toEqual({ refId: 'A', version: 1, metrics: ['open_carts'] });
    expect(screen.queryByText(/is not summed over time/)).not.toBeInTheDocument();
  });

  it('tells how fresh and how sure the numbers are', async () => {
    const frame = toDataFrame({ refId: 'A', fields: [] });
    frame.meta = {
      custom: { asOf: 1_700_000_000_123, guarantee: 'exact', feed: 'log', cached: 60, fetched: 3, databaseMs: 1.26 },
    };
    render(
      <QueryEditor
        datasource={testDataSource()}
        query={
          { refId: 'A', ...counter, filters: [{ key: 'region', operator: 'in', values: ['SP', 'RJ'] }] } as OrdersQuery
        }
        range={range}
        data={answered(frame)}
        onChange={jest.fn()}
        onRunQuery={jest.fn()}
      />
    );
    await userEvent.click(await screen.findByRole('button', { name: 'What is this number?' }));
    expect(
      await screen.findByText('Everything committed before 2023-11-14 22:13:20.123 by the database’s clock')
    ).toBeInTheDocument();
    expect(screen.getByText(/^Exact:/)).toBeInTheDocument();
    expect(screen.getByText('The change log tells which buckets changed')).toBeInTheDocument();
    expect(screen.getByText('57 buckets came from memory, 3 were read')).toBeInTheDocument();
    expect(screen.getByText('1.3 ms of work for the database')).toBeInTheDocument();
    expect(screen.getByText('region is one of SP, RJ')).toBeInTheDocument();
  });

  it('passes a selection on once where every change renders at once', async () => {
    // Explore keeps queries in a store, and a fast click gives the combobox two events to work on together.
    const store = { query: { refId: 'A', ...counter } as OrdersQuery, subscribers: new Set<() => void>() };
    const datasource = testDataSource();
    const onChange = jest.fn((query: OrdersQuery) => {
      store.query = query;
      store.subscribers.forEach((notify) => notify());
    });
    function Explore() {
      const query = useSyncExternalStore(
        (notify) => {
          store.subscribers.add(notify);
          return () => store.subscribers.delete(notify);
        },
        () => store.query
      );
      return <QueryEditor datasource={datasource} query={query} onChange={onChange} onRunQuery={jest.fn()} />;
    }
    render(<Explore />);
    await userEvent.click(await screen.findByRole('combobox', { name: 'Step' }));
    const option = await screen.findByRole('option', { name: /^Whole range/ });
    act(() => {
      fireEvent.mouseMove(option);
      fireEvent.click(option);
    });
    expect(onChange.mock.calls).toEqual([[{ refId: 'A', ...counter, step: 'range' }]]);
  });

  it('keeps what is being typed while the dashboard refreshes', async () => {
    const editor = (at: number) => (
      <QueryEditor
        datasource={datasource}
        query={{ refId: 'A', ...counter, groupBy: ['channel'] } as OrdersQuery}
        range={{ ...range, to: dateTime(at) }}
        onChange={jest.fn()}
        onRunQuery={jest.fn()}
      />
    );
    const datasource = testDataSource();
    const { rerender } = render(editor(1));
    const metric = await screen.findByRole('combobox', { name: 'Metric' });
    for (const name of ['Metric', 'Step', 'Format', 'Running step']) {
      const input = screen.getByRole('combobox', { name });
      await userEvent.click(input);
      await userEvent.keyboard('x');
      rerender(editor(2));
      rerender(editor(3));
      expect(input).toHaveValue('x');
      await userEvent.keyboard('{Escape}');
    }
    expect(metric).toBeInTheDocument();
  });

  it('offers an alert rule only what has one value to compare', async () => {
    const { offered } = await edit(
      { version: 1, metrics: ['time_to_invoice'] },
      testDataSource(),
      CoreApp.UnifiedAlerting
    );
    expect(screen.getByRole('radio', { name: 'Rows' })).toBeDisabled();
    expect(screen.getByRole('button', { name: 'Add a metric' })).toHaveAttribute('aria-disabled', 'true');
    expect((await offered('View')).some((view) => view.startsWith('Heatmap'))).toBe(false);
  });

  it('explains the numbers once it is asked', async () => {
    const explain = jest.fn(async (_body: Record<string, unknown>) => ({
      definitions: [{ metric: 'revenue', type: 'counter' as const, help: 'Revenue', definition: 'The sum of total.' }],
      statements: [{ sql: 'select sum(total) from orders where region = $1', binds: [{ position: 1, type: 'text' }] }],
      timezone: 'America/Sao_Paulo',
      step: '5m',
    }));
    const { user } = await edit(
      { ...counter, groupBy: ['$by'] },
      testDataSource({ explain, variables: { by: 'region' } })
    );
    expect(explain).not.toHaveBeenCalled();
    await user.click(screen.getByRole('button', { name: 'What is this number?' }));
    expect(await screen.findByText('The sum of total.')).toBeInTheDocument();
    expect(screen.getByText('select sum(total) from orders where region = $1')).toBeInTheDocument();
    expect(screen.getByText('$1 text')).toBeInTheDocument();
    expect(screen.getByText('5 minutes, business time zone America/Sao_Paulo')).toBeInTheDocument();
    expect(explain.mock.lastCall?.[0]).toMatchObject({
      query: { metrics: ['revenue'], groupBy: ['region'] },
      from: 1_700_000_000_000,
      to: 1_700_003_600_000,
      maxDataPoints: 1000,
      intervalMs: 3600,
    });
  });

  it.each([
    ['records' as const, { records: 'orders' }, 'What are these rows?'],
    ['annotation' as const, { annotation: 'campaigns' }, 'What are these events?'],
  ])('explains %s as what they are', async (queryType, part, title) => {
    const explain = () =>
      Promise.resolve({ definitions: [], statements: [], timezone: 'America/Sao_Paulo', step: 'range' });
    const { user } = await edit({ version: 1, queryType, metrics: [], ...part }, testDataSource({ explain }));
    await user.click(screen.getByRole('button', { name: title }));
    expect(await screen.findByText('Business time zone')).toBeInTheDocument();
    expect(screen.getByText('America/Sao_Paulo')).toBeInTheDocument();
    expect(screen.queryByText('Steps')).not.toBeInTheDocument();
  });

  it.each([
    ['records' as const, 'What are these rows?', /^Choose a metric or a table/],
    ['annotation' as const, 'What are these events?', /^Choose events/],
    ['metric' as const, 'What is this number?', /^Choose a metric to see/],
  ])('says what to choose before %s can be explained', async (queryType, title, text) => {
    const { user } = await edit({ version: 1, queryType, metrics: [] });
    await user.click(screen.getByRole('button', { name: title }));
    expect(screen.getByText(text)).toBeInTheDocument();
  });

  it('says why there is no explanation', async () => {
    const explain = jest.fn().mockRejectedValue({ data: { error: 'step: "9m" is not a step' } });
    const { user } = await edit(counter, testDataSource({ explain }));
    await user.click(screen.getByRole('button', { name: 'What is this number?' }));
    expect(await screen.findByText('step: "9m" is not a step')).toBeInTheDocument();
  });
});
