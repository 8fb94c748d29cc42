-- A store made by an object mapper: names with capitals and words of SQL, and no foreign keys declared for lines.
create table "User" (
  "id"        text primary key,
  "email"     text not null,
  "createdAt" timestamp(3) not null default current_timestamp
);

create table "Channel" (
  "id"   integer primary key,
  "name" text not null
);

create table "Order" (
  "id"           text primary key,
  "userId"       text not null references "User" ("id"),
  "channelId"    integer not null references "Channel" ("id"),
  "user"         text,
  "order status" text not null,
  "currency"     text not null,
  "createdAt"    timestamp(3) not null default current_timestamp,
  "completedAt"  timestamp(3),
  "canceledAt"   timestamp(3),
  "updatedAt"    timestamp(3) not null
);
create index on "Order" ("createdAt");

create table "OrderItem" (
  "id"        text primary key,
  "orderId"   text not null,
  "quantity"  integer not null,
  "unitPrice" integer not null,
  "deletedAt" timestamp(3)
);
comment on column "OrderItem"."unitPrice" is 'In cents, without tax.';
create index on "OrderItem" ("orderId");

insert into "User" ("id", "email") select 'u' || n, 'u' || n || '@example.com' from generate_series(1, 50) as n;
insert into "Channel" values (1, 'Web'), (2, 'Marketplace');
-- The application writes UTC, whatever the zone of the business.
insert into "Order" ("id", "userId", "channelId", "order status", "currency", "createdAt", "completedAt", "canceledAt", "updatedAt")
select 'o' || n, 'u' || 1 + n % 50, 1 + n % 2, case when n % 10 = 0 then 'CANCELED' when n > 20 then 'COMPLETED' else 'PENDING' end, 'USD',
       at, case when n % 10 <> 0 and n > 20 then at + interval '2 hours' end, case when n % 10 = 0 then at + interval '5 minutes' end, at
from (select n, now() at time zone 'UTC' - n * interval '13 minutes' as at from generate_series(1, 900) as n) as made;
insert into "OrderItem" ("id", "orderId", "quantity", "unitPrice", "deletedAt")
select 'i' || n || '-' || s, 'o' || n, 1 + n % 3, 1999 + n * s, case when s = 2 and n % 7 = 0 then localtimestamp end
from generate_series(1, 900) as n, generate_series(1, 2) as s;
