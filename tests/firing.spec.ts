import { readFileSync } from 'node:fs';

import type { APIRequestContext } from '@playwright/test';
import { parse } from 'yaml';

import { expect, test } from './plugin';

interface Rule {
  uid: string;
  title: string;
  data: Array<{ refId: string; relativeTimeRange?: { from: number; to: number } }>;
}

const shop = process.env.LIVE_ORDERS_SHOP;
const provisioned = parse(readFileSync('provisioning/alerting/live-orders.yaml', 'utf8')) as {
  groups: Array<{ rules: Rule[] }>;
};
const group = { folderUid: 'live-orders', title: 'Browser tests' };
const address = `/api/v1/provisioning/folder/${group.folderUid}/rule-groups/${group.title}`;

/** The provisioned rule that watches for invoices, but over two minutes: nobody waits ten for a test. */
function impatientRule() {
  const rule = provisioned.groups.flatMap(({ rules }) => rules).find(({ uid }) => uid === 'live-orders-none-invoiced');
  if (!rule) {
    throw new Error('the rule is not among the provisioned ones');
  }
  return {
    ...rule,
    uid: 'live-orders-impatient',
    title: 'No orders invoiced for two minutes',
    folderUID: group.folderUid,
    ruleGroup: group.title,
    orgID: 1,
    dashboardUid: undefined,
    panelId: undefined,
    notification_settings: undefined,
    data: rule.data.map((node) => ({
      ...node,
      relativeTimeRange: node.relativeTimeRange ? { from: 120, to: 0 } : { from: 0, to: 0 },
    })),
  };
}

async function stateOf(request: APIRequestContext, title: string): Promise<string | undefined> {
  const answer = await request.get('/api/prometheus/grafana/api/v1/rules');
  const { data } = (await answer.json()) as {
    data: { groups: Array<{ rules: Array<{ name: string; state: string }> }> };
  };
  return data.groups.flatMap(({ rules }) => rules).find(({ name }) => name === title)?.state;
}

test('a rule fires when the shop stops, and resolves when it goes on', async ({ page, request }) => {
  test.skip(!shop, 'LIVE_ORDERS_SHOP names no shop that could be stopped');
  test.setTimeout(600_000);
  const traffic = (order: 'stop' | 'start') => request.post(`http://${shop ?? ''}/traffic/${order}`);
  const patience = { timeout: 240_000, intervals: [2_000] };
  const rule = impatientRule();
  try {
    const created = await request.put(address, {
      headers: { 'X-Disable-Provenance': 'true' },
      data: { ...group, interval: 10, rules: [rule] },
    });
    expect(created.ok(), await created.text()).toBe(true);
    await expect.poll(() => stateOf(request, rule.title), patience).toBe('inactive');

    await traffic('stop');
    await expect.poll(() => stateOf(request, rule.title), patience).toBe('firing');
    await page.goto(`/alerting/grafana/${rule.uid}/view`);
    await expect(page.getByText('Firing', { exact: true }).first()).toBeVisible();

    await traffic('start');
    await expect.poll(() => stateOf(request, rule.title), patience).toBe('inactive');
  } finally {
    await traffic('start');
    await request.delete(address, { headers: { 'X-Disable-Provenance': 'true' } });
  }
});
