import { render, screen } from '@testing-library/react';

import { MetricNumber } from './MetricNumber';
import type { MetricPreview } from './server';

// The real one draws on a canvas.
jest.mock('@grafana/ui', () => ({
  ...jest.requireActual<object>('@grafana/ui'),
  Sparkline: () => null,
}));

interface Written {
  unit?: string;
  decimals?: number;
  digits?: string;
}

function show(value: number | null, { unit, decimals, digits }: Written = {}) {
  const preview: MetricPreview = { name: 'm', type: 'counter', shows: 'sum', value, digits, sparkline: [] };
  render(<MetricNumber preview={preview} unit={unit} decimals={decimals} />);
}

it.each<[number, Written, string, string]>([
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
  [41710.1, { digits: '41710.10', decimals: 2 }, '41,710.10', 'sum of 24 h'],
  [25.9, { decimals: 2 }, '25.90', 'sum of 24 h'],
  [25.9041, { decimals: 2 }, '25.90', 'sum of 24 h'],
  [90, { unit: 's', decimals: 1 }, '1.5 mins', '90 · sum of 24 h'],
  [2, { unit: 'percentunit' }, '200%', '2 · sum of 24 h'],
  [0.25, { unit: 'percentunit' }, '25%', '0.25 · sum of 24 h'],
  [0.6374, { unit: 'percentunit', decimals: 1 }, '63.7%', '0.637 · sum of 24 h'],
  [9007199254740992, { digits: '9007199254740993' }, '9,007,199,254,740,993', 'sum of 24 h'],
  [1.5, { digits: '1.50' }, '1.5', 'sum of 24 h'],
  [100, { digits: '100' }, '100', 'sum of 24 h'],
  [-0.25, { digits: '-0.250' }, '-0.25', 'sum of 24 h'],
  [3, { digits: '3.000' }, '3', 'sum of 24 h'],
  [5.5e6, { digits: '5496398.527', unit: 'currencyBRL' }, 'R$5.50M', '5,496,398.527 · sum of 24 h'],
  [1234.5, { digits: '1234.5', decimals: 0 }, '1,235', '1,234.5 · sum of 24 h'],
])('writes %d with %j as panels do, and exactly', (value, written, number, below) => {
  show(value, written);
  expect(screen.getByText(number)).toBeInTheDocument();
  expect(screen.getByText(below)).toBeInTheDocument();
});

it('says that there is nothing', () => {
  show(null, { unit: 'currencyBRL' });
  expect(screen.getByText('nothing')).toBeInTheDocument();
  expect(screen.getByText('sum of 24 h')).toBeInTheDocument();
});
