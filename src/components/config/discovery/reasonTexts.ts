import { t } from '@grafana/i18n';

import type { Texts } from './sentences';

/** Why something is proposed, and what else discovery remarks: whole sentences, and the phrases that they list. */
export const reasonTexts: Texts = {
  // The time zone.
  'zone-asked': (fill) =>
    t('discovery.says.zone-asked', 'It is the zone that was asked for: days, weeks and months begin there.', fill),
  'zone-database': (fill) =>
    t(
      'discovery.says.zone-database',
      'It is set for the database or its role, and taken for that of the business. Choose another one if the business is elsewhere.',
      fill
    ),
  'zone-server': (fill) =>
    t(
      'discovery.says.zone-server',
      'It is the zone of the database server, taken for that of the business. Choose another one if the business is elsewhere.',
      fill
    ),
  'zone-local': (fill) =>
    t(
      'discovery.says.zone-local',
      'The server names no place, so it is the zone of your browser. Choose another one if the business is elsewhere.',
      fill
    ),
  'zone-fits': (fill) =>
    t(
      'discovery.says.zone-fits',
      'The newest row of {{table}} fits the present time there. Choose another one if the business is elsewhere.',
      fill
    ),
  'zone-none': (fill) =>
    t(
      'discovery.says.zone-none',
      'Nothing tells where the business is, so days begin at midnight UTC. Choose the zone of the business.',
      fill
    ),
  'times-local': (fill) =>
    t('discovery.says.times-local', 'Its times carry no zone and are read as local time in {{zone}}.', fill),
  'times-fit': (fill) =>
    t(
      'discovery.says.times-fit',
      'Its times carry no zone; the newest fits the present time in {{zone}}, so they are read as local time there.',
      fill
    ),
  'times-ahead': (fill) =>
    t(
      'discovery.says.times-ahead',
      'Its times carry no zone; the newest would lie in the future in {{zone}}, so they are read as UTC.',
      fill
    ),
  'times-future': (fill) =>
    t(
      'discovery.says.times-future',
      'Its times carry no zone; the newest would lie in the future in {{zone}}, and in UTC too. They are read as local time there.',
      fill
    ),
  'times-late': (fill) =>
    t(
      'discovery.says.times-late',
      'Its times carry no zone; the newest is the present time in UTC and hours old in {{zone}}, so they are read as UTC.',
      fill
    ),
  'times-old': (fill) =>
    t(
      'discovery.says.times-old',
      'Its times carry no zone and are read as local time in {{zone}}, where the newest is {{hours}} h old.',
      fill
    ),
  // What a table is taken for.
  'holds-orders': (fill) => t('discovery.says.holds-orders', 'It holds orders: {{parts}}.', fill),
  'may-hold-orders': (fill) =>
    t(
      'discovery.says.may-hold-orders',
      'It may hold orders as well: {{parts}}. It is not selected, since another table fits better.',
      fill
    ),
  'sign-name': (fill) => t('discovery.says.sign-name', 'its name says so', fill),
  'sign-time': (fill) => t('discovery.says.sign-time', 'an event time ({{column}})', fill),
  'sign-amount': (fill) => t('discovery.says.sign-amount', 'an amount ({{column}})', fill),
  'sign-lines': (fill) => t('discovery.says.sign-lines', 'lines in {{table}}', fill),
  'sign-customer': (fill) => t('discovery.says.sign-customer', 'a customer ({{column}})', fill),
  'sign-status': (fill) => t('discovery.says.sign-status', 'a status ({{column}})', fill),
  'holds-lines': (fill) =>
    t(
      'discovery.says.holds-lines',
      'It holds the lines of orders and their time ({{column}}). No table of the orders themselves was found.',
      fill
    ),
  'holds-carts': (fill) =>
    t('discovery.says.holds-carts', 'It holds carts, by its name, and when they began ({{column}}).', fill),
  'holds-by-name': (fill) =>
    t('discovery.says.holds-by-name', 'It holds {{role}}, by its name, and when they happened ({{column}}).', fill),
  'holds-times': (fill) => t('discovery.says.holds-times', 'Its rows have a time ({{column}}).', fill),
  'deleted-left-out': (fill) =>
    t('discovery.says.deleted-left-out', 'Deleted rows are left out ({{condition}}).', fill),
  // Counters.
  'counts-all': (fill) =>
    t('discovery.says.counts-all', 'Counts the rows of {{table}} by {{column}}, which every row has.', fill),
  'counts-best': (fill) =>
    t(
      'discovery.says.counts-best',
      'Counts the rows of {{table}} by {{column}}, the best event time that was found.',
      fill
    ),
  'counts-events': (fill) =>
    t(
      'discovery.says.counts-events',
      'Counts the rows of {{table}} by {{column}}, which is empty until it happens.',
      fill
    ),
  counts: (fill) => t('discovery.says.counts', 'Counts the rows of {{table}} by {{column}}.', fill),
  'event-unclear': (fill) => t('discovery.says.event-unclear', 'What happens then cannot be told from the name.', fill),
  'time-twice': (fill) => t('discovery.says.time-twice', 'Every row has it as well as {{column}}.', fill),
  'no-index': (fill) =>
    t('discovery.says.no-index', 'No index begins with {{column}}, so answers read the whole table.', fill),
  'holds-days': (fill) =>
    t(
      'discovery.says.holds-days',
      'As {{column}} holds days, buckets of less than a day show everything at midnight.',
      fill
    ),
  'status-tells': (fill) =>
    t(
      'discovery.says.status-tells',
      'A status ({{status}}) tells that it happened and no column when, so it counts at {{column}} and changes later.',
      fill
    ),
  'kept-orders': (fill) => t('discovery.says.kept-orders', 'These are the orders that make the revenue.', fill),
  'customer-by-name': (fill) => t('discovery.says.customer-by-name', 'By its name, {{column}} says who it is.', fill),
  'customer-reference': (fill) =>
    t('discovery.says.customer-reference', 'The column {{column}} refers to a customer.', fill),
  'lines-together': (fill) =>
    t('discovery.says.lines-together', 'The column {{column}} tells which lines belong together.', fill),
  'cart-refers': (fill) =>
    t('discovery.says.cart-refers', 'The column {{column}} refers to the order that the cart became.', fill),
  'cart-named': (fill) =>
    t('discovery.says.cart-named', 'The column {{column}} is named after the order that the cart became.', fill),
  'cart-time': (fill) =>
    t('discovery.says.cart-time', 'The column {{column}} is set when a cart becomes an order.', fill),
  'cart-status': (fill) =>
    t('discovery.says.cart-status', 'For carts that became orders, {{column}} is {{values}}.', fill),
  'order-refers': (fill) =>
    t('discovery.says.order-refers', 'In {{table}}, {{column}} refers to the cart that the order was.', fill),
  // Amounts.
  'value-of-all': (fill) => t('discovery.says.value-of-all', 'The value of all that comes in.', fill),
  'revenue-at': (fill) => t('discovery.says.revenue-at', 'Revenue counts at {{column}}.', fill),
  'revenue-at-own-time': (fill) =>
    t(
      'discovery.says.revenue-at-own-time',
      'No column tells when orders are paid or invoiced, so revenue counts at {{column}}.',
      fill
    ),
  distribution: (fill) =>
    t('discovery.says.distribution', 'Shows small and large ones where an average hides them.', fill),
  'amount-by-name': (fill) =>
    t('discovery.says.amount-by-name', 'By its name, {{column}} holds what a row is worth.', fill),
  'amount-by-type': (fill) =>
    t('discovery.says.amount-by-type', 'Its type is money, so {{column}} may hold what a row is worth.', fill),
  'amount-millionths': (fill) =>
    t(
      'discovery.says.amount-millionths',
      'By its name, {{column}} is in millionths, so it is divided by 1,000,000.',
      fill
    ),
  'amount-cents-name': (fill) =>
    t(
      'discovery.says.amount-cents-name',
      'By its name, {{column}} is in cents, so it is divided by 100 exactly.',
      fill
    ),
  'amount-cents-comment': (fill) =>
    t(
      'discovery.says.amount-cents-comment',
      'By its comment, {{column}} is in cents, so it is divided by 100 exactly.',
      fill
    ),
  'amount-smallest-unit': (fill) =>
    t('discovery.says.amount-smallest-unit', 'As {{currency}} has no cents, {{column}} is in whole units.', fill),
  'amount-thousandths': (fill) =>
    t(
      'discovery.says.amount-thousandths',
      'As {{currency}} has thousandths, {{column}} is divided by 1,000 exactly.',
      fill
    ),
  'amount-float': (fill) =>
    t(
      'discovery.says.amount-float',
      'As {{column}} is a floating point number, sums are not exact to the last digit.',
      fill
    ),
  'amount-integer': (fill) =>
    t(
      'discovery.says.amount-integer',
      'As {{column}} is an integer, it may count cents: divide it by 100.0 then.',
      fill
    ),
  'other-amounts': (fill) => t('discovery.says.other-amounts', 'Other amounts there: {{columns}}.', fill),
  'lines-not-needed': (fill) =>
    t('discovery.says.lines-not-needed', 'The lines in {{table}} need not be added up.', fill),
  'no-amount': (fill) => t('discovery.says.no-amount', 'There is no amount in {{table}}.', fill),
  'lines-add-up': (fill) =>
    t(
      'discovery.says.lines-add-up',
      'The lines in {{table}} add up to it: their {{column}} refers to the order.',
      fill
    ),
  'lines-add-up-by-name': (fill) =>
    t(
      'discovery.says.lines-add-up-by-name',
      'The lines in {{table}} add up to it: their {{column}} is named after the order.',
      fill
    ),
  'lines-no-index': (fill) =>
    t(
      'discovery.says.lines-no-index',
      'No index of {{table}} begins with the reference, so every order reads all lines.',
      fill
    ),
  'lines-deleted-left-out': (fill) =>
    t('discovery.says.lines-deleted-left-out', 'Lines with {{column}} are left out.', fill),
  'line-is': (fill) => t('discovery.says.line-is', 'A line is worth {{column}}.', fill),
  'line-times': (fill) => t('discovery.says.line-times', 'A line is worth {{quantity}} × {{price}}.', fill),
  'line-no-quantity': (fill) => t('discovery.says.line-no-quantity', 'There is no quantity.', fill),
  'line-in-cents': (fill) => t('discovery.says.line-in-cents', 'That is in cents, so the sum is divided.', fill),
  'less-percent': (fill) => t('discovery.says.less-percent', 'From that, {{column}} is taken off, in percent.', fill),
  'less-fraction': (fill) =>
    t('discovery.says.less-fraction', 'From that, {{column}} is taken off, as a fraction.', fill),
  'less-amount': (fill) => t('discovery.says.less-amount', 'From that, {{column}} is taken off.', fill),
  'discount-unclear': (fill) =>
    t(
      'discovery.says.discount-unclear',
      'The discount {{column}} is left out: whether it is an amount or a percentage cannot be told.',
      fill
    ),
  currencies: (fill) =>
    t(
      'discovery.says.currencies',
      'It is in several currencies ({{currencies}}): group or filter by {{column}}, since a sum over all of them means nothing.',
      fill
    ),
  // Ratios, durations and gauges.
  'average-of': (fill) =>
    t('discovery.says.average-of', 'The revenue divided by the orders that make it, both summed first.', fill),
  'two-flows': (fill) =>
    t(
      'discovery.says.two-flows',
      'Both are counted: it compares the two flows, not the fate of the same orders.',
      fill
    ),
  'carts-may-yet': (fill) =>
    t('discovery.says.carts-may-yet', 'Carts of the last minutes may still become orders.', fill),
  'duration-of': (fill) =>
    t('discovery.says.duration-of', 'As {{to}} follows {{from}}, the time between them can be observed.', fill),
  'pair-by-name': (fill) =>
    t('discovery.says.pair-by-name', 'By their names, {{opened}} and {{closed}} are a beginning and an end.', fill),
  'pair-follows': (fill) =>
    t(
      'discovery.says.pair-follows',
      'The time in {{closed}} comes after the one in {{opened}} and is empty until then.',
      fill
    ),
  'pair-always-both': (fill) =>
    t('discovery.says.pair-always-both', 'Every row has both, so what is open is what lies between them.', fill),
  'open-left-out': (fill) =>
    t('discovery.says.open-left-out', 'Rows that came to nothing are left out, in the past too.', fill),
  // Dimensions.
  'enum-values': (fill) =>
    t('discovery.says.enum-values', '', {
      ...fill,
      defaultValue_one: 'An enum of {{number}} value.',
      defaultValue_other: 'An enum of {{number}} values.',
    }),
  'true-or-false': (fill) => t('discovery.says.true-or-false', 'True or false.', fill),
  'named-dimension': (fill) =>
    t(
      'discovery.says.named-dimension',
      'Orders are often grouped by what is named so. How many values it has is not known.',
      fill
    ),
  'different-values': (fill) =>
    t('discovery.says.different-values', '', {
      ...fill,
      defaultValue_one: '{{number}} value.',
      defaultValue_other: '{{number}} different values.',
    }),
  'one-value': (fill) => t('discovery.says.one-value', 'One value only, for now.', fill),
  'refers-by-number': (fill) =>
    t('discovery.says.refers-by-number', '', {
      ...fill,
      defaultValue_one: 'It refers to {{number}} other by its number.',
      defaultValue_other: 'It refers to one of {{number}} others by its number.',
    }),
  'refers-by-name': (fill) =>
    t('discovery.says.refers-by-name', '', {
      ...fill,
      defaultValue_one: 'It refers to {{number}} row of {{table}}, shown by its {{column}}.',
      defaultValue_other: 'It refers to one of {{number}} rows of {{table}}, shown by their {{column}}.',
    }),
  'groups-at-zero': (fill) => t('discovery.says.groups-at-zero', 'Groups without rows are shown as 0.', fill),
  comment: (fill) => t('discovery.says.comment', 'Comment in the store: {{text}}', fill),
  // Why something is not selected.
  'not-accepted': (fill) => t('discovery.says.not-accepted', 'Not selected: {{problem}}', fill),
  // Remarks.
  'orders-without-time': (fill) =>
    t(
      'discovery.says.orders-without-time',
      'It looks like a table of orders but has no column with the time of an order that can be used. Add one, or declare a view that has it.',
      fill
    ),
  'no-orders': (fill) =>
    t(
      'discovery.says.no-orders',
      'No table was found that looks like orders: one with an event time and an amount, a customer or a status. The role of the data source sees only tables that it may SELECT.',
      fill
    ),
  'same-rows': (fill) =>
    t('discovery.says.same-rows', 'By its columns, it is a {{kind}} of the same rows as {{table}}.', fill),
  'no-revenue': (fill) =>
    t(
      'discovery.says.no-revenue',
      'No amount was found in it or in lines that refer to it, so no revenue is proposed. A counter can sum a SQL expression.',
      fill
    ),
  'lines-without-price': (fill) =>
    t('discovery.says.lines-without-price', 'No price or amount was found in it, so no revenue is proposed.', fill),
  'carts-without-time': (fill) =>
    t('discovery.says.carts-without-time', 'It looks like carts but has no time that can be used.', fill),
  'carts-without-order': (fill) =>
    t(
      'discovery.says.carts-without-order',
      'No column tells which carts became orders, so no conversion is proposed.',
      fill
    ),
  'time-as-number': (fill) =>
    t(
      'discovery.says.time-as-number',
      'The column {{column}} seems to hold a time as a number. A stored generated column or a view with {{expression}} would make it an event time.',
      fill
    ),
  'marks-tests': (fill) =>
    t(
      'discovery.says.marks-tests',
      "The column {{column}} seems to mark tests. To leave them out, add NOT {{column}} to the table's where.",
      fill
    ),
  'no-time-for-values': (fill) =>
    t('discovery.says.no-time-for-values', 'There was no time left to look at its values.', fill),
  'values-unreadable': (fill) =>
    t('discovery.says.values-unreadable', 'Its values could not be looked at: {{problem}}', fill),
};
