import { dataSource, expect, pluginId, test } from './plugin';

const most = 300_000;

test(
  'the plugin is small, and loads its heavy parts when they are needed',
  { tag: '@path' },
  async ({ grafana, page }) => {
    const files = new Map<string, number>();
    page.on('response', (response) => {
      const path = new URL(response.url()).pathname;
      if (path.includes(`/plugins/${pluginId}/`) && path.endsWith('.js')) {
        files.set(path, response.status());
      }
    });
    await page.goto(`${grafana}/connections/datasources/edit/${dataSource.uid}`);
    await page.getByRole('radio', { name: 'YAML' }).check();
    await expect(page.getByRole('textbox', { name: 'Catalog in YAML' })).toBeVisible();

    const module = [...files.keys()].find((path) => path.endsWith('/module.js'));
    const base = new URL(grafana).pathname.replace(/\/$/, '');
    expect(module).toBe(`${base}/public/plugins/${pluginId}/module.js`);
    expect(files.size, 'module.js and at least one lazy part').toBeGreaterThan(1);
    expect(new Set(files.values())).toEqual(new Set([200]));
    const body = await (await page.request.get(new URL(module ?? '', page.url()).href)).body();
    expect(body.byteLength).toBeLessThan(most);
  }
);
