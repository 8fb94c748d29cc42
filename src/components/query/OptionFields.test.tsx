import { screen } from '@testing-library/react';

import { counter, edit } from '../../testing/editor';

describe('OptionFields', () => {
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

  it('shows a heatmap ungrouped, in its own format and beside nothing else', async () => {
    const { choose, changed } = await edit({
      version: 1,
      metrics: ['time_to_invoice'],
      groupBy: ['region'],
      top: { limit: 3 },
    });
    await choose('View', /^Heatmap/);
    expect(changed()).toEqual({ refId: 'A', version: 1, metrics: ['time_to_invoice'], view: 'heatmap' });
    expect(screen.queryByRole('combobox', { name: 'Format' })).not.toBeInTheDocument();
    expect(screen.queryByRole('combobox', { name: 'Compare with' })).not.toBeInTheDocument();
    expect(screen.getByRole('combobox', { name: 'Group by' })).toBeDisabled();
  });

  it('asks for a table, the running step and a legend', async () => {
    const { user, choose, changed } = await edit({ ...counter, groupBy: ['region'] });
    expect(screen.getByRole('combobox', { name: 'Running step' })).toHaveAttribute('placeholder', 'Keep');
    await choose('Format', 'Table');
    await choose('Running step', /^Leave out/);
    await user.type(screen.getByRole('textbox', { name: 'Legend' }), 'From {{{{region}}{Enter}');
    expect(changed()).toMatchObject({ format: 'table', partial: 'drop', legend: 'From {{region}}' });
  });
});
