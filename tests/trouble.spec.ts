import { choose, dataSource, expect, test } from './plugin';

test('a metric that the catalog no longer has is named, with the nearest that it has', async ({ grafana, page }) => {
  const query = {
    refId: 'A',
    datasource: { uid: dataSource.uid },
    queryType: 'metric',
    version: 1,
    metrics: ['faturamentos'],
  };
  const panes = { a: { datasource: dataSource.uid, queries: [query], range: { from: 'now-1h', to: 'now' } } };
  await page.goto(`${grafana}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify(panes))}`);
  await expect(page.getByText(/faturamentos.*did you mean "faturamento"/).first()).toBeVisible();
  await expect(page.getByText(/The catalog has no metric faturamentos/)).toHaveCount(1);
  await page.getByRole('button', { name: 'Use faturamento' }).click();
  await expect(page.getByText(/faturamentos/)).toHaveCount(0);
  await expect(page.locator('.u-over').first()).toBeVisible();
});

test('where a session has expired the editor says so and stays usable', async ({ page, panelEditPage }) => {
  await panelEditPage.datasource.set(dataSource.name);
  const editor = panelEditPage.getQueryEditorRow('A');
  await choose(page, editor, 'Metric', 'Revenue');
  await panelEditPage.mockResourceResponse('explain', { message: 'Unauthorized' }, 401);
  await editor.getByRole('button', { name: 'What is this number?' }).click();
  await expect(editor.getByText(/^You are not signed in any more/)).toBeVisible();

  await page.unrouteAll();
  await choose(page, editor, 'Metric', 'Average ticket');
  await expect(editor.getByText('business time zone America/Sao_Paulo')).toBeVisible();
});

test('where a session ends while somebody edits, Grafana asks to sign in', async ({
  frontendSettings,
  page,
  panelEditPage,
}) => {
  test.skip(frontendSettings.anonymousEnabled, 'who is not signed in may look');
  await panelEditPage.datasource.set(dataSource.name);
  const editor = panelEditPage.getQueryEditorRow('A');
  await choose(page, editor, 'Metric', 'Revenue');
  await page.context().clearCookies();
  await editor.getByRole('button', { name: 'What is this number?' }).click();
  await expect(page).toHaveURL(/\/login/);
  await expect(page.getByRole('button', { name: 'Log in', exact: true })).toBeVisible();
});
