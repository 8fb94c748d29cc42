import { screen } from '@testing-library/react';

import { CoreApp } from '@grafana/data';

import { testDataSource } from '../../testing/datasource';
import { counter, edit } from '../../testing/editor';

describe('MetricFields', () => {
  it('shows what the metric is', async () => {
    await edit({ version: 1, metrics: ['revenue', 'orders_invoiced'] });
    expect(screen.getAllByText('counter')).toHaveLength(2);
    expect(screen.getByText('Real (R$)')).toBeInTheDocument();
    expect(screen.getByText('Revenue · Revenue of invoiced orders')).toBeInTheDocument();
    expect(screen.getByText('orders_invoiced · Orders invoiced · Sales')).toBeInTheDocument();
  });

  it('offers metrics in the order of what they are called', async () => {
    const { offered } = await edit(counter);
    const labels = (await offered('Metric')).map((text) => text.toLowerCase());
    expect(labels.length).toBeGreaterThan(3);
    expect(labels).toEqual([...labels].sort((a, b) => a.localeCompare(b)));
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

  it('offers an alert rule only what has one value to compare', async () => {
    const { offered } = await edit({ version: 1, metrics: ['time_to_invoice'] }, testDataSource(), {
      app: CoreApp.UnifiedAlerting,
    });
    expect(screen.getByRole('radio', { name: 'Rows' })).toBeDisabled();
    expect(screen.getByRole('button', { name: 'Add a metric' })).toHaveAttribute('aria-disabled', 'true');
    expect(screen.getByRole('combobox', { name: 'Running step' })).toHaveAttribute('placeholder', 'Leave out');
    expect((await offered('View')).some((view) => view.startsWith('Heatmap'))).toBe(false);
  });
});
