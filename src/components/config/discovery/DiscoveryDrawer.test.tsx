import { act, fireEvent, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { message } from '../../../testing/message';
import { testProposal } from '../../../testing/proposal';
import { fetchError, setSavedServer } from '../../../testing/saved';
import type { CatalogDraft } from '../catalogDraft';
import type { MetricPreview } from '../server';
import { DiscoveryDrawer } from './DiscoveryDrawer';

// The real one draws on a canvas.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual<object>('@grafana/ui'),
  Sparkline: ({ sparkline }: { sparkline: { y: { values: unknown[] } } }) => <>{sparkline.y.values.join(' ')}</>,
}));

function previewed(name: string): MetricPreview {
  return { name, type: 'counter', shows: 'sum', value: 1234.5, unit: 'currencyBRL', sparkline: [1, null, 3] };
}

function server(answers: Parameters<typeof setSavedServer>[0] = {}) {
  setSavedServer({
    discover: () => testProposal,
    preview: ({ metrics }) => ({ problems: [], from: 0, stepMs: 1, metrics: (metrics as string[]).map(previewed) }),
    ...answers,
  });
}

function open(catalog?: CatalogDraft) {
  const onUse = jest.fn((_catalog: CatalogDraft) => undefined);
  const closed = jest.fn(() => undefined);
  render(<DiscoveryDrawer uid="orders" catalog={catalog} onUse={onUse} onClose={closed} />);
  return { closed, user: userEvent.setup({ delay: null }), used: () => onUse.mock.lastCall?.[0] };
}

const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zoneInput = () => screen.getByRole('combobox', { name: /^Time zone of the business/ });

/** A server that writes down what it is asked, and proposes in the zone that it is asked for. */
function recording() {
  const asked: object[] = [];
  server({
    discover: (body) => {
      asked.push(JSON.parse(JSON.stringify(body)) as object);
      const timezone = body.timezone as string | undefined;
      return timezone === undefined
        ? testProposal
        : { ...testProposal, timezone: { ...testProposal.timezone, value: timezone } };
    },
  });
  return { asked };
}

