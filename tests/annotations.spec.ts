import { expect, markPart, panel, reference, serious, test, wholeHours } from './plugin';

const slow = {
  name: 'Slow orders',
  enable: true,
  iconColor: 'orange',
  datasource: reference,
  target: { refId: 'Anno', queryType: 'annotation', version: 1, annotation: 'pedidos_demorados', limit: 3 },
};
const dashboard = {
  title: 'Events',
  time: wholeHours(6),
  annotations: { list: [slow] },
  panels: [panel('timeseries', 'Orders', [{ refId: 'A', metrics: ['pedidos_recebidos'], step: '5m' }])],
};

test('events of the catalog are drawn over a panel, with their end', async ({ grafana, page, saveDashboard }) => {
  const uid = await saveDashboard(dashboard);
  await page.goto(`${grafana}/d/${uid}`);
  const markers = page.getByTestId('data-testid annotation-marker');
  await expect(markers).toHaveCount(3);
  // The one that no other lies over.
  await markers.last().hover();
  const tooltip = page.getByTestId('annotation-marker');
  await expect(tooltip.getByText(/Pedido \d+\s*Faturado após \d\d:\d\d:\d\d/)).toBeVisible();
  // From when until when.
  await expect(tooltip.getByText(/\d\d:\d\d:\d\d - .*\d\d:\d\d:\d\d/)).toBeVisible();
});

test('the editor of an annotation has no serious accessibility issue', async ({
  grafana,
  page,
  saveDashboard,
  scanForA11yViolations,
}) => {
  const uid = await saveDashboard(dashboard);
  // The first is Grafana's own, which it adds.
  await page.goto(`${grafana}/d/${uid}?editview=annotations&editIndex=1`);
  const events = page.getByRole('combobox', { name: 'Events' });
  await expect(events).toHaveValue('Slow orders (pedidos_demorados)');
  await expect(page.getByText('periods', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'What are these events?' }).click();
  await expect(page.getByText(/^select/i).first()).toBeVisible();
  const scan = await scanForA11yViolations({ include: await markPart(events, 'pre') });
  expect(serious(scan.violations)).toEqual([]);
});
