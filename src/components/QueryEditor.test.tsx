import { act, fireEvent, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useSyncExternalStore } from 'react';

import { dateTime } from '@grafana/data';

import { testCatalog } from '../testing/catalog';
import { testDataSource } from '../testing/datasource';
import { answered, counter, edit, range } from '../testing/editor';
import type { OrdersQuery } from '../types';
import { QueryEditor } from './QueryEditor';

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

  it('has its fields at once where the catalog is there already', async () => {
    const datasource = testDataSource();
    await datasource.getCatalog();
    render(
      <QueryEditor
        datasource={datasource}
        query={{ refId: 'A', ...counter } as OrdersQuery}
        onChange={jest.fn()}
        onRunQuery={jest.fn()}
      />
    );
    expect(screen.getByRole('combobox', { name: 'Metric' })).toHaveValue('Revenue (revenue)');
  });

  it.each([
    ['the answer is of another data source', 'prometheus', 1],
    ['the answer is its own', 'orders', 0],
    ['a variable names the data source', '${source}', 0],
    ['there is no answer yet', undefined, 0],
  ])('runs the query as it opens where the picture would not be its own: %s', async (_, uid, times) => {
    const data = answered({});
    const targets = uid === undefined ? [] : [{ refId: 'A', datasource: { uid } }];
    const { onRunQuery } = await edit(counter, testDataSource(), {
      data: { ...data, request: { ...data.request, targets } as typeof data.request },
    });
    expect(onRunQuery).toHaveBeenCalledTimes(times);
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

  it('mends a query with one click', async () => {
    const { user, changed } = await edit({ version: 1, metrics: ['open_carts'], view: 'per_bucket' });
    await user.click(screen.getByRole('button', { name: 'Use the last value of each step' }));
    expect(changed()).toEqual({ refId: 'A', version: 1, metrics: ['open_carts'] });
    expect(screen.queryByText(/is not summed over time/)).not.toBeInTheDocument();
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
});
