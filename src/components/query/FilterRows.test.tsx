import { screen, waitFor, within } from '@testing-library/react';

import { testDataSource } from '../../testing/datasource';
import { counter, edit } from '../../testing/editor';
import type { OrdersQuery } from '../../types';

describe('FilterRows', () => {
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
