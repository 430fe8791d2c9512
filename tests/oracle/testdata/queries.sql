select * from t
select * from w
select a + 1, a * 2.5, a / 2, a % 2, -a, c / 3, c * c, c + a, f * 2, a ^ 2 from t
select 7 / 2, -7 / 2, 7 % -3, 7.0 / 2, 1 / 3.0, 2 ^ 10, 10::numeric / 3, 5 / 0.3, 1e10 + 0.1, 1.10 + 2.205, 1.5 * 1.5, round(2.5), round(-1.25, 1), trunc(1.99), ceil(1.1), floor(-1.1)
select 1 / 0
select 2147483647 + 1
select 9223372036854775807 + 1
select 32767::smallint + 1::smallint
select 'x'::text || 5, 5 || 'x', 'a' || null, true || 'x'
select b, upper(b), lower(b), length(b), substring(b from 2 for 2), position('o' in b) from t
select trim('  x '), ltrim('xxa', 'x'), rtrim('axx', 'x'), overlay('abcdef' placing 'XX' from 2 for 3), replace('aXbX', 'X', 'y')
select a, b from t where a = 2 order by c
select a, b from t where a <> 2
select a, b from t where not (a = 2 and b = 'two')
select a from t where a in (1, 3, null)
select a from t where a not in (1, 3)
select a from t where a not in (1, null)
select b from t where b in ('one', 'Three')
select b from t where b like 't%'
select b from t where b ilike 't%'
select b from t where b not like '%e'
select b like '_ne', b like 'o\ne', b like 'o!_' escape '!' from t
select a, a between 1 and 2, a not between 2 and 3, a between symmetric 3 and 2 from t
select a, a is null, a is not null, a is distinct from 2, a is not distinct from null from t
select z, z is true, z is not true, z is false, z is unknown, not z, z and true, z or true, z and null, z or false from u
select case when a = 1 then 'one' when a = 2 then 'two' else 'other' end, case a when 1 then 1.5 else 2 end, case when a > 1 then c end from t
select case when a is null then 0 else 1 / a end from t
select coalesce(a, 0), coalesce(b, 'none'), coalesce(null, a, c), nullif(a, 2), nullif(b, 'two'), greatest(a, 2), least(a, c, 1.75), greatest(b, 'p') from t
select a::text, c::int, c::text, c::float8, d::text, f::text, a::numeric(5,1), e::varchar(2), b::char(3), c::numeric(4,1) from t where a < 3
select '12'::int, '1.5'::numeric, 't'::bool, ' 7 '::int, '2020-01-31'::date, '1 day'::interval, 'abc'::varchar(2), 1::bool, true::int, 3.7::int, -2.5::int, 3.5::int, 1e3::int
select 'x'::int
select 300::smallint::text, 40000::smallint
select 123456.78::numeric(5,2)
select d + 1, d - 1, d - date '2020-01-01', d + interval '1 month', d - interval '1' day, d < '2020-01-15' from t
select extract(year from d), extract(month from d), extract(day from d), extract(dow from d), date_part('year', d) from t
select ts + i, ts - i, ts - timestamp '2020-01-01', i * 2, i / 2, -i, i + i, extract(hour from ts), extract(epoch from i), ts::date from v
select tz at time zone 'UTC', tz = '2020-06-01 10:00+00', extract(year from tz) from v
select d, date '2020-01-31' + interval '1 month', timestamp '2020-03-31 10:00' - interval '1 month' from t where a = 1
select count(*), count(a), count(b), sum(a), sum(c), sum(f), avg(a), avg(c), min(a), max(b), min(d), max(c), min(e) from t
select count(*), sum(a), avg(a), min(b) from t where a > 100
select a, count(*), sum(c), avg(c), min(b), max(d) from t group by a
select b, count(*) from t group by b having count(*) > 1
select a % 2, count(*), sum(c) from t group by a % 2
select sum(distinct a), count(distinct b), avg(distinct c), count(distinct a) from t
select count(*) filter (where a > 1), sum(a) filter (where b = 'two'), sum(a) filter (where false) from t
select sum(sm), avg(sm), sum(r), avg(n), sum(n), max(i), sum(i), min(tz), max(n) from v
select sum(b), avg(b), max(s), min(s), bool_and(z), bool_or(z), every(z) from u
select max(a) + min(a) * 2, sum(a) / count(a), sum(a) * 1.5 from t
select a, sum(c) from t group by a having sum(c) is not null order by a desc nulls last
select 1 from t having count(*) > 3
select count(*) from t group by ()
select sum(case when a = 2 then c else 0 end), sum(case when a = 9 then c else 0 end) from t
select distinct a, b from t
select distinct a from t order by a desc
select distinct a + 1 as x from t order by x nulls first
select * from t, u
select t.a, u.b from t join u on t.a = u.a
select t.a, u.a, u.b from t left join u on t.a = u.a
select t.a, u.a, u.b from t right join u on t.a = u.a
select t.a, u.a, u.b from t full join u on t.a = u.a
select * from t join u using (a)
select a, t.a, u.a from t left join u using (a)
select a, t.a, u.a from t right join u using (a)
select a, t.a, u.a from t full join u using (a)
select t.a, u.a from t left join u on t.a = u.a and u.b > 10
select t.a, u.a from t left join u on t.a < u.a where u.b is null
select t.a, u.a, v.k from t join u on t.a = u.a left join v on v.a = u.a
select t.a, x.n from t, lateral (select count(*) as n from u where u.a <= t.a) x
select t.a, x.b from t left join lateral (select u.b from u where u.a > t.a order by u.a limit 1) x on true
select a from t where a = (select max(a) from u where a < 3)
select a, (select b from u where u.a = t.a) from t
select a from t where exists (select 1 from u where u.a = t.a and u.z)
select a from t where not exists (select 1 from u where u.a = t.a)
select a from t where a in (select a from u where z)
select a from t where a not in (select a from u where z)
select a from t where a not in (select nullif(a, 4) from u)
select a, a in (select a from u where b > 10), a not in (select b / 10 from u) from t
select a from t where a > all (select a from u where a < 2)
select a from t where a >= any (select a from u)
select a, a = any (select b / 10 from u), a <> all (select b / 10 from u) from t
select (a, a) in (select a, a from t), (a, a) not in (select a, 2 from u) from t
select (select a from u)
select (select a from u where a > 100), (select count(*) from u)
select (select sum(t.a)) from t
select a, (select sum(t.c) from u where u.a = 1) from t group by a
select a from t union select a from u
select a from t union all select a from u
select a from t intersect select a from u
select a from t except select a from u
select a from t except all select 2
select a from t intersect all select a from t
select a, b from t union select a, s from u order by a, b
select a from t union select b from u union all select 1.5
select 1.5 union all select 2.25 union all select 3
(select a from t order by a limit 1) union all (select a from u order by a desc limit 2)
values (1, 'a'), (2.5, null), (3, 'c')
select x.n * 2, s from (values (1, 'a'), (2, 'b')) as x (n, s)
select a from t order by a limit 2
select a from t order by a desc limit 2 offset 1
select a, b from t order by b desc nulls last, a offset 3
select a from t order by a limit null offset 1
select a from t limit 0
select a from t limit -1
select a from t offset -1
select b from t order by length(b), b
select a as x, -a as y from t order by y, x
select a from t order by a + c, a
with x as (select a, c from t where a is not null) select a, sum(c) from x group by a order by a
with x as (select a from t) select count(*) from x p, x q where p.a = q.a
with x as (select 1 as n), y as (select n + 1 as m from x) select * from x, y
with x as materialized (select a from u) select * from x where a > 2
with x (p, q) as (select a, b from u) select q from x where p = 2
select * from (select a, count(*) as n from t group by a) g where n > 1
select * from (select a, b from t order by a limit 2) s order by b
select g.a, u.b from (select a, sum(c) as s from t group by a) g join u on u.a = g.a where g.s > 1
select u.*, count(t.a) from u left join t on t.a = u.a group by u.a order by u.a
select s, s = 'a', s || 'x', length(s), s like 'a%', s in ('a', 'bc') from u
select s from u order by s
select e, e = 'x', e || b, upper(e) from t
select (a, c) < (2, 50), (a, b) = (2, 'two'), (a, a) <> (2, 3) from t
select (a, b) is null, (a, b) is not null from t
select 'a' < 'B', 'abc' < 'abd', 'a' < 'aa', 'é' > 'z'
select 1.0 = 1.00, 1.5 < 2, 1 < 1.5, 0.1 + 0.2 = 0.3, 'NaN'::float8 = 'NaN'::float8, 'NaN'::numeric > 1
select 0.1::float8 + 0.2::float8, 1e308::float8 * 10, 1::float8 / 3, 'Infinity'::float8
select 1::float8 / 0
select n, n + 1, n * n, round(n, 2), n::int from v where k < 4
select n::bigint from v where k = 4
select sm + sm from v where k < 3
select sm + sm from v
select r, r + 1, r::float8, r::numeric from v
select current_date = now()::date, current_timestamp = now()
select abs(-5), sign(-2.5), sqrt(2.0), sqrt(4::float8), power(2, 3), exp(1.0), ln(2.718281828), mod(7, 3), pi()
select count(*) from t where f = 'NaN'
select f, f > 1, f is not null from t order by f
