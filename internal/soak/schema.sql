CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY,
  created_at timestamptz NOT NULL,
  invoiced_at timestamptz,
  cancelled_at timestamptz,
  channel text,
  total numeric(12,2) NOT NULL,
  PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE TABLE orders_old PARTITION OF orders FOR VALUES FROM (MINVALUE) TO ('2026-03-10 06:00Z');
CREATE TABLE orders_mid PARTITION OF orders FOR VALUES FROM ('2026-03-10 06:00Z') TO ('2026-03-10 12:00Z');
CREATE TABLE orders_new PARTITION OF orders DEFAULT;
CREATE INDEX ON orders (created_at);
CREATE INDEX ON orders (invoiced_at);
CREATE VIEW large_orders AS
SELECT id, created_at, invoiced_at, channel, total, total * 2 AS twice FROM orders WHERE total > 500 AND channel IS DISTINCT FROM 'store';
