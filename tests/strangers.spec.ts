import type { Locator, Page } from '@playwright/test';

import { type Answer, choose, dataSource, expect, serious } from './plugin';
import { test, type Stranger } from './stranger';

/** What an administrator takes from discovery, and what plain SQL says about it: over [$1, $2), and at $2 of what is open. */
interface Numbers {
  counter: [label: string, sql: string];
  gauge: [label: string, sql: string];
  revenue: [label: string, sql: string];
}

interface Store {
  /** Where whoever sets it up sits. */
  timezoneId: string;
  numbers: Numbers;
  /** What is not proposed as accepted, and is worth a tick. */
  besides?: string;
  /** The table of orders, in the catalog and in the store, and what one more of them is. */
  orders: { table: string; relation: string; insert: string };
}

const stores: Record<string, Store> = {
  roastery: {
    timezoneId: 'America/New_York',
    numbers: {
      counter: ['Purchases placed', `count(*) from purchases where ${within('purchase_ts', 'America/New_York')}`],
      gauge: [
        'Baskets: open',
        `count(*) from baskets where started_ts at time zone 'America/New_York' < $2
           and (ended_ts is null or ended_ts at time zone 'America/New_York' >= $2)`,
      ],
      revenue: [
        'Purchases: revenue',
        `sum(total_cents) / 100.0 from purchases
         where ${within('purchase_ts', 'America/New_York')} and status not in ('cancelled', 'refunded')`,
      ],
    },
    besides: 'Purchases cancelled',
    orders: {
      table: 'purchases',
      relation: 'public.purchases',
      insert: `insert into purchases (purchase_ts, buyer_id, status, subtotal_cents, tax_cents, shipping_cents, total_cents, sales_channel, country_code, last_modified)
               select $1 at time zone 'America/New_York', 1, 'processing', 1000, 0, 0, 1000, 'web', 'US', localtimestamp`,
    },
  },
  atacado: {
    timezoneId: 'America/Sao_Paulo',
    numbers: {
      counter: ['Pedido emitido', `count(*) from vendas.pedido where ${within('emitido_em')} and excluido_em is null`],
      gauge: [
        'Turno caixa: open',
        `count(*) from vendas.turno_caixa where abertura_em < $2 and (fechamento_em is null or fechamento_em >= $2)`,
      ],
      revenue: [
        'Pedido: revenue',
        `sum(qtd * preco_unitario * (1 - coalesce(perc_desconto, 0) / 100))
         from vendas.pedido join vendas.pedido_item using (id_pedido) where ${within('faturado_em')} and excluido_em is null`,
      ],
    },
    orders: {
      table: 'pedido',
      relation: 'vendas.pedido',
      insert: `insert into vendas.pedido (id_cliente, emitido_em, situacao, canal) select 1, $1, 'aberto', 'portal'`,
    },
  },
  tienda: {
    timezoneId: 'Europe/Madrid',
    numbers: {
      counter: ['Pedidos creado', `count(*) from tienda.pedidos where ${within('creado_en')}`],
      gauge: [
        'Carritos: open',
        `count(*) from tienda.carritos where abierto_en < $2 and (cerrado_en is null or cerrado_en >= $2)`,
      ],
      revenue: ['Pedidos: revenue', `sum(importe_total) from tienda.pedidos where ${within('pagado_en')}`],
    },
    orders: {
      table: 'pedidos',
      relation: 'tienda.pedidos',
      insert: `insert into tienda.pedidos (cliente_id, importe_total, pais, creado_en)
               select id, 10, 'ES', $1 from tienda.clientes limit 1`,
    },
  },
};

function within(column: string, zone?: string): string {
  const instant = zone ? `${column} at time zone '${zone}'` : column;
  return `${instant} >= $1 and ${instant} < $2`;
}

const hour = 3_600_000;

/** A statement for a time range, in milliseconds. */
function between(sql: string, from: number, to: number): string {
  const instant = (at: number) => `timestamptz '${new Date(at).toISOString()}'`;
  return sql.replaceAll('$1', instant(from)).replaceAll('$2', instant(to));
}

/** The numbers by plain SQL, in one statement. */
function plain(store: Stranger, numbers: Numbers, from: number, to: number): Promise<Record<keyof Numbers, number>> {
  const columns = Object.entries(numbers).map(([name, [, sql]]) => `(select ${sql}) as ${name}`);
  return store.ask(between(`select ${columns.join(', ')}`, from, to));
}

/** A preview's number as it is written with all its digits. */
async function previewed(item: Locator, says: string): Promise<number> {
  const all = new RegExp(`([\\d,]+(?:\\.\\d+)?)(?: · |\\n)${says}$`);
  await expect(item.getByText(new RegExp(`${says}$`))).toBeVisible();
  return Number(all.exec(await item.innerText())?.[1]?.replaceAll(',', ''));
}

