import { fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';

import { message } from '../../../testing/message';
import { setSavedServer } from '../../../testing/saved';
import type { CatalogDraft } from '../catalogDraft';
import { CatalogForms } from './CatalogForms';

// The real ones draw on a canvas and load Monaco from the server.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual<object>('@grafana/ui'),
  Sparkline: () => null,
  CodeEditor: ({ value }: { value: string }) => <pre>{value}</pre>,
}));

const catalog: CatalogDraft = {
  version: 1,
  timezone: 'UTC',
  tables: { orders: { relation: 'public.orders', time: 'created_at', dimensions: { channel: { column: 'channel' } } } },
  metrics: {
    revenue: { type: 'counter', table: 'orders', sum: 'total', help: 'What was sold', label: 'Revenue' },
    placed: { type: 'counter', table: 'orders', help: 'Orders placed' },
    ticket: { type: 'ratio', numerator: 'revenue', denominator: 'placed', help: 'Revenue per order' },
  },
  annotations: {
    big: { table: 'orders', title: 'id', help: 'Orders of a thousand or more', label: 'Big orders' },
    odd: { table: 'orders', title: 'idd', help: 'What nobody understands' },
  },
};

function show({ readOnly = false, saved = catalog }: { readOnly?: boolean; saved?: CatalogDraft } = {}) {
  setSavedServer({
    preview: ({ metrics, annotations }) => ({
      problems: [],
      annotations: (annotations as string[]).map((name) => ({
        name,
        days: 7,
        ...(name === 'odd'
          ? { events: 0, more: false, latest: [], error: message('no such column') }
          : {
              events: 1000,
              more: true,
              latest: [
                { time: 1_700_000_000_000, title: 'Order 7', text: 'R$ 1500' },
                { time: 1_699_990_000_000, end: 1_699_993_600_000, title: null, text: null },
                { time: 1_699_980_000_000, running: true, title: 'Order 5', text: null },
              ],
            }),
      })),
      metrics: (metrics as string[]).map((name) =>
        name === 'placed'
          ? { name, type: 'counter', shows: 'sum', value: null, sparkline: [], error: message('no such table') }
          : { name, type: 'counter', shows: 'sum', value: 42, sparkline: [1, 2] }
      ),
    }),
    relations: () => ({ relations: [{ relation: 'public.orders', kind: 'table', columns: [] }] }),
    'changelog-sql': ({ table, language }) => ({
      table,
      install: `CREATE TRIGGER … -- ${String(language)}`,
      uninstall: 'DROP TRIGGER …',
    }),
  });
  const onChange = jest.fn((_catalog: CatalogDraft) => undefined);
  function Page() {
    const [draft, setDraft] = useState(catalog);
    return (
      <CatalogForms
        uid="orders"
        catalog={draft}
        saved={saved}
        readOnly={readOnly}
        connected
        onChange={(next) => {
          onChange(next);
          setDraft(next);
        }}
      />
    );
  }
  render(<Page />);
  return { user: userEvent.setup({ delay: null }), changed: () => onChange.mock.lastCall?.[0] };
}

