import { dataSource, expect, pluginId, test } from './plugin';

// The language is the administrator's, who is signed in for all tests.
test.afterEach(async ({ grafana, request }) => {
  await request.patch(`${grafana}/api/user/preferences`, { data: { language: 'en-US' } });
});

test('both editors and the server speak Brazilian Portuguese to whoever does', async ({ grafana, page, request }) => {
  const chosen = await request.patch(`${grafana}/api/user/preferences`, { data: { language: 'pt-BR' } });
  expect(chosen.ok(), await chosen.text()).toBe(true);

  await test.step('the settings page', async () => {
    await page.goto(`${grafana}/connections/datasources/edit/${dataSource.uid}`);
    await expect(page.getByRole('heading', { name: 'Conexão' })).toBeVisible();
    await expect(page.getByLabel('Banco de dados')).toBeVisible();
    await expect(page.getByText('A fonte de dados é provisionada por um arquivo')).toBeVisible();
    await page.getByRole('button', { name: 'Teste', exact: true }).click();
    await expect(page.getByText(/^Conectado ao PostgreSQL .* funcionam\./)).toBeVisible();
  });

  await test.step('the query editor', async () => {
    const query = {
      refId: 'A',
      queryType: 'metric',
      version: 1,
      metrics: ['faturamento'],
      step: '1h',
      compare: ['1w'],
    };
    await page.goto(explored(grafana, query));
    await expect(page.getByRole('radio', { name: 'Números' })).toBeChecked();
    await expect(page.getByRole('combobox', { name: 'Etapa', exact: true })).toHaveValue('1 hora');
    await expect(page.getByText('1 semana antes')).toBeVisible();
    const format = page.getByRole('combobox', { name: 'Formato' });
    await expect(format).toHaveValue('Séries temporais');
    expect(await format.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
    await page.getByRole('button', { name: 'O que é este número?' }).click();
    await expect(page.getByText(/^a soma de total nas linhas de orders .* em invoiced_at/)).toBeVisible();
  });

  await test.step('a mistake in a query', async () => {
    await page.goto(explored(grafana, { refId: 'A', queryType: 'metric', version: 1, metrics: ['faturamentos'] }));
    await expect(
      page.getByText(/não é uma métrica do catálogo, você quis dizer "faturamento"\?/).first()
    ).toBeVisible();
    await expect(page.getByText(/is not a metric/)).toHaveCount(0);
  });
});

function explored(grafana: string, query: object): string {
  const pane = {
    datasource: dataSource.uid,
    queries: [{ ...query, datasource: { type: pluginId, uid: dataSource.uid } }],
    range: { from: 'now-24h', to: 'now' },
  };
  return `${grafana}/explore?schemaVersion=1&orgId=1&panes=${encodeURIComponent(JSON.stringify({ a: pane }))}`;
}