describe('DiscoveryDrawer', () => {
  it.each(['times-ahead', 'times-future'])(
    'warns of a zone in which the newest row is in the future: %s',
    async (code) => {
      const [table, ...others] = testProposal.tables;
      const reasons = [...(table?.reasons ?? []), { code, values: { zone: 'America/New_York' } }];
      server({
        discover: ({ timezone }) =>
          timezone === 'America/New_York'
            ? {
                ...testProposal,
                timezone: { ...testProposal.timezone, value: timezone },
                tables: [{ ...table, reasons }, ...others],
              }
            : testProposal,
      });
      const { user } = open();
      await screen.findByRole('region', { name: 'public.orders' });
      expect(screen.queryByText(/would lie in the future/)).not.toBeInTheDocument();
      await user.click(zoneInput());
      await user.paste('America/New_York');
      await user.click(await screen.findByRole('option', { name: 'America/New_York' }));
      expect(
        await screen.findByText('In America/New_York the newest rows of public.orders would lie in the future')
      ).toBeInTheDocument();
      expect(screen.getByText(/choose its zone/)).toBeInTheDocument();
    }
  );

  it('shows what was found with its reason and numbers, and uses what is accepted', async () => {
    server();
    const { user, used } = open();
    const orders = within(await screen.findByRole('region', { name: 'public.orders' }));
    expect(orders.getByText('It holds orders: its name says so and an event time (created_at).')).toBeInTheDocument();
    expect(
      orders.getByText(
        'What the rows of orders are worth, counted at created_at. By its name, total holds what a row is worth.'
      )
    ).toBeInTheDocument();
    expect(await orders.findAllByText(/R\$1\.23/)).not.toHaveLength(0);
    expect(orders.getAllByLabelText('Each of the last 24 hours')[0]).toHaveTextContent('1 3');

    await user.click(orders.getByRole('checkbox', { name: 'Orders' }));
    expect(orders.getByRole('checkbox', { name: 'Average value' })).not.toBeChecked();
    await user.click(screen.getByRole('button', { name: 'Use these (2)' }));
    expect(Object.keys(used()?.metrics ?? {})).toEqual(['orders_revenue']);
    expect(Object.keys(used()?.tables ?? {})).toEqual(['orders']);
  });

  it('opens its remarks where it proposes nothing as accepted, and else leaves them closed', async () => {
    server();
    const { user } = open();
    await screen.findByRole('region', { name: 'public.orders' });
    expect(screen.queryByText(/no time left/)).not.toBeInTheDocument();
    const unsure = testProposal.tables.map((table) => ({ ...table, selected: false }));
    server({ discover: () => ({ ...testProposal, tables: unsure }) });
    await user.click(screen.getByRole('button', { name: 'Read again' }));
    expect(await screen.findByText(/no time left/)).toBeInTheDocument();
  });

  it('asks in the time zone of the catalog, and again for what is typed', async () => {
    const { asked } = recording();
    const { user } = open({ version: 1, timezone: 'Asia/Tokyo', tables: {}, metrics: {} });
    await screen.findByRole('region', { name: 'public.orders' });
    expect(screen.queryByText(/^Time zone Asia/)).not.toBeInTheDocument();
    await user.click(screen.getByLabelText(/^Schemas/));
    await user.paste('sales, archive');
    await user.click(screen.getByRole('button', { name: 'Read again' }));
    await screen.findByRole('region', { name: 'public.orders' });
    expect(asked).toEqual([
      { timezone: 'Asia/Tokyo', localTimezone: own, schemas: [] },
      { timezone: 'Asia/Tokyo', localTimezone: own, schemas: ['sales', 'archive'] },
    ]);
  });

  it('takes the zone that the server proposes, and says why', async () => {
    const { asked } = recording();
    const { user, used } = open();
    expect(
      await screen.findByText(/^Time zone America\/Sao_Paulo: It is the zone of the database server/)
    ).toBeVisible();
    expect(zoneInput()).toHaveValue('America/Sao_Paulo');
    expect(asked).toEqual([{ localTimezone: own, schemas: [] }]);
    await user.click(screen.getByRole('button', { name: /^Use these/ }));
    expect(used()?.timezone).toBe('America/Sao_Paulo');
  });

  it('reads again in a zone that is chosen, keeps what was changed, and uses that zone', async () => {
    const { asked } = recording();
    const { user, used } = open();
    await user.click(await screen.findByRole('checkbox', { name: 'Orders' }));
    await user.click(screen.getByLabelText('Edit Orders: revenue'));
    fireEvent.change(await screen.findByLabelText(/^Name/), { target: { value: 'receita' } });

    await user.click(zoneInput());
    await user.paste('Asia/Tokyo');
    await user.click(await screen.findByRole('option', { name: 'Asia/Tokyo' }));
    await screen.findByRole('region', { name: 'public.orders' });
    expect(asked.at(-1)).toEqual({ timezone: 'Asia/Tokyo', localTimezone: own, schemas: [] });
    expect(zoneInput()).toHaveValue('Asia/Tokyo');
    expect(screen.getByRole('checkbox', { name: 'Orders' })).not.toBeChecked();
    await user.click(screen.getByRole('button', { name: /^Use these/ }));
    expect(used()?.timezone).toBe('Asia/Tokyo');
    expect(Object.keys(used()?.metrics ?? {})).toEqual(['receita']);
  });

  it('doubts a zone that the browser does not know', async () => {
    recording();
    const { user } = open();
    await screen.findByRole('region', { name: 'public.orders' });
    await user.click(zoneInput());
    await user.paste('Mars/Olympus');
    await user.click(await screen.findByRole('option', { name: /Mars\/Olympus/ }));
    expect(await screen.findByText(/"Mars\/Olympus" is no IANA time zone/)).toBeVisible();
  });

  it('lets name, label and unit be changed, and refuses a name that is not allowed', async () => {
    server();
    const { user, used } = open();
    await user.click(await screen.findByLabelText('Edit Orders: revenue'));
    const use = screen.getByRole('button', { name: /^Use these/ });
    fireEvent.change(await screen.findByLabelText(/^Name/), { target: { value: '2nd' } });
    expect(use).toBeDisabled();
    fireEvent.change(screen.getByLabelText(/^Name/), { target: { value: 'receita' } });
    fireEvent.change(screen.getByLabelText(/^Label/), { target: { value: 'Receita' } });
    await user.click(use);
    expect(used()?.metrics.receita).toMatchObject({ label: 'Receita', sum: 'total' });
    expect(used()?.metrics.orders_average_value?.numerator).toBe('receita');
  });

  it('closes the form of an item on Escape, and not itself', async () => {
    server();
    const { user, closed } = open();
    await screen.findByRole('region', { name: 'public.orders' });
    const pencil = screen.getByLabelText('Edit Orders: revenue');
    for (const within of [() => screen.getByLabelText(/^Name/), () => pencil]) {
      await user.click(pencil);
      act(() => within().focus());
      fireEvent.keyDown(within(), { key: 'Escape', keyCode: 27 });
      expect(screen.queryByLabelText(/^Name/)).not.toBeInTheDocument();
      expect(pencil).toHaveFocus();
    }
    expect(closed).not.toHaveBeenCalled();
    fireEvent.keyDown(pencil, { key: 'Escape', keyCode: 27 });
    expect(closed).toHaveBeenCalled();
  });

  it('does not overwrite what the catalog has, and says so', async () => {
    server();
    const ours = { type: 'counter' as const, table: 'orders', sum: 'net', help: 'Ours' };
    const { user, used } = open({
      version: 1,
      timezone: 'UTC',
      tables: { orders: { relation: 'public.orders', time: 'created_at' } },
      metrics: { orders_revenue: ours },
    });
    const orders = within(await screen.findByRole('region', { name: 'public.orders' }));
    expect(orders.getByText('in the catalog')).toBeInTheDocument();
    expect(orders.getByText(/another one of this name: choose a new name/)).toBeInTheDocument();
    expect(orders.getByRole('checkbox', { name: 'Orders: revenue' })).not.toBeChecked();
    expect(screen.getByText(/nothing more is ticked/)).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Use these (0)' })).toBeDisabled();
    await user.click(orders.getByRole('checkbox', { name: 'Orders' }));
    await user.click(screen.getByRole('button', { name: 'Use these (1)' }));
    expect(Object.keys(used()?.metrics ?? {})).toEqual(['orders_revenue', 'orders_created']);
    expect(used()?.metrics.orders_revenue).toEqual(ours);
    expect(used()?.timezone).toBe('UTC');
  });

  it('shows a metric that fails beside those that work', async () => {
    server({
      preview: ({ metrics }) => ({
        problems: [],
        metrics: (metrics as string[]).map((name) =>
          name === 'orders_revenue'
            ? { ...previewed(name), value: null, error: message('numeric overflow') }
            : previewed(name)
        ),
      }),
    });
    open();
    expect(await screen.findByText('numeric overflow')).toBeInTheDocument();
    expect(await screen.findAllByText(/R\$1\.23/)).not.toHaveLength(0);
  });

  it.each<[string, object, RegExp]>([
    ['an expired session', fetchError(401, { message: 'Unauthorized' }), /session has ended\. Sign in again/],
    [
      'somebody who is no administrator',
      fetchError(403, { error: 'only an administrator may' }),
      /Only an administrator of the organisation/,
    ],
    [
      'a store that is down',
      fetchError(502, { error: 'db:5432 cannot be reached', hint: 'is it running?' }),
      /db:5432 cannot be reached is it running\?/,
    ],
  ])('says what to do about %s', async (_, failure, message) => {
    server({
      discover: () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- Grafana fails with plain objects
        throw failure;
      },
    });
    open();
    expect(await screen.findByRole('alert')).toHaveTextContent(message);
    expect(screen.getByRole('button', { name: 'Read again' })).toBeEnabled();
  });

  it('says that nothing was found', async () => {
    server({ discover: () => ({ ...testProposal, tables: [], dimensions: [], metrics: [] }) });
    open();
    expect(await screen.findByText('Nothing was found that looks like orders')).toBeInTheDocument();
    expect(screen.getByRole('button', { name: /^Use these/ })).toBeDisabled();
  });
});
