import { expect, pluginId, test } from './plugin';

interface Saved {
  dashboard: { panels: Array<{ targets: Array<{ datasource: { uid: string } }> }> };
}

test('a dashboard of the plugin is imported from the page of a data source, and asks that one', async ({
  createDataSource,
  page,
  request,
}) => {
  const other = await createDataSource({ type: pluginId });
  let imported = '';
  try {
    await page.goto(`/connections/datasources/edit/${other.uid}/dashboards`);
    const row = page.getByRole('row').filter({ hasText: 'Time to invoice' });
    await row.getByRole('button', { name: 'Import' }).click();
    const link = row.getByRole('link', { name: 'Time to invoice' });
    await expect(link).toBeVisible();
    imported = /\/d\/([^/]+)/.exec((await link.getAttribute('href')) ?? '')?.[1] ?? '';

    const { dashboard } = (await (await request.get(`/api/dashboards/uid/${imported}`)).json()) as Saved;
    const asked = dashboard.panels.flatMap(({ targets }) => targets.map(({ datasource }) => datasource.uid));
    expect([...new Set(asked)]).toEqual([other.name]);
  } finally {
    await request.delete(`/api/dashboards/uid/${imported}`);
    await request.delete(`/api/datasources/uid/${other.uid}`);
  }
});
