import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState, type ComponentProps } from 'react';

import {
  dateTime,
  LoadingState,
  toDataFrame,
  type DataQueryRequest,
  type PanelData,
  type TimeRange,
} from '@grafana/data';

import { QueryEditor } from '../components/QueryEditor';
import type { OrdersQuery } from '../types';
import { testDataSource } from './datasource';

export const range: TimeRange = {
  from: dateTime(1_700_000_000_000),
  to: dateTime(1_700_003_600_000),
  raw: { from: 'now-1h', to: 'now' },
};

/** A query that is as simple as can be. */
export const counter: Partial<OrdersQuery> = { version: 1, metrics: ['revenue'] };

/** The answer of a panel on a dashboard in universal time, which tells that of itself. */
export function answered(custom: Record<string, unknown>): PanelData {
  const frame = toDataFrame({ refId: 'A', meta: { custom }, fields: [] });
  const request = {
    targets: [],
    timezone: 'utc',
    maxDataPoints: 1000,
    intervalMs: 3600,
  } as unknown as DataQueryRequest;
  return { series: [frame], state: LoadingState.Done, timeRange: range, request };
}

/** Renders the editor as a panel does: what it changes comes back to it. */
export async function edit(
  saved: Partial<OrdersQuery>,
  datasource = testDataSource(),
  more: Pick<ComponentProps<typeof QueryEditor>, 'app' | 'data'> = {}
) {
  const onChange = jest.fn((_query: OrdersQuery) => undefined);
  const onRunQuery = jest.fn();
  function Panel() {
    const [query, setQuery] = useState<OrdersQuery>({ refId: 'A', ...saved } as OrdersQuery);
    return (
      <QueryEditor
        {...more}
        datasource={datasource}
        query={query}
        range={range}
        onRunQuery={onRunQuery}
        onChange={(next) => {
          onChange(next);
          setQuery(next);
        }}
      />
    );
  }
  render(<Panel />);
  await screen.findByRole('radiogroup', { name: 'Show' });
  const user = userEvent.setup({ delay: null });
  return {
    user,
    onChange,
    onRunQuery,
    changed: () => onChange.mock.lastCall?.[0],
    choose: async (label: string, option: RegExp | string) => {
      await user.click(screen.getByRole('combobox', { name: label }));
      await user.click(await screen.findByRole('option', { name: option }));
    },
    offered: async (label: string) => {
      await user.click(screen.getByRole('combobox', { name: label }));
      const options = await screen.findAllByRole('option');
      await user.keyboard('{Escape}');
      return options.map((option) => option.textContent);
    },
  };
}
