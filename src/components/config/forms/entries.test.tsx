import { fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { parse } from 'yaml';

import { setSavedServer } from '../../../testing/saved';
import type { CatalogDraft } from '../catalogDraft';
import { useCatalogDraft } from '../useCatalogDraft';
import { CatalogForms } from './CatalogForms';

// The real ones draw on a canvas and load Monaco from the server.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual<object>('@grafana/ui'),
  Sparkline: () => null,
  CodeEditor: ({ value }: { value: string }) => <pre>{value}</pre>,
}));

const text = `# Of the shop
version: 1
timezone: UTC
tables:
  orders:
    relation: public.orders
    time: created_at # when it was placed
    records: [ id, total ]
    dimensions:
      channel: { column: channel } # web, app
      region: { column: region, values: [ "far\\naway" ] }
  campaigns:
    relation: public.campaigns
    time: starts_at
metrics:
  # Every day
  placed: { type: counter, table: orders, help: Orders placed }
annotations:
  # Of marketing
  ads:
    table: orders
    title: name # as it was printed
    tags: [ channel ]
    help: Campaigns
`;

const columns = [
  ['id', 'integer'],
  ['created_at', 'timestamptz'],
  ['updated_at', 'timestamptz'],
  ['starts_at', 'timestamptz'],
  ['ends_at', 'timestamptz'],
  ['name', 'text'],
  ['budget', 'numeric'],
].map(([name = '', kind = '']) => ({ name, expression: name, type: kind, class: kind }));

/** The forms over a draft, as the settings page has them. */
function edit() {
  setSavedServer({
    preview: () => ({ problems: [], metrics: [], annotations: [] }),
    relations: () => ({
      relations: [
        ['public.orders', 'table'],
        ['public.campaigns', 'table'],
        ['public.paid_orders', 'view'],
      ].map(([relation, kind]) => ({ relation, kind, columns })),
    }),
  });
  let latest = text;
  function Page() {
    const [held, setHeld] = useState<unknown>(() => parse(text) as unknown);
    const editing = useCatalogDraft(held, setHeld);
    const [begun, setBegun] = useState(false);
    if (!begun) {
      setBegun(true);
      editing.editText(text);
    }
    latest = editing.text;
    return editing.catalog ? (
      <CatalogForms
        uid="orders"
        catalog={editing.catalog}
        saved={undefined}
        readOnly={false}
        connected
        onChange={editing.editCatalog}
      />
    ) : null;
  }
  render(<Page />);
  const user = userEvent.setup({ delay: null });
  return {
    user,
    catalog: () => parse(latest) as CatalogDraft,
    /** The lines that the edits took away and brought. */
    lines: () => {
      const [before, now] = [text.split('\n'), latest.split('\n')];
      return [before.filter((line) => !now.includes(line)), now.filter((line) => !before.includes(line))];
    },
    open: async (name: string) => {
      await user.click(screen.getByLabelText(`Edit ${name}`));
      await focused();
    },
    more: () => user.click(screen.getByRole('button', { name: /^More/ })),
    type: (label: RegExp, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } }),
    choose: async (label: RegExp, option: RegExp) => {
      const box = screen.getByLabelText(label);
      await user.click(box);
      await user.click(await optionsOf(box).findByText(option));
    },
    done: () => user.click(screen.getByText('Take over')),
  };
}

/** The list of a combobox that is open. Finding it by role would take most of a test's time. */
function optionsOf(box: HTMLElement) {
  return within(document.getElementById(box.getAttribute('aria-controls') ?? '') ?? document.body);
}

/** Presses Escape, as a drawer hears it: by the number of the key. */
function escape(element: HTMLElement) {
  fireEvent.keyDown(element, { key: 'Escape', keyCode: 27 });
}

/** Waits until the form has taken the focus, which would close a list that is open. */
async function focused() {
  await waitFor(() => expect(document.activeElement?.closest('[role="dialog"]')).not.toBeNull());
}

