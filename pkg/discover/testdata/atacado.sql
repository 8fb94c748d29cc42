-- Um atacadista: o cabeçalho do pedido não tem valor, que está nos itens.
create schema vendas;

create table vendas.cliente (
  id_cliente   integer generated always as identity primary key,
  razao_social text not null,
  cnpj         char(14),
  uf           char(2) not null,
  cadastrado_em timestamptz not null default now()
);

create table vendas.pedido (
  id_pedido    integer generated always as identity primary key,
  id_cliente   integer not null references vendas.cliente,
  emitido_em   timestamptz not null default now(),
  situacao     text not null check (situacao in ('aberto', 'faturado', 'cancelado')),
  canal        text not null check (canal in ('televendas', 'portal', 'representante')),
  observacao   text,
  faturado_em  timestamptz,
  cancelado_em timestamptz,
  excluido_em  timestamptz,
  data_prevista date
);
comment on table vendas.pedido is 'Pedidos de venda; um por negociação.';
comment on column vendas.pedido.faturado_em is 'Emissão da nota fiscal.';
create index on vendas.pedido (emitido_em);
create index on vendas.pedido (faturado_em);

create table vendas.pedido_item (
  id_pedido      integer not null references vendas.pedido,
  sequencia      smallint not null,
  codigo_produto text not null,
  qtd            numeric(10,3) not null,
  preco_unitario numeric(10,2) not null,
  perc_desconto  numeric(5,2),
  primary key (id_pedido, sequencia)
);

create table vendas.pedido_historico (
  id_pedido integer not null references vendas.pedido,
  em        timestamptz not null,
  situacao  text not null
);

create table vendas.turno_caixa (
  id_turno    integer generated always as identity primary key,
  operador    text not null,
  abertura_em timestamptz not null,
  fechamento_em timestamptz
);

insert into vendas.cliente (razao_social, cnpj, uf)
select 'Cliente ' || n, lpad(n::text, 14, '0'), (array['SP', 'RJ', 'MG', 'BA'])[1 + n % 4] from generate_series(1, 120) as n;

insert into vendas.pedido (id_cliente, emitido_em, situacao, canal, observacao, faturado_em, cancelado_em, excluido_em, data_prevista)
select 1 + n * 31 % 120, at,
       case when n % 17 = 0 then 'cancelado' when n > 30 then 'faturado' else 'aberto' end,
       (array['televendas', 'portal', 'representante'])[1 + n % 3], 'obs ' || n,
       case when n % 17 <> 0 and n > 30 then at + interval '3 hours' * (1 + n % 5) end,
       case when n % 17 = 0 then at + interval '1 hour' end,
       case when n % 101 = 0 then at + interval '10 minutes' end,
       (at + interval '10 days')::date
from (select n, now() - n * interval '41 minutes' as at from generate_series(1, 1500) as n) as feito;

insert into vendas.pedido_item (id_pedido, sequencia, codigo_produto, qtd, preco_unitario, perc_desconto)
select p.id_pedido, s, 'P' || (p.id_pedido * s % 400), (1 + (p.id_pedido * s) % 12)::numeric / 2, 5 + (p.id_pedido * 13 + s * 7) % 300 + 0.99,
       case when s % 3 = 0 then 12.5 when s % 2 = 0 then 0 end
from vendas.pedido as p, generate_series(1, 3) as s
where s <= 1 + p.id_pedido % 3;

insert into vendas.pedido_historico select id_pedido, emitido_em, situacao from vendas.pedido;

insert into vendas.turno_caixa (operador, abertura_em, fechamento_em)
select 'op' || n % 7, now() - n * interval '4 hours', case when n > 5 then now() - n * interval '4 hours' + interval '9 hours' end from generate_series(1, 200) as n;

analyze;