/** What a panel shows of a number: 1234.5 as 1.23 K, and by how much it may be off. */
function shown(text: string): { value: number; off: number } {
  const [, digits = '', suffix = ''] = /([\d.,]+)\s*(K|Mil|M)?/.exec(text) ?? [];
  const scale = { K: 1e3, Mil: 1e6, M: 1e6 }[suffix] ?? 1;
  const decimals = /\.(\d+)$/.exec(digits)?.[1]?.length ?? 0;
  return { value: Number(digits.replaceAll(',', '')) * scale, off: (scale * 10 ** -decimals) / 2 };
}

async function connect(page: Page, store: Stranger) {
  for (const [label, value] of Object.entries({
    Host: store.address,
    Database: store.database,
    User: store.user,
    Password: store.password,
  })) {
    await page.getByLabel(label).fill(value);
  }
  await page.getByRole('combobox', { name: 'TLS mode' }).click();
  await page.getByRole('option', { name: store.sslmode }).click();
}

for (const [name, { timezoneId, numbers, besides, orders }] of Object.entries(stores)) {
  test.describe(`the store ${name}`, () => {
    test.use({ timezoneId, permissions: ['clipboard-read', 'clipboard-write'] });

    test('gets from nothing to right numbers without a line of YAML', async ({
      gotoDashboardPage,
      grafana,
      keepName,
      makeStore,
      page,
      scanForA11yViolations,
    }) => {
      test.slow();
      const store = await makeStore(name);
      const source = await keepName(`Live Orders of ${name}`);
      const outcome = page.getByTestId(/^data-testid Alert/).filter({ hasText: 'Connected to PostgreSQL' });
      const save = page.getByRole('button', { name: 'Save & test' });
      const drawer = page.getByRole('dialog');
      const health = page.getByRole('region', { name: 'Health report' });

      await test.step('a connection', async () => {
        await page.goto(`${grafana}/connections/datasources/new`);
        await page.getByRole('button', { name: 'Add new data source Live Orders' }).click();
        await page.getByLabel('Name').fill(source);
        await connect(page, store);
        await expect(page.getByRole('button', { name: 'Discover tables and metrics' })).toBeDisabled();
        await save.click();
        await expect(outcome).toContainText(
          `database ${store.database}, as ${store.user}. The data source has no catalog yet`
        );
        await expect(health.getByRole('row', { name: /^Works Database/ })).toBeVisible();
      });
      const settings = page.url();

      await test.step('what discovery proposes', async () => {
        const before = Date.now();
        await page.getByRole('button', { name: 'Discover tables and metrics' }).click();
        await expect(drawer.getByRole('combobox', { name: 'Time zone of the business' })).toHaveValue(timezoneId);
        const table = drawer.getByRole('region', { name: orders.relation });
        await expect(table.getByRole('checkbox', { name: orders.relation })).toBeChecked();
        await expect(table.getByText(/^It holds orders: its name says so/)).toBeVisible();

        const item = (label: string) => drawer.getByRole('group', { name: label, exact: true });
        const seen: Array<[keyof Numbers, number]> = [];
        for (const [kind, says] of [
          ['counter', 'sum of 24 h'],
          ['gauge', 'now'],
          ['revenue', 'sum of 24 h'],
        ] as const) {
          const [label] = numbers[kind];
          await expect(item(label).getByRole('checkbox')).toBeChecked();
          await expect(
            item(label).getByRole('img', { name: 'Each of the last 24 hours' }).locator('canvas')
          ).toBeVisible();
          seen.push([kind, await previewed(item(label), says)]);
        }
        await expect(drawer.getByRole('status', { name: 'Computing the preview' })).toHaveCount(0);
        await expect(drawer.getByText('Does not work')).toHaveCount(0);
        // Nothing is added to the store, and time only takes out of the last 24 hours: a number is between those of two instants.
        const now = Date.now();
        const most = await plain(store, numbers, before - 24 * hour, before);
        const least = await plain(store, numbers, now - 24 * hour, now);
        for (const [kind, number] of seen) {
          expect(number, kind).toBeGreaterThan(0);
          expect(number, kind).toBeLessThan(most[kind] + 0.01);
          expect(number, kind).toBeGreaterThan(least[kind] - 0.01);
        }

        const scan = await scanForA11yViolations({ include: '[role="dialog"]' });
        expect(serious(scan.violations)).toEqual([]);
        if (besides) {
          await item(besides).getByText(besides, { exact: true }).click();
          await expect(item(besides).getByRole('checkbox')).toBeChecked();
        }
        await drawer.getByRole('button', { name: /^Use these/ }).click();
        await expect(drawer).toHaveCount(0);
        await expect(page.getByRole('textbox', { name: 'Catalog in YAML' })).toHaveCount(0);
      });

      await test.step('the health of what was accepted', async () => {
        await save.click();
        await expect(outcome).toContainText(/ work\./);
        await expect(outcome).toHaveAttribute('data-testid', /success/);
        await expect(
          health.getByRole('row', { name: new RegExp(`^(Works|Warning) Table ${orders.table} `) })
        ).toBeVisible();
        await expect(health.getByText('Does not work')).toHaveCount(0);
      });

      const to = Math.floor(Date.now() / hour) * hour - hour;
      const from = to - 36 * hour;
      const openPanel = async () => {
        const dashboard = await gotoDashboardPage({});
        const local = (at: number) => new Date(at).toLocaleString('sv-SE', { timeZone: timezoneId });
        await dashboard.timeRange.set({ from: local(from), to: local(to) });
        const panel = await dashboard.addPanel();
        await panel.datasource.set(source);
        return { panel, editor: panel.getQueryEditorRow('A') };
      };

      await test.step('a panel', async () => {
        const { panel, editor } = await openPanel();
        await panel.toggleTableView();
        await choose(page, editor, 'Metric', numbers.counter[0]);
        await editor.getByRole('button', { name: 'Add a metric' }).click();
        await choose(page, editor, 'Metric 2', numbers.gauge[0]);
        await editor.getByRole('button', { name: 'Add a metric' }).click();
        await choose(page, editor, 'Metric 3', numbers.revenue[0]);
        const answer = panel.waitForQueryDataResponse((response) =>
          (response.request().postData() ?? '').includes('"step":"range"')
        );
        await choose(page, editor, /^Step/, 'Whole range');
        const [frame] = ((await (await answer).json()) as Answer).results.A?.frames ?? [];
        const answered = frame?.data.values.map(([value]) => Number(value)) ?? [];
        await expect(panel.panel.data).toHaveCount(3);
        const cells = (await panel.panel.data.allTextContents()).map(shown);
        const { counter, gauge, revenue } = await plain(store, numbers, from, to);
        [counter, gauge, revenue].forEach((want, i) => {
          expect(want).toBeGreaterThan(0);
          expect(answered[i]).toBeCloseTo(want, 6);
          expect(Math.abs((cells[i]?.value ?? NaN) - want)).toBeLessThanOrEqual((cells[i]?.off ?? 0) + 1e-6);
        });
      });

      await test.step('a change log', async () => {
        await page.goto(settings);
        await page
          .getByRole('group', { name: orders.table, exact: true })
          .getByRole('button', { name: 'Change log' })
          .click();
        const sql = drawer.locator('.view-lines');
        await expect(sql).toContainText('-- Change log of');
        await drawer.getByRole('button', { name: 'Copy the SQL' }).click();
        const script = await page.evaluate(() => navigator.clipboard.readText());
        expect(script).toContain('BEGIN;');
        await store.run(script);
        await drawer.getByRole('button', { name: 'Say in the catalog that the table has a log' }).click();
        await expect(drawer.getByText(`The catalog now says that ${orders.table} has a log.`)).toBeVisible();
        await drawer.getByRole('button', { name: 'Close' }).click();
        await save.click();
        await expect(outcome).toHaveAttribute('data-testid', /success/);
        await expect(outcome).toContainText('1 change log work.');
        await expect(
          health.getByRole('row').filter({ hasText: /The change log works: \d+ (bytes|kB), not pruned yet$/ })
        ).toHaveText(new RegExp(`Table${orders.table}`));
      });

      await test.step('numbers that are kept and exact', async () => {
        const { panel, editor } = await openPanel();
        await panel.toggleTableView();
        await choose(page, editor, 'Metric', numbers.counter[0]);
        await choose(page, editor, /^Step/, 'Whole range');
        await editor.getByRole('button', { name: 'What is this number?' }).click();
        await expect(editor.getByText(/^Exact: /)).toBeVisible();
        await expect(editor.getByText('The change log tells which buckets changed')).toBeVisible();
        const { counter } = await plain(store, numbers, from, to);
        await expect(panel.panel.data).toHaveText(String(counter));

        await panel.refreshPanel();
        await expect(editor.getByText(/^[1-9][\d,]* buckets came from memory, 0 were read$/)).toBeVisible();
        await store.run(between(orders.insert, from + hour, to));
        await panel.refreshPanel();
        await expect(panel.panel.data).toHaveText(String(counter + 1));
        await expect(editor.getByText(/^[1-9][\d,]* buckets came from memory, [1-9][\d,]* were read$/)).toBeVisible();
        expect(await plain(store, numbers, from, to)).toMatchObject({ counter: counter + 1 });
      });

      await test.step('and nothing is left', async () => {
        await page.goto(settings);
        await page.getByRole('button', { name: 'Delete', exact: true }).click();
        await drawer.getByRole('button', { name: 'Delete' }).click();
        await expect(page).toHaveURL(/\/connections\/datasources$/);
        await expect(page.getByRole('link', { name: dataSource.name, exact: true })).toBeVisible();
        await expect(page.getByText(source)).toHaveCount(0);
      });
    });
  });
}
