import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';

import type { AnnotationQuery } from '@grafana/data';

import { testDataSource } from './testing/datasource';
import type { OrdersQuery } from './types';

const jsonData = { catalog: { annotations: { big_orders: {}, campaigns: {} } } };
const saved: AnnotationQuery<OrdersQuery> = { name: 'Campaigns', enable: true, iconColor: 'blue' };

/** Renders the editor as the settings of a dashboard do, with the annotation in hand. */
async function edit(annotation: Partial<OrdersQuery>, datasource = testDataSource({ jsonData })) {
  const onChange = jest.fn((_query: OrdersQuery) => undefined);
  const Editor = datasource.annotations?.QueryEditor;
  function Settings() {
    const [query, setQuery] = useState({ refId: 'Anno', ...annotation } as OrdersQuery);
    return Editor ? (
      <Editor
        datasource={datasource}
        query={query}
        onRunQuery={() => undefined}
        onChange={(next) => {
          onChange(next);
          setQuery(next);
        }}
      />
    ) : null;
  }
  render(<Settings />);
  await screen.findByRole('combobox', { name: 'Events' });
  return { user: userEvent.setup({ delay: null }), onChange, changed: () => onChange.mock.lastCall?.[0] };
}

const campaigns: Partial<OrdersQuery> = { queryType: 'annotation', version: 1, metrics: [], annotation: 'campaigns' };

describe('annotations', () => {
  it('gives a new one the first events of the catalog', () => {
    const { annotations } = testDataSource({ jsonData });
    const prepared = annotations?.prepareAnnotation?.(saved) as AnnotationQuery<OrdersQuery>;
    expect(prepared).toEqual({
      ...saved,
      target: { refId: 'Anno', queryType: 'annotation', version: 1, metrics: [], annotation: 'big_orders' },
    });
    // Grafana asks again until what it gets is what it gave.
    expect(annotations?.prepareAnnotation?.(prepared)).toBe(prepared);
    expect(annotations?.prepareQuery?.(prepared)).toEqual(prepared.target);
  });

  it('asks for nothing where the catalog has no events', () => {
    const { annotations } = testDataSource();
    const prepared = annotations?.prepareAnnotation?.(saved) as AnnotationQuery<OrdersQuery>;
    expect(annotations?.prepareQuery?.(prepared)).toBeUndefined();
  });

  it('is sent to the server as it is saved', () => {
    const datasource = testDataSource({ variables: { channel: ['web', 'app'] } });
    const query = datasource.annotations?.prepareQuery?.({
      ...saved,
      target: {
        refId: 'Anno',
        ...campaigns,
        filters: [{ key: 'channel', operator: '=', values: ['$channel'] }],
      } as OrdersQuery,
    }) as OrdersQuery;
    expect(datasource.filterQuery(query)).toBe(true);
    expect(datasource.applyTemplateVariables(query, {})).toEqual({
      refId: 'Anno',
      ...campaigns,
      filters: [{ key: 'channel', operator: 'in', values: ['web', 'app'] }],
    });
  });

  it('is chosen, limited and filtered by the dimensions of its table', async () => {
    const { user, changed } = await edit({ ...campaigns, annotation: 'big_orders' });
    expect(screen.queryByRole('radiogroup', { name: 'Show' })).not.toBeInTheDocument();
    expect(screen.getByText('Orders above 10,000 reais')).toBeInTheDocument();

    await user.click(screen.getByRole('combobox', { name: 'Events' }));
    await user.click(await screen.findByRole('option', { name: /Campaigns of marketing/ }));
    expect(changed()).toEqual({ refId: 'Anno', ...campaigns });
    expect(screen.getByText('What marketing does · Marketing')).toBeInTheDocument();
    expect(screen.getByText('periods')).toBeInTheDocument();

    await user.type(screen.getByRole('spinbutton', { name: 'Limit' }), '5000{Enter}');
    expect(changed()?.limit).toBe(1000);

    await user.click(screen.getByRole('button', { name: 'Add a filter' }));
    const row = within(screen.getByRole('group', { name: 'Filter 1' }));
    await user.click(row.getByRole('combobox', { name: 'Dimension' }));
    expect(screen.getAllByRole('option').map(({ textContent }) => textContent)).toEqual(['Channel']);
  });

  it('drops a filter that the events chosen do not have', async () => {
    const { user, changed } = await edit({
      ...campaigns,
      annotation: 'big_orders',
      filters: [
        { key: 'region', operator: '=', values: ['SP'] },
        { key: 'channel', operator: '=', values: ['web'] },
      ],
    });
    await user.click(screen.getByRole('combobox', { name: 'Events' }));
    await user.click(await screen.findByRole('option', { name: /Campaigns of marketing/ }));
    expect(changed()?.filters).toEqual([{ key: 'channel', operator: '=', values: ['web'] }]);
  });

  it('says that the catalog does not have it any more', async () => {
    await edit({ ...campaigns, annotation: 'outages' });
    expect(screen.getByText('The catalog has no annotation outages')).toBeInTheDocument();
    expect(screen.getByRole('combobox', { name: 'Events' })).toHaveValue('outages');
  });
});
