import { act, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';

import { HealthStatus, type HealthCheckResult } from '@grafana/runtime';

import { healthChecks, type HealthDetails } from '../../health';
import { testDataSource } from '../../testing/datasource';
import { message } from '../../testing/message';
import { setSavedDataSource } from '../../testing/saved';
import { HealthSection } from './HealthSection';

const details: HealthDetails = {
  report: {
    server: {
      version: '18.4',
      database: 'shop',
      user: 'reader',
      standby: true,
      encrypted: false,
      clockSkewSeconds: 0,
      roundTripSeconds: 0.0012,
    },
    tables: [
      {
        table: 'orders',
        relation: 'public.orders',
        warnings: [message('invoiced_at has no index'), message('no change log')],
      },
    ],
    metrics: [{ metric: 'invoiced' }, { metric: 'revenue', problem: message('column "totl" does not exist') }],
  },
};

function answer(result: Partial<HealthCheckResult> | undefined) {
  const datasource = testDataSource();
  datasource.callHealthCheck = () => Promise.resolve(result as HealthCheckResult);
  setSavedDataSource(datasource);
}

async function check() {
  const user = userEvent.setup({ delay: null });
  render(<HealthSection uid="orders" unsaved={false} />);
  await user.click(screen.getByRole('button', { name: 'Check what is saved' }));
}

describe('HealthSection', () => {
  it('lists every table and metric with its state and what to do', async () => {
    answer({ status: HealthStatus.Error, message: '1 problem', details: { ...details } });
    await check();
    const report = within(await screen.findByRole('region', { name: 'Health report' }));
    expect(report.getByText('PostgreSQL 18.4, database shop, as reader')).toBeInTheDocument();
    expect(report.getByText('Not encrypted')).toBeInTheDocument();
    expect(report.getByText('Standby')).toBeInTheDocument();
    const rows = report.getAllByRole('row').slice(1);
    expect(rows.map((row) => row.textContent)).toEqual([
      'Does not workMetricrevenuecolumn "totl" does not exist',
      'WarningTableordersinvoiced_at has no indexno change log',
      'WorksDatabaseshop',
      'WorksMetricinvoiced',
    ]);
  });

  it('shows the check that "Save & test" ran, and none of another data source', async () => {
    render(<HealthSection uid="orders" unsaved={false} />);
    act(() => healthChecks.next({ uid: 'other', ok: true, message: 'Connected.', details: {} }));
    expect(screen.queryByRole('region', { name: 'Health report' })).not.toBeInTheDocument();
    act(() => healthChecks.next({ uid: 'orders', ok: true, message: 'Connected.', details }));
    expect(await screen.findByRole('row', { name: /invoiced$/ })).toBeInTheDocument();
  });

  it('follows a check of few things by one of many, and back', async () => {
    render(<HealthSection uid="orders" unsaved={false} />);
    const metrics = Array.from({ length: 20 }, (_, n) => ({ metric: `metric_${n}` }));
    const report = details.report && { ...details.report, metrics };
    for (const [next, row] of [
      [details, /invoiced$/],
      [{ report }, /metric_9$/],
      [details, /invoiced$/],
    ] as const) {
      act(() => healthChecks.next({ uid: 'orders', ok: true, message: 'Connected.', details: next }));
      expect(await screen.findByRole('row', { name: row })).toBeInTheDocument();
    }
  });

  it('says what failed where there is no report', async () => {
    answer({ status: HealthStatus.Error, message: 'The server cannot be reached.', details: {} });
    await check();
    expect(await screen.findByText('The server cannot be reached.')).toBeInTheDocument();
  });

  it('says why it could not be run at all', async () => {
    setSavedDataSource(new Error('Datasource orders was not found'));
    await check();
    expect(await screen.findByRole('alert')).toHaveTextContent('Datasource orders was not found');
    expect(screen.getByRole('button', { name: 'Check what is saved' })).toBeEnabled();
  });
});
