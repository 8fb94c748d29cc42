-- A food delivery. Where an order stands is a number with a table of its names, and so is the city; what is counted in
-- seconds since 1970 has a generated column beside it.
create schema dispatch;
create table dispatch.order_states (code smallint primary key, label text not null);
insert into dispatch.order_states values
  (10, 'received'), (20, 'cooking'), (40, 'delivered'), (90, 'cancelled'), (91, 'cancelled'), (95, 'refunded');
create table dispatch.cities (id integer primary key, name text not null, tz text not null);
insert into dispatch.cities values (1, 'Lisboa', 'Europe/Lisbon'), (2, 'Porto', 'Europe/Lisbon'), (3, 'Braga', 'Europe/Lisbon');
create table dispatch.diners (id serial primary key, email text not null);
insert into dispatch.diners (email) select 'd' || n || '@example.com' from generate_series(1, 500) as n;

create table dispatch.tbl_meal_orders (
  id              bigserial primary key,
  diner_id        integer not null references dispatch.diners,
  city_id         integer not null references dispatch.cities,
  state           smallint not null references dispatch.order_states,
  placed_at       bigint not null,
  delivered_ms    bigint,
  total_cents     integer not null,
  is_deleted      boolean not null default false,
  placed          timestamptz generated always as (to_timestamp(placed_at)) stored
);
create index on dispatch.tbl_meal_orders (placed);
insert into dispatch.tbl_meal_orders (diner_id, city_id, state, placed_at, delivered_ms, total_cents, is_deleted)
select 1 + n % 500, 1 + n % 3, case when n % 19 = 0 then 90 when n % 23 = 0 then 91 when n % 31 = 0 then 95 when n < 20 then 20 else 40 end,
       at, case when n >= 20 then (at + 1500) * 1000 end, 800 + n * 37 % 3000, n % 71 = 0
from (select n, extract(epoch from now())::bigint - n * 97 as at from generate_series(1, 4000) as n) as made;
analyze;
