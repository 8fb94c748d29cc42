import { t } from '@grafana/i18n';

import type { Texts } from './sentences';

/** What metrics are labelled and explained by in the catalog, without full stops. */
export const helpTexts: Texts = {
  'label-average': (fill) => t('discovery.says.label-average', '{{table}}: average value', fill),
  'label-cancellation-rate': (fill) =>
    t('discovery.says.label-cancellation-rate', '{{table}}: cancellation rate', fill),
  'label-cancelled': (fill) => t('discovery.says.label-cancelled', '{{table}} cancelled', fill),
  'label-conversion': (fill) => t('discovery.says.label-conversion', '{{table}}: conversion', fill),
  'label-converted': (fill) => t('discovery.says.label-converted', '{{table}} converted', fill),
  'label-customers': (fill) => t('discovery.says.label-customers', '{{table}}: customers', fill),
  'label-distribution': (fill) => t('discovery.says.label-distribution', '{{table}}: distribution of values', fill),
  'label-kept': (fill) => t('discovery.says.label-kept', '{{table}} kept', fill),
  'label-not': (fill) => t('discovery.says.label-not', '{{table}}: not {{event}}', fill),
  'label-not-delivered': (fill) => t('discovery.says.label-not-delivered', '{{table}}: not delivered', fill),
  'label-not-invoiced': (fill) => t('discovery.says.label-not-invoiced', '{{table}}: not invoiced', fill),
  'label-not-shipped': (fill) => t('discovery.says.label-not-shipped', '{{table}}: not shipped', fill),
  'label-open': (fill) => t('discovery.says.label-open', '{{table}}: open', fill),
  'label-orders': (fill) => t('discovery.says.label-orders', '{{table}}: orders', fill),
  'label-refunded': (fill) => t('discovery.says.label-refunded', '{{table}} refunded', fill),
  'label-revenue': (fill) => t('discovery.says.label-revenue', '{{table}}: revenue', fill),
  'label-revenue-by': (fill) => t('discovery.says.label-revenue-by', '{{table}}: revenue by {{column}}', fill),
  'label-time-to': (fill) => t('discovery.says.label-time-to', '{{table}}: time to {{event}}', fill),
  'label-unpaid': (fill) => t('discovery.says.label-unpaid', '{{table}}: unpaid', fill),
  'label-value': (fill) => t('discovery.says.label-value', '{{table}}: value', fill),
  'help-average': (fill) =>
    t(
      'discovery.says.help-average',
      'What one of the rows of {{table}} is worth on average: {{numerator}} divided by {{denominator}}',
      fill
    ),
  'help-cancellation-rate': (fill) =>
    t(
      'discovery.says.help-cancellation-rate',
      'Rows of {{table}} cancelled in a time, for each that came in during it',
      fill
    ),
  'help-conversion': (fill) =>
    t('discovery.says.help-conversion', 'The part of the carts begun in a time that have become orders by now', fill),
  'help-converted': (fill) =>
    t('discovery.says.help-converted', 'Rows of {{table}} that have become orders by now, counted at {{column}}', fill),
  'help-counted': (fill) => t('discovery.says.help-counted', '{{label}}, counted at {{column}}', fill),
  'help-customers': (fill) =>
    t('discovery.says.help-customers', 'How many different customers there are in {{table}}, by {{column}}', fill),
  'help-distribution': (fill) =>
    t('discovery.says.help-distribution', 'How the values of {{table}} are distributed, by {{column}}', fill),
  'help-duration': (fill) =>
    t('discovery.says.help-duration', 'How long it takes from {{from}} to {{to}}, by the time of the latter', fill),
  'help-lines-orders': (fill) =>
    t(
      'discovery.says.help-lines-orders',
      'How many different orders the lines in {{table}} belong to, by {{column}}',
      fill
    ),
  'help-open': (fill) =>
    t(
      'discovery.says.help-open',
      'Rows of {{table}} from {{opened}} until {{closed}}; those without {{closed}} are still open',
      fill
    ),
  'help-rows': (fill) => t('discovery.says.help-rows', 'Rows of {{table}}, counted at {{column}}', fill),
  'help-status': (fill) =>
    t('discovery.says.help-status', 'Rows of {{table}} that are {{values}} by now, counted at {{column}}', fill),
  'help-value': (fill) =>
    t(
      'discovery.says.help-value',
      'What all rows of {{table}} are worth, whatever became of them, counted at {{column}}',
      fill
    ),
  'help-worth': (fill) =>
    t('discovery.says.help-worth', 'What the rows of {{table}} are worth, counted at {{column}}', fill),
  'left-out': (fill) => t('discovery.says.left-out', 'Left out: {{parts}}', fill),
  'out-by-status': (fill) => t('discovery.says.out-by-status', 'rows with {{column}} {{values}}', fill),
  'out-by-time': (fill) => t('discovery.says.out-by-time', 'rows with {{column}}', fill),
};
