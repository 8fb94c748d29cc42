/** A catalog to begin with, for a store with a table of orders and one of carts. */
export const starterCatalog = `version: 1
timezone: UTC # of the business calendar, in which days, weeks and months begin
tables:
  orders:
    relation: public.orders
    time: created_at # the event time, for metrics that name no other
    records: [id, created_at, status, total] # the columns that a drill-down may show
    dimensions: # by which metrics may be grouped and filtered
      channel: { column: channel, label: Channel }
      region: { column: region, label: Region }
  carts:
    relation: public.carts
    time: opened_at
    dimensions:
      channel: { column: channel, label: Channel }
metrics:
  orders_invoiced:
    type: counter # rows are counted by the time of the event
    table: orders
    time: invoiced_at
    help: Orders invoiced
  revenue:
    type: counter
    table: orders
    time: invoiced_at
    sum: total
    unit: currencyUSD
    help: Revenue of the invoiced orders
  average_ticket:
    type: ratio
    numerator: revenue
    denominator: orders_invoiced
    unit: currencyUSD
    help: Revenue per invoiced order
  open_carts:
    type: gauge # rows that are open at an instant
    table: carts
    opened: opened_at
    closed: closed_at
    help: Carts that are neither checked out nor abandoned
  time_to_invoice:
    type: histogram
    table: orders
    time: invoiced_at
    observe: extract(epoch from invoiced_at - created_at)
    unit: s
    help: From the order to its invoice
`;
