import { choose, dataSource, expect, pluginId, test as base } from './plugin';

const { LIVE_ORDERS_URL, LIVE_ORDERS_DATABASE, LIVE_ORDERS_USER, LIVE_ORDERS_PASSWORD, LIVE_ORDERS_SSLMODE } =
  process.env;

const other = { uid: 'live-orders-carts', name: 'Live Orders of carts' };

/** The same store, of which this one knows the open carts and nothing else. */
const test = base.extend<{ withOther: typeof other }>({
  withOther: [
    async ({ grafana, request }, use) => {
      base.skip(!LIVE_ORDERS_URL, 'LIVE_ORDERS_URL names no server');
      const remove = () => request.delete(`${grafana}/api/datasources/uid/${other.uid}`);
      await remove();
      const created = await request.post(`${grafana}/api/datasources`, {
        data: {
          ...other,
          type: pluginId,
          access: 'proxy',
          url: LIVE_ORDERS_URL,
          user: LIVE_ORDERS_USER,
          jsonData: {
            database: LIVE_ORDERS_DATABASE,
            sslmode: LIVE_ORDERS_SSLMODE,
            catalog: {
              version: 1,
              timezone: 'America/Sao_Paulo',
              tables: { carts: { relation: 'public.carts', time: 'opened_at' } },
              metrics: {
                open: { type: 'gauge', table: 'carts', opened: 'opened_at', closed: 'closed_at', help: 'Open carts' },
              },
            },
          },
          secureJsonData: { password: LIVE_ORDERS_PASSWORD },
        },
      });
      expect(created.ok(), await created.text()).toBe(true);
      await use(other);
      await remove();
    },
    { auto: true },
  ],
});

test('a panel that changes to a data source without its metric says so, and shows nothing in its name', async ({
  page,
  panelEditPage,
}) => {
  await panelEditPage.datasource.set(dataSource.name);
  const editor = panelEditPage.getQueryEditorRow('A');
  await choose(page, editor, 'Metric', 'Revenue');
  const picture = panelEditPage.panel.locator.locator('.u-over');
  await expect(picture).toBeVisible();

  await panelEditPage.datasource.set(other.name);
  await expect(panelEditPage.panel.getErrorIcon()).toBeVisible();
  await expect(picture).toHaveCount(0);
  await expect(editor.getByText(/The catalog has no metric faturamento/)).toBeVisible();
  await expect(editor.getByRole('combobox', { name: 'Metric', exact: true })).toHaveValue('faturamento');

  await choose(page, editor, 'Metric', /^open/);
  await expect(picture).toBeVisible();
  await expect(panelEditPage.panel.getErrorIcon()).toHaveCount(0);
});

test('a panel that comes from another kind of data source shows a number at once', async ({ panelEditPage }) => {
  await panelEditPage.datasource.set('-- Grafana --');
  const picture = panelEditPage.panel.locator.locator('.u-over');
  await expect(picture).toBeVisible();
  await panelEditPage.datasource.set(other.name);
  const editor = panelEditPage.getQueryEditorRow('A');
  await expect(editor.getByRole('combobox', { name: 'Metric', exact: true })).toHaveValue('open');
  await expect(panelEditPage.panel.locator.getByRole('button', { name: 'open', exact: true })).toBeVisible();
  await expect(picture).toBeVisible();
});