describe('an annotation', () => {
  it('is added with the columns of its table, and nothing else changes', async () => {
    const { user, type, choose, done, lines } = edit();
    await user.click(screen.getByText('Add an annotation'));
    await focused();
    expect(screen.queryByText('Must not be empty')).not.toBeInTheDocument(); // nothing was left empty yet
    expect(screen.getByText('Take over').closest('button')).toBeDisabled();
    type(/^Name/, 'campaigns');
    await choose(/^Table/, /^campaigns/);
    type(/^Meaning/, 'Campaigns of the marketing team');
    await choose(/^Title/, /^name/);
    await choose(/^Lasts until/, /^ends_at/);
    await choose(/^Text/, /^budget/);
    type(/^Only rows where/, 'not cancelled');
    await user.keyboard('{Enter}');
    await done();
    expect(lines()).toEqual([
      [],
      [
        '  campaigns:',
        '    table: campaigns',
        '    title: name',
        '    help: Campaigns of the marketing team',
        '    end: ends_at',
        '    text: budget',
        '    where: not cancelled',
      ].filter((line) => !text.split('\n').includes(line)),
    ]);
  });

  it('is edited, with what few need behind More', async () => {
    const { open, more, type, done, lines } = edit();
    await open('ads');
    expect(screen.queryByLabelText(/^Owner/)).not.toBeInTheDocument();
    await more();
    type(/^Owner/, 'marketing');
    type(/^Label/, 'Advertisements');
    await done();
    expect(lines()).toEqual([[], ['    owner: marketing', '    label: Advertisements']]);
    expect(screen.getByText('ads · Campaigns')).toBeInTheDocument();
    await open('Advertisements');
    expect(screen.getByRole('button', { name: 'More: Label, Owner' })).toBeInTheDocument();
  });

  it('says at the field what its new table does not have', async () => {
    const { open, choose } = edit();
    await open('ads');
    await choose(/^Table/, /^campaigns/);
    const message = '"channel" is no dimension of table campaigns';
    expect(screen.getByText(message)).toBeInTheDocument();
    expect(screen.getByText(`Tags: ${message}`)).toBeInTheDocument();
    expect(screen.getByText('Take over').closest('button')).toBeDisabled();
  });

  it('is not thrown away by the Escape that closes a list, or by a click beside the form', async () => {
    const { user, open, type } = edit();
    await open('ads');
    type(/^Meaning/, 'Half written');
    const box = screen.getByLabelText(/^Table/);
    await user.click(box);
    expect(box).toHaveAttribute('aria-expanded', 'true');
    escape(box);
    expect(box).toHaveAttribute('aria-expanded', 'false');
    await user.click(document.querySelector('.rc-drawer-mask') as Element);
    expect(screen.getByLabelText(/^Meaning/)).toHaveValue('Half written');
    escape(box);
    expect(screen.queryByLabelText(/^Meaning/)).not.toBeInTheDocument();
  });

  it('is removed, with the key for annotations after the last one', async () => {
    const { user, catalog } = edit();
    await user.click(screen.getByLabelText('Remove ads'));
    expect(catalog()).not.toHaveProperty('annotations');
  });
});

describe('a metric', () => {
  it('has an owner and other names, which must be free', async () => {
    const { open, more, type, done, catalog, lines } = edit();
    await open('placed');
    await more();
    type(/^Owner/, 'sales');
    type(/^Other names/, 'pedidos\nplaced\n');
    expect(screen.getByText('"placed" names this metric already; remove the alias')).toBeInTheDocument();
    type(/^Other names/, 'pedidos\n\nshop:orders ');
    expect(screen.queryByText(/names this metric already/)).not.toBeInTheDocument();
    await done();
    expect(catalog().metrics.placed).toMatchObject({ owner: 'sales', aliases: ['pedidos', 'shop:orders'] });
    expect(lines()[0]).toEqual(['  placed: { type: counter, table: orders, help: Orders placed }']);
  });

  it('cannot be removed where it is the only one', () => {
    edit();
    expect(screen.getByLabelText('placed is the last one, and a catalog needs one')).toBeDisabled();
  });
});

