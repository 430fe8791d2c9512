-- One statement a line. Each must parse; printing its tree and parsing that again must print the same.
select 1
select
select 1, 2.5, .5, 5., 1e10, 1.5E-3, 2147483648, 9223372036854775807, 9223372036854775808, -9223372036854775808, -5, - 5 ^ 2, -(-5)
select 'a', 'it''s', E'a\tb\\c\'d\x41\101\u00e9\U0001F600', U&'d\0061t\+000061', U&'d!0061' uescape '!', $$dollar$$, $q$a $$ b$q$, b'0101', x'1F', n'x', null, true, false
select date '2020-01-01', timestamp '2020-01-01 10:00', timestamp(3) with time zone '2020-01-01', time '10:00', interval '1' day, interval '1-2' year to month, interval '1' second(3), interval(3) '1 sec', interval '1 day', numeric(10,2) '1.5', int4 '5', char(3) 'abc', pg_catalog.date '2020-01-01', bit '101', varchar 'x', point(1,2) 'x'
select $1, $2 + $10, $1[1], ($1).a
select a, t.a, s.t.a, c.s.t.a, t.*, "A b"."select", u&"d\0061ta" from t
select *
select a as b, a b, a as "select", a "B c", a as select, 1 one, 2 as year from t
select distinct a from t
select distinct on (a, b) a, b, c from t order by a, b, c desc
select all a from t
select a + b * c - d / e % f ^ g, a < b, a <= b, a <> b, a != b, a = b, a || b, a -> 'x' ->> 'y', @ a, |/ 25.0, a operator(pg_catalog.+) b, operator(pg_catalog.-) a, a ~ b, a !~* b, a && b, a @> b
select a and b or not c and d, not a = b, not not a, a and (b or c), (a and b) and c, a or b or c
select a is null, a is not null, a isnull, a notnull, a is true, a is not false, a is unknown, a is not unknown, a is distinct from b, a is not distinct from b
select a between 1 and 2, a not between 1 and 2 + 3, a between symmetric b and c, a not between symmetric 1 and 2 and b, a between asymmetric 1 and 2
select a in (1), a in (1, 2), a not in ('x', 'y'), (a, b) in ((1, 2), (3, 4)), a in (select b from u), (a, b) not in (select 1, 2)
select a like 'x%', a not like '%x', a like 'x' escape '\', a ilike b, a not ilike b, a similar to 'x', a not similar to 'x' escape '#'
select exists (select 1), not exists (select 1 from t), (select 1), (select 1) + 1, array(select 1), array[1, 2], array[[1, 2], [3, 4]], array[]::int[]
select a = any (select 1), a < all (select 1), a = some (array[1, 2]), a like any (array['x']), a not like all ('{x}'), a operator(pg_catalog.=) any (b), a > any ($1)
select case when a then 1 when b then 2 else 3 end, case a when 1 then 'x' end
select coalesce(a, b, 1), nullif(a, b), greatest(a, b), least(1, 2, 3), row(1, 2), row(), (1, 2), row(1), grouping(a, b) from t group by a, b
select cast(a as int), a::int::text, a::numeric(15,2), a::double precision, a::timestamp(3) with time zone, a::timestamp without time zone, a::character varying(10), a::char, a::"char", a::bit(3), a::bit varying, a::int[], a::int[3][], a::int array, a::int array[3], a::interval day to second(3), a::interval(2), a::interval year, a::s.mytype, a::float(20), a::float(30), a::real, a::decimal, a::dec(3), a::national character varying(5), a::nchar, a::time with time zone, a::regclass, (-1)::int2, - 1::int2, a::pg_catalog.int4
select a collate "C", a collate pg_catalog."de_DE" < b, a at time zone 'UTC', a at time zone interval '1 hour' + b
select extract(year from a), extract('dow' from a), extract(epoch from a - b), position('a' in b), substring(a from 1 for 2), substring(a from 2), substring(a for 3), substring(a, 1, 2), substring(a similar 'x' escape '#'), overlay(a placing b from 1 for 2), overlay(a placing b from 1), overlay(a, b, 1), trim(a), trim(both 'x' from a), trim(leading from a), trim(trailing 'x' from a), trim('x' from a), collation for (a), normalize(a), normalize(a, nfkc), a is normalized, a is nfd normalized, a is not normalized
select current_date, current_time, current_time(3), current_timestamp, current_timestamp(0), localtime, localtimestamp, localtime(1), localtimestamp(2), current_user, session_user, user, current_role, current_catalog, current_schema, current_schema()
select f(), f(1, 'x'), s.f(a), count(*), count(distinct a), sum(all a), f(a order by b desc, c), string_agg(distinct a, ',' order by a), f(variadic array[1]), f(1, variadic b), f(a => 1, b := 2), count(*) filter (where a > 0), percentile_cont(0.5) within group (order by a), rank(1) within group (order by a, b) filter (where c)
select left('abc', 2), right(a, 1), date_trunc('month', a), "select"(1)
select row_number() over (), sum(a) over (partition by b order by c rows between unbounded preceding and current row), avg(a) over w, f(a) over (w rows 1 preceding), f() over (order by a range between 1 preceding and 1 following exclude ties), f() over (groups between current row and unbounded following exclude current row), f() over (order by a rows 5 preceding exclude group) from t window w as (partition by b), v as (w order by c)
select a[1], a[1:2], a[:], a[1:], a[:2], a[1][2], t.a[1], (f(a)).b, (f(a)).*, (a).b.c, (array[1,2])[1], (select a)[1], a[1].b
select (a, b) overlaps (c, d), row(a, b) overlaps row(c, d), (1, 2) = (3, 4), row(1, 2) < (select 1, 2)
select * from a, b
select * from a x, b as y, c as z (p, q), only d, only (e), f *
select * from a join b on a.x = b.x
select * from a inner join b using (x), c left join d on true, e right outer join f using (x, y) as j, g full join h on (1 = 1)
select * from a cross join b natural join c natural left join d
select * from a join b join c on b.x = c.x on a.x = b.x
select * from (a join b on true) as j, (a cross join b), ((a natural join b))
select * from (select 1) as s, (values (1, 2), (3, 4)) v (a, b), lateral (select 2) l, ((select 1)) as p
select * from f(1), g(2) as x, h() y (a, b), lateral k(3) z, generate_series(1, 10) with ordinality as s (v, n), j() as (a int, b text), j() as r (a int), rows from (f(1), g(2) as (a int)) with ordinality as q, current_date, unnest(a, b)
select * from t tablesample bernoulli (10), u as x tablesample system (5.5) repeatable (1)
select a, count(*) from t where a > 1 group by a having count(*) > 1 order by a asc nulls last, 2 desc nulls first, b using <, c limit 10 offset 5
select a from t group by ()
select a from t group by a, rollup (a, (b, c)), cube (a, b), grouping sets ((a), (), rollup (b)), (a, b)
select a from t group by distinct a, b
select 1 limit all offset 1 rows
select 1 offset 2 limit 3
select 1 fetch first row only
select 1 fetch next 5 rows only
select a from t order by a fetch first (1 + 2) rows with ties
select 1 limit (select 1)
select 1 union select 2
select 1 union all select 2 union select 3 intersect select 4 except all select 5
(select 1) union (select 2 order by 1 limit 1) order by 1
select 1 union (select 2 union select 3)
(select 1)
((select 1)) limit 2
select 1 union distinct select 2
values (1, 'a'), (2, default)
values (1) order by 1 limit 1
table t
table only s.t
select * into t2 from t
select a into temp t2 from t
select a into unlogged table t2 from t
with a as (select 1) select * from a
with recursive a (n) as (values (1) union all select n + 1 from a where n < 5), b as not materialized (select 2), c as materialized (select 3) select * from a, b, c
with a as (insert into t values (1) returning *), b as (update t set a = 1 returning a), c as (delete from t returning a) select * from a
with a as (select 1) (select 2) union select 3
select * from t for update
select * from t, u for no key update of t nowait for share of u skip locked
select * from t limit 1 for key share
select * from t for update limit 1
insert into t values (1, 'x', default, null), (2, 'y', 3, 4)
insert into s.t (a, b[1], c.d) values (1, 2, 3)
insert into t as x (a) select 1
insert into t default values
insert into t (a) overriding system value values (1)
insert into t overriding user value select 1
insert into t values (1) on conflict do nothing
insert into t values (1) on conflict (a, lower(b), (c + 1) collate "C" text_ops) where d do update set a = excluded.a, (b, c) = (1, 2) where t.a > 1 returning *, a as b
insert into t values (1) on conflict on constraint k do nothing
with x as (select 1) insert into t select * from x
update t set a = 1
update only t as x set a = default, b = b + 1, (c, d) = (select 1, 2), (e) = row(3), f[1] = 2, g.h = 3 from u join v on true where x.a = u.a returning *
update t set a = 1 where current of c
delete from t
delete from t as x using u, v where x.a = u.a returning x.a as y
with x as (select 1) delete from t where a in (select * from x)
merge into t as x using u on x.a = u.a when matched and u.b > 1 then update set a = u.a, b = default when matched then delete when not matched then insert (a, b) values (u.a, default) when not matched and u.c then do nothing
merge into t using (select 1 as a) s on true when not matched then insert default values when not matched then insert overriding user value values (1)
copy t from stdin
copy t (a, b) from stdin with (format csv, header, delimiter ',', null '', quote '"', freeze on, force_not_null (a, b), force_quote *, encoding 'utf8')
copy t to stdout csv header delimiter as '|' null as 'x' quote '"' escape '\' force quote a, b
copy t from '/tmp/x' (format binary) where a > 1
copy binary t from stdin
copy (select 1) to stdout
copy (values (1)) to program 'cat'
copy t from stdin with csv force not null a force null b
copy t from stdin using delimiters '|'
truncate t
truncate table t, only u restart identity cascade
create table t (a int)
create table t ()
create table if not exists s.t (a int primary key, b text not null default 'x' || 'y', c numeric(15,2) null check (c > 0) no inherit, d varchar(10) collate "C" unique, e int references u, f int references u (a) match full on delete cascade on update set null, g int generated always as (a * 2) stored, h int generated by default as identity, i bigint generated always as identity (start 5 increment by 2 no cycle), j timestamptz default now(), k int constraint kk not null deferrable initially deferred, l int default -1, m text default null)
create table t (a int, b int, primary key (a, b), constraint u unique (b) include (a) with (fillfactor = 70) using index tablespace ts, check (a > b), constraint f foreign key (a, b) references u (c, d) on delete set default (a) on update restrict deferrable initially deferred not valid, exclude using gist (a with =, b with &&) where (a > 1), unique nulls not distinct (a))
create temp table t (a int) on commit delete rows
create unlogged table t (a int) with (fillfactor = 100, autovacuum_enabled = false, toast.autovacuum_enabled = off) tablespace x
create table t (like u including all excluding indexes, a int) inherits (v, w)
create table t (a int) partition by range (a, (a + 1), lower(b) collate "C" text_ops)
create table t (a int) using heap without oids
create global temporary table t (a int) on commit preserve rows
create local temp table t (a int) on commit drop
create table t of ty
create table t of ty (a primary key, b with options default 1)
create table t as select 1
create temp table if not exists t (a, b) with (fillfactor = 10) on commit drop as select 1, 2 with no data
create table t as table u with data
create table t as execute p (1)
create materialized view if not exists v as select 1 with no data
create index on t (a)
create unique index concurrently if not exists i on only s.t using btree (a desc nulls last, lower(b), (a + b) collate "C" text_ops asc) include (c, d) nulls not distinct with (fillfactor = 50) tablespace ts where a > 1
create view v as select 1
create or replace temp view v (a, b) with (security_barrier) as select 1, 2 with cascaded check option
create recursive view v (n) as values (1) union all select n + 1 from v
create schema s
create schema if not exists s authorization u
create schema authorization u create table t (a int) create view v as select 1
create sequence s
create temp sequence if not exists s as bigint increment by -1 minvalue 1 no maxvalue start with 5 cache 10 cycle owned by t.a
create type e as enum ('a', 'b')
create type e as enum ()
create type c as (a int, b text)
create domain d as int default 5 constraint p check (value > 0) not null
create database d owner = u encoding 'utf8' template template0 connection limit 5
create role r with login superuser password 'x' connection limit 3 valid until '2030-01-01' in role a, b
create user u nologin
create group g
alter role r nosuperuser
drop table t
drop table if exists s.t, u cascade
drop view v restrict
drop materialized view if exists v
drop index concurrently if exists i
drop schema if exists s, t cascade
drop sequence s
drop type a, b
drop domain d
drop function f, g(int, text), s.h()
drop procedure p(in a int, out b text)
drop database if exists d (force)
drop role a, b
drop user if exists u
drop trigger g on t cascade
drop extension if exists e
drop tablespace x
alter table t add column a int not null default 1, add column if not exists b text, drop column c, drop column if exists d cascade
alter table if exists only t alter column a type bigint using a::bigint, alter b set data type text collate "C", alter c set default 1 + 2, alter c drop default, alter d set not null, alter d drop not null, alter e set statistics 100, alter e set storage external, alter f set (n_distinct = 5)
alter table t add primary key (a), add constraint u unique using index i, add constraint f foreign key (a) references u not valid, drop constraint if exists c cascade, validate constraint f, alter constraint f deferrable
alter table t alter a add generated always as identity, alter a set generated by default set start 5 restart, alter a drop identity if exists, alter b drop expression
alter table t owner to u, set tablespace x, set (fillfactor = 70), reset (fillfactor), set logged, set unlogged, cluster on i, set without cluster, inherit p, no inherit p
alter table t enable row level security, no force row level security, replica identity full, replica identity using index i, disable trigger all, enable always trigger g
alter table t rename to u
alter table if exists t rename column a to b
alter table t rename constraint a to b
alter table t set schema s
alter index i rename to j
alter index i set (fillfactor = 10)
alter view v rename to w
alter sequence s restart with 5 increment 2
alter sequence s owner to u
alter schema s rename to t
alter schema s owner to current_user
alter database d set search_path to a, b
alter database d rename to e
alter role r set work_mem = '1MB'
alter role all in database d reset all
alter type e add value if not exists 'x' before 'y'
alter type e rename value 'x' to 'y'
alter domain d set default 5
alter domain d add constraint c check (value > 1)
alter function f(int) owner to u
begin
begin work isolation level serializable, read only, not deferrable
begin transaction read write
start transaction isolation level repeatable read
commit
end transaction
commit and chain
rollback
abort
rollback and no chain
savepoint a
release a
release savepoint a
rollback to a
rollback work to savepoint a
prepare transaction 'x'
commit prepared 'x'
rollback prepared 'x'
set a = 1
set a to 'x', y, 1.5, -3, on, true
set local a.b = default
set session a to on
set lathe.threads = 4
set time zone 'UTC'
set time zone local
set time zone interval '-08:00' hour to minute
set time zone -3
set names 'utf8'
set schema 'x'
set role r
set role none
set session authorization default
set session authorization 'u'
set transaction isolation level read committed
set local transaction read only
set session characteristics as transaction isolation level read uncommitted deferrable
set transaction snapshot 'x'
set constraints all deferred
set constraints a, s.b immediate
set a from current
reset a
reset all
reset time zone
reset session authorization
show a
show lathe.threads
show all
show time zone
show transaction isolation level
explain select 1
explain analyze verbose select 1
explain (analyze, costs off, format json, buffers true, ir, pipelines on) select 1
explain insert into t values (1)
explain analyze create table t as select 1
explain execute p (1)
explain (select 1)
prepare p as select $1
prepare p (int, text) as insert into t values ($1, $2)
execute p
execute p (1, 'x')
deallocate p
deallocate prepare all
declare c cursor for select 1
declare c binary insensitive no scroll cursor with hold for select 1
fetch c
fetch next from c
fetch 5 in c
fetch all from c
fetch backward -3 c
fetch absolute 5 from c
fetch forward all in c
move last c
close c
close all
vacuum
vacuum full freeze verbose analyze t (a, b), u
vacuum (full, analyze off, parallel 2) t
analyze
analyze verbose t
analyze (verbose) t, u (a)
checkpoint
cluster
cluster verbose t using i
cluster i on t
reindex table t
reindex (verbose) index concurrently i
reindex database d
lock t
lock table t, only u in share row exclusive mode nowait
discard all
discard temp
listen c
notify c, 'x'
unlisten *
grant select, insert (a, b), update on t to u, public with grant option
grant all privileges on schema s to u granted by current_user
grant all on all tables in schema s to u
grant execute on function f(int) to u
grant r1, r2 to u with admin option
revoke grant option for select on table t from u cascade
revoke r1 from u
comment on table t is 'x'
comment on column s.t.a is null
comment on function f(int) is 'x'
comment on constraint c on t is 'x'
comment on constraint c on domain d is 'x'
do 'x'
do language plpgsql $$begin end$$
call p(1, a => 2)
select if, abs, value, values from t
create table if (if int)
select year, month, name, type, key, text, data from t where value = 1
