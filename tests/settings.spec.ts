import { dataSource, expect, pluginId, serious, test } from './plugin';

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