describe('a table', () => {
  it('has an owner, a time zone and the page of a row', async () => {
    const { open, more, type, done, lines, user } = edit();
    await open('orders');
    await more();
    type(/^Owner/, 'sales');
    type(/^Page of a row/, 'https://shop.example/{ident}');
    expect(screen.getByText("{ident} is no column of the table's records")).toBeInTheDocument();
    type(/^Page of a row/, 'https://shop.example/{id}');
    const zones = screen.getAllByLabelText(/^Time zone/).at(-1) as HTMLElement;
    await user.click(zones);
    await user.type(zones, 'America/Sao');
    await user.click(await optionsOf(zones).findByText('America/Sao_Paulo'));
    await done();
    expect(lines()).toEqual([
      [],
      ['    owner: sales', '    link: https://shop.example/{id}', '    timezone: America/Sao_Paulo'],
    ]);
  });

  it('tells which rows changed by a column, with its lateness', async () => {
    const { open, type, choose, done, catalog } = edit();
    await open('campaigns');
    await choose(/^Changes/, /^updated_at/);
    expect(screen.getByText('Column of changes: The key column is missing')).toBeInTheDocument();
    await choose(/^Column of changes/, /^updated_at/);
    type(/^Lateness/, 'soon');
    expect(screen.getByText(/^"soon": write a whole number/)).toBeInTheDocument();
    type(/^Lateness/, '1m');
    await done();
    expect(catalog().tables.campaigns?.changes).toEqual({ mode: 'updated_at', column: 'updated_at', lateness: '1m' });
  });

  it('that is a view names the table whose change log serves it', async () => {
    const { open, choose, user, done, catalog } = edit();
    await open('campaigns');
    await choose(/^Changes/, /^log/);
    expect(screen.queryByLabelText(/^Base of the view/)).not.toBeInTheDocument();
    await choose(/^Table or view/, /^public\.paid_orders/);
    const base = screen.getByLabelText(/^Base of the view/);
    await user.click(base);
    expect(await optionsOf(base).findByText('public.orders')).toBeInTheDocument();
    expect(optionsOf(base).queryByText('public.paid_orders')).not.toBeInTheDocument();
    await user.click(optionsOf(base).getByText('public.orders'));
    await done();
    expect(catalog().tables.campaigns).toMatchObject({
      relation: 'public.paid_orders',
      changes: { mode: 'log', base: 'public.orders' },
    });
  });

  it('cannot be its own base, and has none by another feed', async () => {
    const { open, choose, done, catalog } = edit();
    await open('campaigns');
    await choose(/^Table or view/, /^public\.paid_orders/);
    await choose(/^Changes/, /^log/);
    await choose(/^Base of the view/, /^public\.orders/);
    await choose(/^Table or view/, /^public\.orders/);
    expect(screen.getByText('is the relation itself; only a view has a base, remove this key')).toBeInTheDocument();
    expect(screen.getByText('Take over').closest('button')).toBeDisabled();
    await choose(/^Changes/, /^updated_at/);
    await choose(/^Column of changes/, /^updated_at/);
    await done();
    expect(catalog().tables.campaigns?.changes).toEqual({ mode: 'updated_at', column: 'updated_at' });
  });

  it('keeps of its changes what another mode takes', async () => {
    const { open, type, choose, done, catalog } = edit();
    await open('campaigns');
    await choose(/^Changes/, /^append_only/);
    type(/^Lateness/, '1h');
    await choose(/^Changes/, /^updated_at/);
    await choose(/^Column of changes/, /^updated_at/);
    await choose(/^Changes/, /^append_only/);
    await done();
    expect(catalog().tables.campaigns?.changes).toEqual({ mode: 'append_only', lateness: '1h' });
    await open('campaigns');
    await choose(/^Changes/, /^none/);
    await done();
    expect(catalog().tables.campaigns).not.toHaveProperty('changes');
  });

  it('lists the values of a dimension, and looks back for others', async () => {
    const { open, done, user, lines } = edit();
    await open('orders');
    const channel = within(screen.getByRole('region', { name: 'Dimension channel' }));
    await user.click(channel.getByLabelText('Groups without rows of channel'));
    fireEvent.change(channel.getByLabelText(/^Values/), { target: { value: 'web\n\napp, of course\n' } });
    fireEvent.change(channel.getByLabelText(/^Look-back/), { target: { value: '7 days' } });
    expect(channel.getByText(/^"7 days": write a whole number/)).toBeInTheDocument();
    fireEvent.change(channel.getByLabelText(/^Look-back/), { target: { value: '7d' } });
    await done();
    expect(lines()).toEqual([
      ['      channel: { column: channel } # web, app'],
      ['      channel: { column: channel, values: [ web, "app, of course" ], lookback: 7d } # web, app'],
    ]);
  });

  it('leaves values with a line break as they are, and says where they are changed', async () => {
    const { open, done, catalog } = edit();
    await open('orders');
    const region = within(screen.getByRole('region', { name: 'Dimension region' }));
    expect(region.getByLabelText(/^Values/)).toBeDisabled();
    expect(region.getByText(/change them in the YAML/)).toBeInTheDocument();
    fireEvent.change(region.getByLabelText(/^Label/), { target: { value: 'Region' } });
    await done();
    expect(catalog().tables.orders?.dimensions?.region).toEqual({
      column: 'region',
      label: 'Region',
      values: ['far\naway'],
    });
  });

  it('renames a dimension where it is, and the tags with it; a name that is taken is told', async () => {
    const { open, done, lines } = edit();
    await open('orders');
    const name = () => within(screen.getAllByRole('region', { name: /^Dimension/ })[0] as HTMLElement);
    fireEvent.change(name().getByLabelText(/^Name/), { target: { value: 'region' } });
    expect(screen.getAllByText('The name is taken')).not.toHaveLength(0);
    expect(screen.getByText('Take over').closest('button')).toBeDisabled();
    fireEvent.change(name().getByLabelText(/^Name/), { target: { value: 'way' } });
    await done();
    expect(lines()).toEqual([
      ['      channel: { column: channel } # web, app', '    tags: [ channel ]'],
      ['      way: { column: channel } # web, app', '    tags: [ way ]'],
    ]);
  });

  it('says what it would break elsewhere', async () => {
    const { open, user } = edit();
    await open('orders');
    await user.click(screen.getByLabelText('Remove the dimension channel'));
    expect(screen.getByText('annotations.ads.tags[0]: "channel" is no dimension of table orders')).toBeInTheDocument();
    expect(screen.getByText('Take over').closest('button')).toBeDisabled();
  });

  it('warns of a column that the store does not have, and does not insist', async () => {
    const { open, user, done, catalog } = edit();
    await open('campaigns');
    const time = screen.getByLabelText(/^Event time/);
    await user.click(time);
    fireEvent.change(time, { target: { value: 'start_at' } });
    await user.click(await optionsOf(time).findByText(/Use custom value/));
    expect(
      await screen.findByText('public.campaigns has no column "start_at"; did you mean "starts_at"?')
    ).toBeInTheDocument();
    await done();
    expect(catalog().tables.campaigns?.time).toBe('start_at');
  });
});

describe('the prefix', () => {
  it('is passed on once it is right', () => {
    const { type, catalog, lines } = edit();
    type(/^Prefix/, 'shop-');
    expect(screen.getByText(/^"shop-" is no name/)).toBeInTheDocument();
    expect(catalog()).not.toHaveProperty('prefix');
    type(/^Prefix/, 'shop_');
    expect(lines()).toEqual([[], ['prefix: shop_']]);
    type(/^Prefix/, '');
    expect(catalog()).not.toHaveProperty('prefix');
  });
});
