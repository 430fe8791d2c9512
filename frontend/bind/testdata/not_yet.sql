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
