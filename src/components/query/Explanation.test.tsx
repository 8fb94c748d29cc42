import { screen } from '@testing-library/react';

import { testDataSource } from '../../testing/datasource';
import { answered, counter, edit } from '../../testing/editor';
import { message } from '../../testing/message';

describe('Explanation', () => {
  it('explains the numbers once it is asked', async () => {
    const explain = jest.fn(async (_body: Record<string, unknown>) => ({
      definitions: [
        { metric: 'revenue', type: 'counter' as const, help: 'Revenue', definition: message('The sum of total.') },
      ],
      statements: [{ sql: 'select sum(total) from orders where region = $1', binds: [{ position: 1, type: 'text' }] }],
      timezone: 'America/Sao_Paulo',
      step: '5m',
    }));
    const { user } = await edit(
      { ...counter, groupBy: ['$by'] },
      testDataSource({ explain, variables: { by: 'region' } })
    );
    expect(explain).not.toHaveBeenCalled();
    await user.click(screen.getByRole('button', { name: 'What is this number?' }));
    expect(await screen.findByText('The sum of total.')).toBeInTheDocument();
    expect(screen.getByText('select sum(total) from orders where region = $1')).toBeInTheDocument();
    expect(screen.getByText('$1 text')).toBeInTheDocument();
    expect(screen.getByText('5 minutes, business time zone America/Sao_Paulo')).toBeInTheDocument();
    expect(explain.mock.lastCall?.[0]).toMatchObject({
      query: { metrics: ['revenue'], groupBy: ['region'] },
      from: 1_700_000_000_000,
      to: 1_700_003_600_000,
      maxDataPoints: 1000,
      intervalMs: 3600,
    });
  });

  it.each([
    ['records' as const, { records: 'orders' }, 'What are these rows?'],
    ['annotation' as const, { annotation: 'campaigns' }, 'What are these events?'],
  ])('explains %s as what they are', async (queryType, part, title) => {
    const explain = () =>
      Promise.resolve({ definitions: [], statements: [], timezone: 'America/Sao_Paulo', step: 'range' });
    const { user } = await edit({ version: 1, queryType, metrics: [], ...part }, testDataSource({ explain }));
    await user.click(screen.getByRole('button', { name: title }));
    expect(await screen.findByText('Business time zone')).toBeInTheDocument();
    expect(screen.getByText('America/Sao_Paulo')).toBeInTheDocument();
    expect(screen.queryByText('Steps')).not.toBeInTheDocument();
  });

  it.each([
    ['records' as const, 'What are these rows?', /^Choose a metric or a table/],
    ['annotation' as const, 'What are these events?', /^Choose events/],
    ['metric' as const, 'What is this number?', /^Choose a metric to see/],
  ])('says what to choose before %s can be explained', async (queryType, title, text) => {
    const { user } = await edit({ version: 1, queryType, metrics: [] });
    await user.click(screen.getByRole('button', { name: title }));
    expect(screen.getByText(text)).toBeInTheDocument();
  });

  it('says why there is no explanation', async () => {
    const explain = jest.fn().mockRejectedValue({ data: { error: 'step: "9m" is not a step' } });
    const { user } = await edit(counter, testDataSource({ explain }));
    await user.click(screen.getByRole('button', { name: 'What is this number?' }));
    expect(await screen.findByText('step: "9m" is not a step')).toBeInTheDocument();
  });

  it('tells how fresh and how sure the numbers are', async () => {
    const { user } = await edit(
      { ...counter, filters: [{ key: 'region', operator: 'in', values: ['SP', 'RJ'] }] },
      testDataSource(),
      {
        data: answered({
          asOf: 1_700_000_000_123,
          guarantee: 'exact',
          feed: 'log',
          cached: 4_323,
          fetched: 3,
          databaseMs: 1_234.56,
        }),
      }
    );
    await user.click(screen.getByRole('button', { name: 'What is this number?' }));
    expect(
      await screen.findByText('Everything committed before 2023-11-14 22:13:20.123 by the database’s clock')
    ).toBeInTheDocument();
    expect(screen.getByText(/^Exact:/)).toBeInTheDocument();
    expect(screen.getByText('The change log tells which buckets changed')).toBeInTheDocument();
    expect(screen.getByText('4,320 buckets came from memory, 3 were read')).toBeInTheDocument();
    expect(screen.getByText('1,234.6 ms of work for the database')).toBeInTheDocument();
    expect(screen.getByText('region is one of SP, RJ')).toBeInTheDocument();
  });

  it.each([
    ['live', 'log', ['Live: every row was read in that instant']],
    [
      'updated_at: exact unless rows are deleted or their event time moves',
      'updated_at',
      [
        'Exact as long as the tables change as the catalog declares',
        'A column with the time of the last change tells which buckets changed',
      ],
    ],
  ])('tells of the change feed only where it was relied on: %s', async (guarantee, feed, lines) => {
    const data = answered({ asOf: 1_700_000_000_123, guarantee, feed, databaseMs: 1 });
    const { user } = await edit(counter, testDataSource(), { data });
    await user.click(screen.getByRole('button', { name: 'What is this number?' }));
    const title = await screen.findByText('Freshness');
    const told = Array.from(title.closest('dt')?.nextElementSibling?.children ?? [], ({ textContent }) => textContent);
    expect(told.slice(1, -1)).toEqual(lines);
  });
});
