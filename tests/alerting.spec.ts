import { choose, dataSource, expect, test } from './plugin';

test('a rule on a metric is previewed in the alert rule form', async ({ alertRuleEditPage, page }) => {
  await alertRuleEditPage.alertRuleNameField.fill('Few orders');
  await alertRuleEditPage.enableAdvancedQueryMode();
  const row = await alertRuleEditPage.getQueryRow('A');
  await row.datasource.set(dataSource.name);
  await choose(page, row.locator, 'Metric', 'Orders invoiced');
  await expect(row.locator.getByRole('radio', { name: 'Rows' })).toBeDisabled();
  expect((await alertRuleEditPage.evaluate()).ok()).toBe(true);
});