describe('CatalogForms', () => {
  it('lists tables and metrics with their numbers, and what does not work', async () => {
    show();
    expect(screen.getByText('public.orders')).toBeInTheDocument();
    expect(screen.getByText('revenue · What was sold')).toBeInTheDocument();
    expect(await screen.findAllByText('42')).toHaveLength(2);
    expect(screen.getByText('no such table')).toBeInTheDocument();
  });

  it('tells how many events an annotation has had, and in its form what the latest were', async () => {
    const { user } = show();
    expect(await screen.findByText('1,000+')).toBeInTheDocument();
    expect(screen.getByText('events in 7 d')).toBeInTheDocument();
    expect(screen.getByText('no such column')).toBeInTheDocument();
    await user.click(screen.getByLabelText('Edit Big orders'));
    const form = within(await screen.findByRole('dialog'));
    expect(await form.findByText('Order 7')).toBeInTheDocument();
    expect(form.getByText('R$ 1500')).toBeInTheDocument();
    expect(form.getByText('2023-11-14 22:13:20')).toBeInTheDocument();
    expect(form.getByText('2023-11-14 19:26:40 to 20:26:40')).toBeInTheDocument();
    expect(form.getByText('without a title')).toBeInTheDocument();
    expect(form.getByText('since 2023-11-14 16:40:00')).toBeInTheDocument();
  });

  it('doubts a time zone that the browser does not know, and keeps it', async () => {
    const { user, changed } = show();
    await user.clear(screen.getByLabelText(/^Time zone/));
    await user.keyboard('America/Sao_Paolo');
    await user.click(await screen.findByRole('option', { name: /Sao_Paolo/ }));
    expect(changed()?.timezone).toBe('America/Sao_Paolo');
    expect(screen.getByText(/^"America\/Sao_Paolo" is no IANA time zone/)).toBeInTheDocument();
  });

  it('edits a metric, and takes it over only when it is right', async () => {
    const { user, changed } = show();
    await user.click(screen.getByLabelText('Edit Revenue'));
    const done = screen.getByText('Take over');
    fireEvent.change(screen.getByLabelText(/^Meaning/), { target: { value: '' } });
    await user.click(done);
    expect(changed()).toBeUndefined();
    expect(screen.getByText('Meaning: Must not be empty')).toBeInTheDocument();
    fireEvent.change(screen.getByLabelText(/^Meaning/), { target: { value: 'Sold' } });
    fireEvent.change(screen.getByLabelText(/^Name/), { target: { value: 'income' } });
    await user.click(done);
    expect(changed()?.metrics.income).toEqual({ ...catalog.metrics.revenue, help: 'Sold' });
    expect(changed()?.metrics.ticket?.numerator).toBe('income');
  });

  it('gives the focus back to the button that opened a form', async () => {
    const { user } = show();
    await user.click(screen.getByLabelText('Edit Revenue'));
    expect(await screen.findByRole('dialog')).toContainElement(document.activeElement as HTMLElement);
    await user.click(screen.getByText('Cancel'));
    await waitFor(() => expect(screen.getByLabelText('Edit Revenue')).toHaveFocus());
  });

  it('removes a metric unless another one needs it', async () => {
    const { user, changed } = show();
    expect(screen.getByLabelText('Revenue is used by ticket')).toBeDisabled();
    await user.click(screen.getByLabelText('Remove ticket'));
    expect(Object.keys(changed()?.metrics ?? {})).toEqual(['revenue', 'placed']);
    expect(screen.getByLabelText('Remove Revenue')).toBeInTheDocument();
  });

  it('shows the SQL of a change log, and has the catalog declare it', async () => {
    const { user, changed } = show();
    await user.click(screen.getByText('Change log'));
    expect(await screen.findByText('CREATE TRIGGER … -- en-US')).toBeInTheDocument();
    await user.click(screen.getByText('Uninstall'));
    expect(screen.getByText('DROP TRIGGER …')).toBeInTheDocument();
    await user.click(screen.getByText('Say in the catalog that the table has a log'));
    expect(changed()?.tables.orders?.changes).toEqual({ mode: 'log' });
    expect(await screen.findByText(/^The catalog now says that orders has a log\. Save the settings/)).toBeVisible();
    expect(screen.getByRole('dialog')).toContainElement(document.activeElement as HTMLElement);
    expect(screen.queryByText('Say in the catalog that the table has a log')).not.toBeInTheDocument();
  });

  it('changes nothing where the catalog is provisioned', async () => {
    show({ readOnly: true });
    expect(screen.queryByLabelText(/^Edit/)).not.toBeInTheDocument();
    expect(screen.queryByLabelText(/^Remove/)).not.toBeInTheDocument();
    expect(screen.queryByText('Add a metric')).not.toBeInTheDocument();
    expect(screen.getByLabelText(/^Time zone/)).toBeDisabled();
    expect(await screen.findAllByText('42')).toHaveLength(2);
  });
});
