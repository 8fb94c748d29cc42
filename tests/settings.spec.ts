import { dataSource, expect, pluginId, serious, test as base } from './plugin';

interface Stored {
  url: string;
  user: string;
  jsonData: { catalog: { annotations: Record<string, { help: string; tags?: string[] }> } };
}

/** Where a data source is in Grafana's API. */
const stored = (grafana: string, uid: string) => `${grafana}/api/datasources/uid/${uid}`;

const password = process.env.LIVE_ORDERS_PASSWORD;

const test = base.extend<{ ownSource: string }>({
  /** The uid of a data source like the provisioned one, which may be changed. */
  ownSource: async ({ grafana, request }, use) => {
    base.skip(password === undefined, 'LIVE_ORDERS_PASSWORD does not open the store to a data source of their own');
    const model = await request.get(stored(grafana, dataSource.uid));
    const { url, user, jsonData } = (await model.json()) as Stored;
    const created = await request.post(`${grafana}/api/datasources`, {
      data: {
        name: `${dataSource.name} to change`,
        type: pluginId,
        access: 'proxy',
        url,
        user,
        jsonData,
        secureJsonData: { password },
      },
    });
    expect(created.ok(), await created.text()).toBe(true);
    const { datasource } = (await created.json()) as { datasource: { uid: string } };
    await use(datasource.uid);
    await request.delete(stored(grafana, datasource.uid));
  },
});

test('Save & test finds the provisioned store healthy', async ({ gotoDataSourceConfigPage, page }) => {
  const settings = await gotoDataSourceConfigPage(dataSource.uid);
  await page.getByRole('button', { name: 'Test', exact: true }).click();
  await expect(settings).toHaveAlert('success');
});

test('Save & test says what keeps a new data source from its store', async ({ createDataSourceConfigPage, page }) => {
  const settings = await createDataSourceConfigPage({ type: pluginId });
  await page.getByLabel('Host').fill('127.0.0.1:1');
  await page.getByLabel('Database').fill('shop');
  await page.getByLabel('User').fill('nobody');
  await settings.saveAndTest();
  await expect(settings).toHaveAlert('error');
});

test('the settings page has no serious accessibility issue', async ({
  gotoDataSourceConfigPage,
  page,
  scanForA11yViolations,
}) => {
  await gotoDataSourceConfigPage(dataSource.uid);
  await expect(page.getByRole('button', { name: 'Change log' }).first()).toBeVisible();
  const forms = await scanForA11yViolations({ include: 'form' });
  expect(serious(forms.violations)).toEqual([]);
  await page.getByRole('radio', { name: 'YAML' }).check();
  await expect(page.getByRole('textbox', { name: 'Catalog in YAML' })).toBeVisible();
  const scan = await scanForA11yViolations({ include: 'form' });
  expect(serious(scan.violations)).toEqual([]);
});

test('the forms of the catalog and discovery have no serious accessibility issue', async ({
  gotoDataSourceConfigPage,
  ownSource,
  page,
  scanForA11yViolations,
}) => {
  await gotoDataSourceConfigPage(ownSource);
  const drawer = page.getByRole('dialog');
  for (const entry of ['Revenue', 'orders', 'Big orders']) {
    await test.step(`the form of ${entry}`, async () => {
      await page.getByRole('button', { name: `Edit ${entry}`, exact: true }).click();
      await drawer.getByRole('button', { name: /^More/ }).click();
      await expect(drawer.getByLabel('Owner')).toBeVisible();
      await expect(drawer.getByRole('button', { name: 'Take over' })).toBeEnabled();
      // It takes on its colours little by little.
      await drawer.evaluate(async (element) => {
        const changes = element
          .getAnimations({ subtree: true })
          .filter((animation) => animation instanceof CSSTransition);
        await Promise.allSettled(changes.map(({ finished }) => finished));
      });
      const scan = await scanForA11yViolations({ include: '[role="dialog"]' });
      expect(serious(scan.violations)).toEqual([]);
      await drawer.getByRole('button', { name: 'Cancel' }).click();
      await expect(drawer).toHaveCount(0);
    });
  }

  await test.step('discovery', async () => {
    await page.getByRole('button', { name: 'Discover tables and metrics' }).click();
    await expect(drawer.getByRole('button', { name: /^Use these/ })).toBeVisible();
    const scan = await scanForA11yViolations({ include: '[role="dialog"]' });
    expect(serious(scan.violations)).toEqual([]);
  });
});

test('discovery says why in Brazilian Portuguese to whoever speaks it', async ({
  gotoDataSourceConfigPage,
  grafana,
  ownSource,
  page,
  request,
}) => {
  const speak = (language: string) => request.patch(`${grafana}/api/user/preferences`, { data: { language } });
  expect((await speak('pt-BR')).ok()).toBe(true);
  try {
    await gotoDataSourceConfigPage(ownSource);
    await page.getByRole('button', { name: 'Descobrir tabelas e métricas' }).click();
    const orders = page.getByRole('dialog').getByRole('region', { name: 'public.orders' });
    await expect(orders.getByText(/^Guarda pedidos: o nome diz isso/)).toBeVisible();
    await expect(orders.getByRole('group', { name: 'Orders: faturamento', exact: true })).toContainText(
      'Quanto valem as linhas de orders, contado em invoiced_at'
    );
    // The comments of the store's columns are English and stay so.
    await expect(page.getByRole('dialog')).not.toContainText(
      /Counts the rows|By its name|refers to|different values|No index|Left out|This page is older/
    );
  } finally {
    await speak('en-US');
  }
});

test('an annotation that was edited in its form is saved and read back', async ({
  gotoDataSourceConfigPage,
  grafana,
  ownSource,
  page,
  request,
}) => {
  const help = 'Orders that somebody should look at';
  const settings = await gotoDataSourceConfigPage(ownSource);
  await page.getByRole('button', { name: 'Edit Big orders', exact: true }).click();
  await page.getByRole('dialog').getByLabel('Meaning').fill(help);
  await page.getByRole('dialog').getByRole('button', { name: 'Take over' }).click();
  await expect(page.getByText(help)).toBeVisible();
  await settings.saveAndTest();
  await expect(settings).toHaveAlert('success');

  const answer = await request.get(stored(grafana, ownSource));
  const { annotations } = ((await answer.json()) as Stored).jsonData.catalog;
  expect(annotations.pedidos_grandes).toMatchObject({ help, tags: ['channel', 'region'] });
  await page.reload();
  await page.getByRole('button', { name: 'Edit Big orders', exact: true }).click();
  await expect(page.getByRole('dialog').getByLabel('Meaning')).toHaveValue(help);
});
