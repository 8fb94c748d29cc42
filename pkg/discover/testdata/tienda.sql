-- Una tienda con claves UUID, un estado enumerado y pedidos particionados por mes.
create schema tienda;
create type tienda.estado_pedido as enum ('nuevo', 'pagado', 'enviado', 'entregado', 'cancelado');
create domain tienda.dinero as numeric(12,2) check (value >= 0);

create table tienda.clientes (
  id        uuid primary key default gen_random_uuid(),
  nombre    text not null,
  alta_en   timestamptz not null default now()
);

create table tienda.pedidos (
  id           uuid not null default gen_random_uuid(),
  cliente_id   uuid not null references tienda.clientes,
  estado       tienda.estado_pedido not null default 'nuevo',
  importe_total tienda.dinero not null,
  gastos_envio tienda.dinero not null default 0,
  moneda       char(3) not null default 'EUR',
  pais         text not null,
  creado_en    timestamptz not null default now(),
  pagado_en    timestamptz,
  enviado_en   timestamptz,
  entregado_en timestamptz,
  actualizado_en timestamptz not null default now(),
  primary key (id, creado_en)
) partition by range (creado_en);

do $$
declare
  inicio date := date_trunc('month', now() - interval '3 months');
begin
  for i in 0..4 loop
    execute format('create table tienda.pedidos_p%s partition of tienda.pedidos for values from (%L) to (%L)',
      i, inicio + i * interval '1 month', inicio + (i + 1) * interval '1 month');
  end loop;
end
$$;
create index on tienda.pedidos (creado_en);
create index on tienda.pedidos (pagado_en);

create table tienda.carritos (
  id         uuid primary key default gen_random_uuid(),
  cliente_id uuid references tienda.clientes,
  pedido_id  uuid,
  dispositivo text not null,
  abierto_en timestamptz not null,
  cerrado_en timestamptz
);
create index on tienda.carritos (abierto_en);

create table tienda.nominas (
  id      uuid primary key default gen_random_uuid(),
  empleado text not null,
  importe numeric(10,2) not null,
  pagado_en timestamptz not null
);

insert into tienda.clientes (id, nombre)
select md5('cliente' || n)::uuid, 'Cliente ' || n from generate_series(1, 200) as n;

insert into tienda.pedidos (id, cliente_id, estado, importe_total, gastos_envio, pais, creado_en, pagado_en, enviado_en, entregado_en)
select md5('pedido' || n)::uuid, md5('cliente' || 1 + n % 200)::uuid,
       (case when n % 19 = 0 then 'cancelado' when n > 900 then 'entregado' when n > 300 then 'enviado' when n > 40 then 'pagado' else 'nuevo' end)::tienda.estado_pedido,
       10 + (n * 104729 % 20000) / 100.0, 4.95, (array['ES', 'PT', 'FR', 'ES'])[1 + n % 4], at,
       case when n % 19 <> 0 and n > 40 then at + interval '25 minutes' end,
       case when n % 19 <> 0 and n > 300 then at + interval '1 day' end,
       case when n % 19 <> 0 and n > 900 then at + interval '3 days' end
from (select n, now() - n * interval '33 minutes' as at from generate_series(1, 2500) as n) as hecho;

insert into tienda.carritos (cliente_id, pedido_id, dispositivo, abierto_en, cerrado_en)
select case when n % 2 = 0 then md5('cliente' || 1 + n % 200)::uuid end, case when n > 60 and n % 3 = 0 then md5('pedido' || n)::uuid end,
       (array['movil', 'web'])[1 + n % 2], now() - n * interval '21 minutes', case when n > 25 then now() - n * interval '21 minutes' + interval '50 minutes' end
from generate_series(1, 2000) as n;

insert into tienda.nominas (empleado, importe, pagado_en) select 'e' || n, 1500 + n, now() - n * interval '1 day' from generate_series(1, 40) as n;
