import { dataSource, expect, test } from './plugin';

const viewer = { user: 'live-orders-viewer', password: 'only-looks-at-numbers' };

test('a viewer may look, but not read the schema of the store', async ({
  browser,
  grafana,
  grafanaAPIClient,
  request,
}) => {
  await grafanaAPIClient.createUser({ ...viewer, role: 'Viewer' });
  const context = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  try {
    const login = await context.request.post(`${grafana}/login`, { data: viewer });
    expect(login.ok(), await login.text()).toBe(true);
    const resources = `${grafana}/api/datasources/uid/${dataSource.uid}/resources`;

    for (const name of ['discover', 'preview', 'changelog-sql']) {
      const refused = await context.request.post(`${resources}/${name}`, { data: {} });
      expect(refused.status(), name).toBe(403);
      expect(await refused.text()).toContain('admin');
    }

    const page = await context.newPage();
    await page.goto(`${grafana}/d/live-orders-sales?refresh=1h&viewPanel=2`);
    await expect(page.getByText(/^R\$/).first()).toBeVisible();
  } finally {
    await context.close();
    const { id } = (await (await request.get(`/api/users/lookup?loginOrEmail=${viewer.user}`)).json()) as {
      id: number;
    };
    await request.delete(`/api/admin/users/${id}`);
  }
});
