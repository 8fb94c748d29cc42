import { render, screen } from '@testing-library/react';

import { MetricNumber } from './MetricNumber';
import type { MetricPreview } from './server';

// The real one draws on a canvas.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual<object>('@grafana/ui'),
  Sparkline: () => null,
}));

function show(value: number | null, { unit, decimals }: { unit?: string; decimals?: number } = {}) {
  const preview: MetricPreview = { name: 'm', type: 'counter', shows: 'sum', value, sparkline: [] };
  render(<MetricNumber preview={preview} unit={unit} decimals={decimals} />);
}

it.each<[number, { unit?: string; decimals?: number }, string, string]>([
  [1234567, {}, '1,234,567', 'sum of 24 h'],
  [9007199254740991, {}, '9,007,199,254,740,991', 'sum of 24 h'],
  [0, {}, '0', 'sum of 24 h'],
  [51234.567, {}, '51,234.57', 'sum of 24 h'],
  [51234.567, { decimals: 3 }, '51,234.567', 'sum of 24 h'],
  [0.012345, {}, '0.0123', 'sum of 24 h'],
  [-0.5, {}, '-0.5', 'sum of 24 h'],
  [1234567, { unit: 'short' }, '1.23 Mil', '1,234,567 · sum of 24 h'],
  [1234.5, { unit: 'currencyBRL' }, 'R$1.23K', '1,234.5 · sum of 24 h'],
  [42, { unit: 'currencyBRL' }, 'R$42', 'sum of 24 h'],
  [479.3, { unit: 'currencyEUR', decimals: 2 }, '€479.30', 'sum of 24 h'],
  [0.125, { unit: 'currencyEUR', decimals: 2 }, '€0.13', 'sum of 24 h'],
  [90, { unit: 's', decimals: 1 }, '1.5 mins', '90 · sum of 24 h'],
  [2, { unit: 'percentunit' }, '200%', '2 · sum of 24 h'],
  [0.25, { unit: 'percentunit' }, '25%', '0.25 · sum of 24 h'],
])('writes %d with %j as panels do, and exactly', (value, { unit, decimals }, number, below) => {
  show(value, { unit, decimals });
  expect(screen.getByText(number)).toBeInTheDocument();
  expect(screen.getByText(below)).toBeInTheDocument();
});

it('says that there is nothing', () => {
  show(null, { unit: 'currencyBRL' });
  expect(screen.getByText('nothing')).toBeInTheDocument();
  expect(screen.getByText('sum of 24 h')).toBeInTheDocument();
});
