import schema from '../pkg/catalog/catalog.schema.json';
import { operatorLabel, stepLabel, typeLabel, viewLabel } from './components/query/labels';
import { metricTypes, operators, steps, views } from './types';

it('knows the metric types of the catalog', () => {
  expect(metricTypes).toEqual(schema.properties.metrics.additionalProperties.properties.type.enum);
});

it.each([
  ['view', views, (name: string) => viewLabel(name).label],
  ['operator', operators, (name: string) => operatorLabel(name as (typeof operators)[number])],
  ['step', steps, (name: string) => stepLabel(name).label],
  ['metric type', metricTypes, (name: string) => typeLabel(name as (typeof metricTypes)[number]).description],
])('has words for every %s', (_, names, label) => {
  const labels = names.map(label);
  expect(new Set(labels).size).toBe(names.length);
  names.forEach((name, index) => expect(labels[index]).not.toBe(name));
});
