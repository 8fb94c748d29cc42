import type { Request } from '@playwright/test';

import { type Answer, choose, dataSource, expect, labelsOf, serious, test } from './plugin';

/** Whether a request asks for what the test has just chosen. */
const asks = (part: object) => (request: Request) => {
  const { queries } = request.postDataJSON() as { queries: object[] };
  return queries.some((query) => JSON.stringify({ ...query, ...part }) === JSON.stringify(query));
};

test('a new panel shows a number at once, and each choice at once what it asks for', async ({
  page,
  panelEditPage,
}) => {
  const first = panelEditPage.waitForQueryDataResponse();
  await panelEditPage.datasource.set(dataSource.name);
  expect((await (await first).json()) as Answer).toMatchObject({ results: { A: { status: 200 } } });
  const editor = panelEditPage.getQueryEditorRow('A');

  await test.step('the metric', async () => {
    const response = panelEditPage.waitForQueryDataResponse((answered) =>
      asks({ metrics: ['faturamento'] })(answered.request())
    );
    await choose(page, editor, 'Metric', 'Revenue');
    expect((await response).ok()).toBe(true);
    await expect(editor.getByText('Valor total dos pedidos faturados')).toBeVisible();
    await expect(editor.getByText('counter', { exact: true })).toBeVisible();
  });

  await test.step('the grouping', async () => {
    const response = panelEditPage.waitForQueryDataResponse((answered) =>
      asks({ groupBy: ['channel'] })(answered.request())
    );
    await choose(page, editor, 'Group by', 'Channel');
    const labels = labelsOf((await (await response).json()) as Answer);
    expect(labels.map(({ channel }) => channel).sort()).toEqual(['app', 'store', 'web']);
  });

  await test.step('a filter with a value from the store', async () => {
    await editor.getByRole('button', { name: 'Add a filter' }).click();
    const filter = editor.getByRole('group', { name: 'Filter 1' });
    await choose(page, filter, 'Dimension', 'Region');
    const response = panelEditPage.waitForQueryDataResponse((answered) =>
      asks({ filters: [{ key: 'region', operator: '=', values: ['SP'] }] })(answered.request())
    );
    await choose(page, filter, 'Value', 'SP');
    expect((await response).ok()).toBe(true);
  });

  await expect(panelEditPage.panel.getErrorIcon()).toHaveCount(0);
  for (const channel of ['app', 'store', 'web']) {
    await expect(panelEditPage.panel.locator.getByRole('button', { name: channel, exact: true })).toBeVisible();
  }
});

test('a number is explained by its definition and its statement', async ({ page, panelEditPage }) => {
  await panelEditPage.datasource.set(dataSource.name);
  const editor = panelEditPage.getQueryEditorRow('A');
  await choose(page, editor, 'Metric', 'Average ticket');
  await editor.getByRole('button', { name: 'What is this number?' }).click();
  await expect(editor.getByText('business time zone America/Sao_Paulo')).toBeVisible();
  await expect(editor.getByText(/select/i).first()).toBeVisible();
});

test('the query editor has no serious accessibility issue', async ({ page, panelEditPage, scanForA11yViolations }) => {
  await panelEditPage.datasource.set(dataSource.name);
  const editor = panelEditPage.getQueryEditorRow('A');
  await choose(page, editor, 'Metric', 'Revenue');
  await editor.getByRole('button', { name: 'Add a filter' }).click();
  await expect(editor.getByRole('group', { name: 'Filter 1' })).toBeVisible();
  const row = await editor.getAttribute('data-testid');
  const scan = await scanForA11yViolations({ include: `[data-testid="${row}"]` });
  expect(serious(scan.violations)).toEqual([]);
});

test('Enter takes the first match of what is typed, and Escape leaves what is chosen', async ({
  page,
  panelEditPage,
}) => {
  await panelEditPage.datasource.set(dataSource.name);
  const editor = panelEditPage.getQueryEditorRow('A');
  const metric = editor.getByRole('combobox', { name: 'Metric' });
  await metric.click();
  await metric.pressSequentially('reven', { delay: 50 });
  await expect(page.getByRole('option')).toHaveText(/^Revenue/);
  await metric.press('Enter');
  await expect(metric).toHaveValue('Revenue (faturamento)');
  await metric.press('Escape');
  await expect(metric).not.toBeFocused();
  await expect(metric).toHaveValue('Revenue (faturamento)');

  const groupBy = editor.getByRole('combobox', { name: 'Group by' });
  await groupBy.click();
  await groupBy.pressSequentially('reg', { delay: 50 });
  await expect(page.getByRole('option')).toHaveText(/^Region/);
  await groupBy.press('Enter');
  await expect(editor.getByRole('button', { name: 'Remove Region' })).toBeVisible();
});

test('the button for another metric stays beside one that is not in the catalog', async ({ grafana, page }) => {
  const query = { refId: 'A', queryType: 'metric', version: 1, metrics: ['zzzz'] };
  const pane = { datasource: dataSource.uid, queries: [query], range: { from: 'now-1h', to: 'now' } };
  await page.goto(`${grafana}/explore?schemaVersion=1&panes=${encodeURIComponent(JSON.stringify({ a: pane }))}`);
  await expect(page.getByText('The catalog has no metric zzzz').first()).toBeVisible();
  const field = await page.getByRole('combobox', { name: 'Metric' }).boundingBox();
  const button = await page.getByRole('button', { name: 'Add a metric' }).boundingBox();
  expect(Math.round(button?.y ?? 0)).toBe(Math.round(field?.y ?? -1));
});

test('the Tab key reaches everything in the query editor in its order, by name and with a ring', async ({
  page,
  panelEditPage,
}) => {
  await panelEditPage.datasource.set(dataSource.name);
  const editor = panelEditPage.getQueryEditorRow('A');
  await choose(page, editor, 'Metric', 'Revenue');
  await choose(page, editor, 'Group by', 'Channel');
  await editor.getByRole('button', { name: 'Add a filter' }).click();

  const focus = editor.locator(':focus');
  const stops: string[] = [];
  await editor.getByRole('radio', { name: 'Numbers' }).focus();
  while (await focus.count()) {
    const [stop = ''] = /[a-z]+( "[^"]*")?/.exec(await focus.ariaSnapshot()) ?? [];
    stops.push(stop);
    await expect.poll(() => focus.evaluate(hasRing), stop).toBe(true);
    await page.keyboard.press('Tab');
  }
  expect(stops).toEqual([
    'radio "Numbers"',
    'combobox "Metric"',
    'button "Add a metric"',
    'combobox "View"',
    'text',
    'button "Remove Channel"',
    'combobox "Group by"',
    'button "Clear all"',
    'button "Keeps the groups that rank first over the whole range"',
    'spinbutton "Top"',
    'button "Adds one more series for all groups that are not among the top"',
    'combobox "Dimension"',
    'combobox "Operator"',
    'button "Remove filter 1"',
    'button "Add a filter"',
    'combobox "Step"',
    'combobox "Compare with"',
    'button "What becomes of the step that has not ended yet"',
    'combobox "Running step"',
    'combobox "Format"',
    'button "The name of each series. The pattern may hold {{metric}}, {{help}}, {{label}}."',
    'textbox "Legend"',
    'button "What is this number?"',
  ]);
});

/** Whether an element or the box that it is in is marked as the one that has the focus. */
function hasRing(element: Element): boolean {
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const box = element.parentElement?.parentElement;
  const marked = [element, box].some((one) => one && /\b2px, .*\b4px$/.test(getComputedStyle(one).boxShadow));
  return marked || (outlineStyle === 'auto' && outlineWidth !== '0px');
}
