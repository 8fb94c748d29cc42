import { dataSource, expect, panel, reference, test, wholeHours } from './plugin';

// A scale on which every point lies on the axis, so that it is known where to click.
const flat = { defaults: { min: 0, max: 1e6 }, overrides: [] };
const inSP = { key: 'region', operator: '=', values: ['SP'] };

test('a point leads to as many rows as it counts, and each row to its order', async ({
  grafana,
  page,
  saveDashboard,
}) => {
  const received = { refId: 'A', metrics: ['pedidos_recebidos'], step: '1h', filters: [inSP] };
  const uid = await saveDashboard({
    title: 'Points',
    time: wholeHours(12),
    panels: [panel('timeseries', 'Orders', [received], { fieldConfig: flat })],
  });
  await page.goto(`${grafana}/d/${uid}`);
  const plot = page.locator('.u-over');
  await expect(plot).toBeVisible();
  const { width, height } = (await plot.boundingBox()) ?? { width: 0, height: 0 };
  await plot.click({ position: { x: width / 2, y: height - 3 } });
  const link = page.getByRole('link', { name: 'Rows behind this value' });
  await expect(link).toBeVisible();
  const tooltip = page.getByTestId('data-testid viz-tooltip-wrapper').filter({ has: link });
  const value = /Orders received\s*(\d+)/.exec(await tooltip.innerText())?.[1];
  expect(Number(value)).toBeGreaterThan(0);

  await link.click();
  await expect(page).toHaveURL(/\/explore\?/);
  await expect(page.getByText(new RegExp(`^${value} rows? from`))).toBeVisible();
  await expect(page.getByRole('button', { name: 'What are these rows?' })).toBeVisible();
  const order = page.getByRole('gridcell').getByRole('link').first();
  await expect(order).toHaveText(/\d/);
  const id = (await order.innerText()).replaceAll(/\D/g, '');
  await expect(order).toHaveAttribute('href', `https://shop.example.com/orders/${id}`);
});

test('a cell of rows in Explore becomes a filter, and is none again', async ({ grafana, page }) => {
  const rows = { refId: 'A', queryType: 'records', version: 1, metrics: [], records: 'orders', limit: 50 };
  const pane = {
    datasource: dataSource.uid,
    queries: [{ ...rows, datasource: reference }],
    range: wholeHours(12),
  };
  await page.goto(`${grafana}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify({ a: pane }))}`);
  // A cell under the pointer is also called what its buttons are.
  const cell = (text: string) => page.getByRole('gridcell', { name: new RegExp(`^${text}\\b`) });
  const filter = page.getByRole('group', { name: 'Filter 1' });

  await cell('web').first().hover();
  await cell('web').first().getByRole('button', { name: 'Filter for value' }).click();
  await expect(filter.getByRole('combobox', { name: 'Dimension' })).toHaveValue('Channel');
  await expect(filter.getByRole('combobox', { name: 'Value' })).toHaveValue('web');
  await expect(cell('app')).toHaveCount(0);

  await cell('web').first().hover();
  await cell('web').first().getByRole('button', { name: 'Filter out value' }).click();
  await expect(filter.getByRole('combobox', { name: 'Operator' })).toHaveValue('!=');
  await expect(cell('app').first()).toBeVisible();
  await expect(cell('web')).toHaveCount(0);
});
