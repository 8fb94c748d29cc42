import { screen } from '@testing-library/react';

import { testDataSource } from '../../testing/datasource';
import { answered, edit } from '../../testing/editor';
import type { OrdersQuery } from '../../types';

describe('RecordFields', () => {
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
      const data = answered({ from: 1_700_000_100_000, to: 1_700_000_400_000, matching: 7777 });
      await edit(behind, testDataSource(), { data });
      expect(
        screen.getByText('7,777 rows from 2023-11-14 22:15:00 until before 2023-11-14 22:20:00')
      ).toBeInTheDocument();
      expect(screen.getByText('1 week earlier')).toBeInTheDocument();
      expect(screen.getByText('without web, app, which have series of their own')).toBeInTheDocument();
    });

    it('names no groups that are left out where the value is that of one', async () => {
      await edit({ ...behind, filters: [{ key: 'channel', operator: '=', values: ['web'] }] });
      expect(screen.getByText('behind one value')).toBeInTheDocument();
      expect(screen.queryByText(/which have series of their own/)).not.toBeInTheDocument();
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
});
