-- A coffee roaster's web shop. Times are local to New York and carry no zone, money is in cents.
create table buyers (
  buyer_id   serial primary key,
  full_name  varchar(120) not null,
  email      varchar(200) not null unique,
  signup_ts  timestamp not null
);

create table beans (
  bean_id     serial primary key,
  name        varchar(80) not null,
  price_cents integer not null,
  updated_ts  timestamp not null
);

create table purchases (
  purchase_id    bigserial primary key,
  purchase_ts    timestamp not null,
  buyer_id       integer not null references buyers,
  status         varchar(20) not null,
  subtotal_cents integer not null,
  tax_cents      integer not null,
  shipping_cents integer not null,
  total_cents    integer not null,
  sales_channel  varchar(16) not null,
  country_code   char(2) not null,
  is_gift        boolean not null default false,
  note           text,
  shipped_ts     timestamp,
  delivered_ts   timestamp,
  last_modified  timestamp not null
);
create index on purchases (purchase_ts);

create table purchase_audit_log (
  id          bigserial primary key,
  purchase_id bigint not null,
  changed_ts  timestamp not null,
  old_total_cents integer,
  new_total_cents integer
);

create table baskets (
  basket_id     bigserial primary key,
  buyer_id      integer references buyers,
  started_ts    timestamp not null,
  ended_ts      timestamp,
  purchase_id   bigint references purchases
);

create view purchases_this_year as select * from purchases where purchase_ts >= date_trunc('year', localtimestamp);

insert into buyers (full_name, email, signup_ts)
select 'Buyer ' || n, 'buyer' || n || '@example.com', localtimestamp - n * interval '1 day' from generate_series(1, 300) as n;
insert into beans (name, price_cents, updated_ts) select 'Bean ' || n, 900 + n * 50, localtimestamp from generate_series(1, 20) as n;

insert into purchases (purchase_ts, buyer_id, status, subtotal_cents, tax_cents, shipping_cents, total_cents, sales_channel, country_code, is_gift, note, shipped_ts, delivered_ts, last_modified)
select at, 1 + n * 7919 % 300, s, 1000 + n * 104729 % 9000, n % 700, 499, 1499 + n * 104729 % 9000 + n % 700,
       (array['web', 'web', 'mobile', 'phone'])[1 + n % 4], (array['US', 'US', 'US', 'CA', 'MX'])[1 + n % 5], n % 11 = 0,
       case when n % 9 = 0 then 'leave at door ' || n end,
       case when s in ('shipped', 'delivered', 'refunded') then at + interval '5 hours' end,
       case when s in ('delivered', 'refunded') then at + interval '30 hours' end,
       at + interval '31 hours'
from (
  select n, now() at time zone 'America/New_York' - n * interval '7 minutes 13 seconds' as at,
         case when n % 23 = 0 then 'cancelled' when n % 37 = 0 and n > 300 then 'refunded' when n > 260 then 'delivered' when n > 50 then 'shipped' else 'processing' end as s
  from generate_series(1, 3000) as n
) as made;

insert into purchase_audit_log (purchase_id, changed_ts, old_total_cents, new_total_cents)
select purchase_id, purchase_ts, total_cents, total_cents from purchases;

insert into baskets (buyer_id, started_ts, ended_ts, purchase_id)
select case when n % 3 = 0 then 1 + n % 300 end, at, case when n > 40 or n % 2 = 0 then at + interval '40 minutes' end,
       case when n > 40 and n % 4 = 0 then n end
from (select n, now() at time zone 'America/New_York' - n * interval '11 minutes' as at from generate_series(1, 2000) as n) as made;
