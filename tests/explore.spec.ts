import { choose, dataSource, expect, test } from './plugin';

test('Explore draws a metric and keeps it in its history', async ({ explorePage, page }) => {
  await explorePage.datasource.set(dataSource.name);
  const editor = explorePage.getQueryEditorRow('A');
  const response = explorePage.waitForQueryDataResponse();
  await choose(page, editor, 'Metric', 'Open carts');
  expect((await response).ok()).toBe(true);
  await expect(page.locator('.u-over').first()).toBeVisible();

  await page.getByRole('button', { name: 'Query history' }).click();
  await expect(page.getByText('carrinhos_abertos_gauge').first()).toBeVisible();
});
