import { expect, markPart, panel, reference, serious, test, wholeHours } from './plugin';

const values = (name: string, query: object, more: object = {}) => ({
  type: 'query',
  name,
  label: name,
  datasource: reference,
  query: { refId: name, version: 1, list: 'values', table: 'orders', ...query },
  refresh: 2,
  ...more,
});
const several = { multi: true, includeAll: true };

const variables = [
  values('metric', { list: 'metrics', metricType: 'counter' }),
  values('channel', { dimension: 'channel' }, several),
  values(
    'region',
    { dimension: 'region', filters: [{ key: 'channel', operator: '=', values: ['${channel}'] }] },
    several
  ),
];

const regions = panel('table', 'Regions', [
  {
    refId: 'A',
    metrics: ['${metric}'],
    groupBy: ['region'],
    step: 'range',
    format: 'table',
    filters: [
      { key: 'region', operator: '=', values: ['${region}'] },
      { key: 'channel', operator: '=', values: ['${channel}'] },
    ],
  },
]);

const dashboard = { title: 'Variables', time: wholeHours(48), templating: { list: variables }, panels: [regions] };

test('variables choose what a panel asks: a metric, several values, and all', async ({
  grafana,
  page,
  saveDashboard,
}) => {
  const uid = await saveDashboard(dashboard);
  const cells = page.getByRole('gridcell', { name: /^[A-Z]{2}$/ });
  const asked = page.waitForRequest(
    (request) =>
      request.url().endsWith('/tables/orders/dimensions/region/values') &&
      JSON.stringify((request.postDataJSON() as { filters: unknown }).filters) ===
        JSON.stringify([{ key: 'channel', operator: 'in', values: ['app', 'store'] }])
  );
  await page.goto(
    `${grafana}/d/${uid}?var-metric=pedidos_recebidos&var-channel=app&var-channel=store&var-region=SP&var-region=RJ`
  );
  await asked;
  await expect(cells).toHaveCount(2);
  await expect(page.getByRole('columnheader', { name: /Orders received/ })).toBeVisible();

  await page.goto(`${grafana}/d/${uid}?var-metric=faturamento&var-channel=$__all&var-region=$__all`);
  await expect(page.getByRole('columnheader', { name: /Revenue/ })).toBeVisible();
  await expect(cells.nth(3)).toBeVisible();
});

test('the editor of a variable shows what it offers, and has no serious accessibility issue', async ({
  grafana,
  page,
  saveDashboard,
  scanForA11yViolations,
}) => {
  const uid = await saveDashboard(dashboard);
  await page.goto(`${grafana}/d/${uid}?editview=variables&editIndex=2&var-channel=web`);
  const offers = page.getByRole('radiogroup', { name: 'Offers' });
  await expect(offers.getByRole('radio', { name: 'Values' })).toBeChecked();
  const filter = page.getByRole('group', { name: 'Filter 1' });
  await expect(filter.getByRole('combobox', { name: 'Value' })).toHaveValue('${channel}');
  await expect(page.getByText('SP', { exact: true }).first()).toBeVisible();

  // The plugin's part of the page, which has no name.
  const scan = await scanForA11yViolations({ include: await markPart(offers, '[role="group"]') });
  expect(serious(scan.violations)).toEqual([]);

  await offers.getByRole('radio', { name: 'Metrics' }).check();
  await expect(page.getByText('Open carts', { exact: true }).first()).toBeVisible();
  await offers.getByRole('radio', { name: 'Dimensions' }).check();
  await expect(page.getByRole('combobox', { name: 'Of the metric' })).toBeVisible();
  await expect(page.getByText('Status', { exact: true }).first()).toBeVisible();
});

test('a dashboard is grouped by what its viewers choose', async ({
  frontendSettings,
  grafana,
  page,
  saveDashboard,
}) => {
  test.skip(!frontendSettings.featureToggles.groupByVariable, 'the feature groupByVariable is off');
  const groupBy = {
    type: 'groupby',
    name: 'by',
    label: 'Group by',
    datasource: reference,
    current: { text: [], value: [] },
  };
  const channels = panel('timeseries', 'Channels', [{ refId: 'A', metrics: ['pedidos_recebidos'], step: '1h' }]);
  const uid = await saveDashboard({
    title: 'Grouped',
    time: wholeHours(24),
    templating: { list: [groupBy] },
    panels: [channels],
  });
  await page.goto(`${grafana}/d/${uid}`);
  await expect(page.locator('.u-over')).toBeVisible();
  const label = page.getByTestId('data-testid Dashboard template variables submenu Label Group by');
  const by = label.locator('..').locator('input');
  await by.click();
  await page.getByRole('option', { name: 'Channel' }).click();
  await page.keyboard.press('Escape');
  for (const channel of ['app', 'store', 'web']) {
    await expect(page.getByRole('button', { name: channel, exact: true })).toBeVisible();
  }
});
