import { expect, panel, reference, test, wholeHours } from './plugin';

test('a panel draws its numbers beside those of another data source', async ({ grafana, page, saveDashboard }) => {
  const own = { refId: 'A', metrics: ['pedidos_recebidos'], step: '1h' };
  const random = { refId: 'B', datasource: { type: 'datasource', uid: 'grafana' }, queryType: 'randomWalk' };
  const mixed = { type: 'datasource', uid: '-- Mixed --' };
  const uid = await saveDashboard({
    title: 'Mixed',
    time: wholeHours(24),
    panels: [panel('timeseries', 'Both', [own, random], { datasource: mixed })],
  });
  await page.goto(`${grafana}/d/${uid}`);
  await expect(page.getByRole('button', { name: 'Orders received' })).toBeVisible();
  await expect(page.getByRole('button', { name: /B-series/ })).toBeVisible();
});

test('a rule that is made of a panel keeps what the dashboard filters', async ({ grafana, page, saveDashboard }) => {
  const filters = {
    type: 'adhoc',
    name: 'filters',
    datasource: reference,
    filters: [{ key: 'region', operator: '=', value: 'SP' }],
  };
  const own = [{ key: 'channel', operator: '=', values: ['web'] }];
  const uid = await saveDashboard({
    title: 'Filtered',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [filters] },
    panels: [panel('timeseries', 'Orders', [{ refId: 'A', metrics: ['pedidos_recebidos'], step: '5m', filters: own }])],
  });
  await page.goto(`${grafana}/d/${uid}`);
  await expect(page.locator('.u-over')).toBeVisible();
  await page.getByRole('heading', { name: 'Orders' }).hover();
  await page.getByRole('button', { name: 'Menu for panel Orders' }).click();
  await page.getByRole('menuitem', { name: 'More' }).hover();
  await page.getByRole('menuitem', { name: 'New alert rule' }).click();

  for (const [number, dimension, value] of [
    [1, 'Channel', 'web'],
    [2, 'Region', 'SP'],
  ] as const) {
    const row = page.getByRole('group', { name: `Filter ${number}` });
    await expect(row.getByRole('combobox', { name: 'Dimension' })).toHaveValue(dimension);
    await expect(row.getByRole('combobox', { name: 'Value' })).toHaveValue(value);
  }
  await expect(page.getByRole('group', { name: 'Filter 3' })).toHaveCount(0);
});
