import { screen } from '@testing-library/react';

import { counter, edit } from '../../testing/editor';

describe('GroupFields', () => {
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
});
