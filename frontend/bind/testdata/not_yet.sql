select a, count(*) over () from t
select sum(a) over (partition by b) from t
select row_number() over (order by a) from t
select generate_series(1, 3)
select * from generate_series(1, 3)
select string_agg(b, ',') from t
select array[1, 2]
select distinct on (a) a, b from t
select a from t for update
select a from t group by rollup (a)
select a into q from t
with recursive r as (select 1) select * from r
insert into t (a) values (1) returning a
insert into u values (1) on conflict do nothing
update t set (a, b) = (select 1, 'x')
update t set a = u.a from u where u.a = t.a
delete from t using u where t.a = u.a
select sum(a order by b) from t where false and exists (select a)
select * from t where (a, b) = (select 1, 'x')
select date '2020-01-01' + 1, 1 + date '2020-01-01', date '2020-01-01' + time '10:00'
select a = any ('{1,2}') from t
select b similar to 'x' from t
with x as (insert into t values (1) returning a) select * from x
update t set a = x.a from (select 1 as a) x
create table m1 (a int, primary key (a), unique (a))
create table m2 (a int check (a > 0))
create table m3 (a int references u)
create table m16 (a text collate "C", b text collate "nosuch")
