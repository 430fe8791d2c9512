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
select a from t where exists (select 1 from u where u.a = t.a) or b = 'Three'
select a from t where a in (select a from u where b > 10) or c > 2
select a, exists (select 1 from u where u.a = t.a and b is null) from t
select a, not exists (select 1 from u where u.a > t.a) from t
select a, (select count(*) from u where u.a >= t.a) as n from t
select a, (select sum(b) from u where u.a >= t.a) + 1 as n from t
select a, (select max(b) from u where u.a < t.a) from t where (select count(*) from u where u.a < t.a) > 0
select a from t where c > (select avg(x.c) from t x where x.a = t.a)
select a from t where c >= (select max(x.c) from t x where x.a = t.a)
select a from t where a not in (select u.a from u where u.b > t.c)
select a from t where a in (select u.a from u where u.b > t.c * 5)
select a from t where a > any (select u.a from u where u.b < t.c * 10)
select a from t where a <= all (select u.a from u where u.z)
select a, a > all (select u.a from u where u.a < 0), a = any (select u.a from u where u.a < 0) from t
select u.a, (select t.b from t where t.a = u.a and t.c < 50) from u
select u.a, (select t.b from t where t.a = u.a) from u where u.a <> 2
select u.a, (select t.b from t where t.a = u.a) from u
select (select max(t.a) from t where t.c > (select avg(c) from t)), (select b from u where a = 1)
select x.a, x.n from (select a, (select count(*) from u where u.a = t.a) as n from t) x where x.n = 1
select t.a, s.n from t join (select a, count(*) as n from t group by a) s on s.a = t.a order by t.a
select t.a, count(u.a), sum(u.b) from t left join u on u.a > t.a group by t.a
select t.b, u.b from t left join u on t.a = u.a where coalesce(u.b, 0) < 15
select t.b, u.b from t full join u on t.a = u.a where t.a is null or u.a is null
select t.a, u.a from t full join u on t.a = u.a and u.z
select t.a, u.a, v.k from t left join u on t.a = u.a full join v on v.k = u.a
select t.a, u.a, v.k from t join (u left join v on v.a = u.a) on u.a = t.a
select t.a, u.a from t cross join u where t.a + u.a = 4
select t.a, u.a from t, u where t.a = u.a or t.a = u.a + 1
select t.a, u.a from t join u on t.c > u.b
select t1.a, t2.a from t t1 join t t2 on t1.b = t2.b
select t1.a, t2.a from t t1 join t t2 on t1.d = t2.d and t1.c <> t2.c
select t1.b from t t1 join t t2 on t1.c = t2.c join t t3 on t3.f = t2.f
select count(*) from t t1, t t2, t t3
select count(*) from t t1 join t t2 on t1.a is not distinct from t2.a
select t.e, u.s from t join u on t.e = u.s
select t.e, u.s from t left join u on t.b || 'x' = u.s || 'x'
select v.k, w.x from v left join w on v.sm = w.x and v.r < 100
select v.k, u.a from v join u on v.n > u.b
select v.k, t.a from v join t on v.ts::date = t.d
select b, count(*), count(distinct a), max(c) from t group by b order by count(*) desc, b
select b, d, sum(c) from t group by b, d order by b nulls first
select length(b), min(b), max(b) from t group by length(b)
select d, count(*) from t group by d having max(a) >= 2 or d is null
select extract(year from d) as y, count(*), avg(f) from t where f <> 'NaN' group by y order by y
select a, avg(c), sum(c) / count(*), min(c) - max(c) from t group by a having count(c) > 0
select z, count(*), sum(b), bool_and(b > 5) from u group by z
select s, count(*) from u group by s
select e, max(b), min(length(b)) from t group by e
select sum(c * 2), sum(c) * 2, sum(a * c), avg(a * 1.0), sum(c + a) from t
select sum(f), min(f), max(f), avg(f) from t where f < 1e9
select sum(a) filter (where a > 1) + count(*), count(*) filter (where b is null) from t
select count(distinct a % 2), sum(distinct a % 2), count(distinct c), count(distinct b || 'x') from t
select a, count(distinct b), sum(distinct c), count(*) from t group by a
select max(ts), min(ts), max(tz), count(ts) from v
select max(i), min(i), sum(i), avg(i) from v
select min(sm), max(r), sum(n), avg(sm), max(n), min(n) from v
select bool_or(z), bool_and(z), every(z is null) from u where a > 100
select sum(a + b) from u
select 9223372036854775807 + sum(a) from u
select sum(b * 922337203685477580) from u
select sum(b * 1000000000000000000) from u
select distinct z from u
select distinct c, f from t where a = 2
select distinct length(s) from u order by 1
select distinct a, (select max(b) from u) from t
select count(*) from (select distinct a, b from t) x
select a from t group by a union all select a from u group by a
(select a from t union select a from u) except select 3
select a, b from t intersect select a, b from t
select a from t union all select a from u order by 1 desc nulls last limit 3
select * from (select a from t union all select a from u) x where a > 2
select x.a, count(*) from (select a from t union all select a from u) x group by x.a
select a from t where a in (select a from t union select 5)
select 'a' as x union all select b from t union select e from t
select a from t order by b desc, c limit 2
select a, c from t order by c desc nulls first limit 3 offset 1
select b from t order by b nulls first
select d, a from t order by d desc nulls last, a nulls first, c
select f from t order by f desc nulls last
select s, a from u order by s desc, a
select i from v order by i
select n, k from v order by n desc nulls last, k
select a + 1 as x from t order by -a nulls last, x
select a from t order by (select max(b) from u where u.a = t.a) nulls first, a, c
select * from u order by z nulls first, b desc nulls last limit 3
with x as (select a, sum(c) as s from t group by a) select * from x where s = (select max(s) from x)
with x as (select a from t where a > 1), y as (select x.a, u.b from x join u on u.a = x.a) select y.b, count(*) from y join x on x.a = y.a group by y.b
with x as (select a, b from t) select * from x where a in (select a from x where b = 'two')
with x as (select count(*) as n from t) select (select n from x) + (select n * 2 from x)
with x as (select a from u) select * from (with y as (select a + 1 as b from x) select * from y where b > 2) q
select case when exists (select 1 from u where u.a = t.a and u.z) then 'yes' when a is null then 'null' else 'no' end from t
select case a when 1 then (select min(b) from u) when 2 then (select max(b) from u) end from t
select coalesce((select b from u where u.a = t.a), -1) from t
select case when a <> 0 then 10 / a else 0 end from t
select a from t where a <> 0 and 10 / a > 4
select case when a > 1 then 1 / (a - a) else a end from t
select 1 / (a - 2) from t where a <> 2
select a, c::int, c::bigint, c::smallint, (c * 1000000)::int from t where a = 1
select (c * 100000000)::int from t
select c::numeric(3,1) from t
select (c * 1000)::numeric(5,2) from t
select b::int from t where a = 1
select t.b::varchar(2), t.b::char(5) || '|', e::text || '|', s || '|', s::text || '|', s::char(5) || '|' from t, u where t.a = 1 and u.a < 3
select 'abc' < 'abd', 'abc' = 'abc ', 'abc'::char(5) = 'abc'::char(3), 'a'::char(2) < 'a b', 'abc'::char(5) || 'x'
select b > 'o', b >= 'two', b < 'p', b between 'a' and 'p', b <> e from t
select b like '%', b like '', b like '%o%', b like 't_o', b like '%wo', b like 'o%e', b not like '%t%' from t
select 'a%b' like 'a\%b', 'a_b' like 'a\_b', 'axb' like 'a\_b', 'a\b' like 'a\\b', 'abc' like 'a%c%', 'héllo' like 'h_llo', 'x' like '%x%%'
select b ~ '^t', b ~* 'THREE', b !~ 'o' from t
select concat(a, '-', b), concat_ws(',', a, b, d), left(b, 2), right(b, 2), lpad(b, 5, '*'), rpad(b, 4, '-'), repeat(b, 2), reverse(b), initcap(b), split_part('a,b,c', ',', 2), strpos(b, 'o'), ascii(b), chr(65), md5(b) from t where a = 1
select greatest(a, 2, null), least(a, null), greatest(b, e), least(d, '2020-01-15'), greatest(c, f), least(1, 2.5, 0.5) from t
select date_trunc('month', d), date_trunc('year', ts), date_trunc('hour', ts), age(timestamp '2020-03-01', timestamp '2019-01-31') from t, v where t.a = 1
select make_date(2020, 2, 29), date '2020-02-29' + interval '1 year', date '2020-03-31' - interval '1 month', '2020-01-01'::timestamp + interval '36 hours'
select d - interval '1 day', d + 30, d - date '2019-12-31', (d + interval '1 hour')::date, d > ts from t, v where v.k = 1
select i = interval '26:03:04', i > interval '1 day', extract(day from i), i::text, justify_hours(i * 30) from v where k = 1
select extract(century from d), extract(doy from d), extract(isodow from d), extract(week from d), extract(quarter from d), extract(decade from d) from t where d is not null
select extract(second from ts), extract(microseconds from ts), extract(minute from ts), date_part('hour', ts) from v where ts is not null
select -7 / 2, -7 % 2, 7.5 % 2, -7.5 % 2, 5 & 3, 5 | 3, 5 # 3, 1 << 4, -16 >> 2, 2 ^ 0.5, @ -5, |/ 16
select 0.1 * 0.1, 1.00 * 2.0, 10.0 / 4, 1e-5 * 1e-5, 12345678901234567890 * 98765432109876543210, 0.5 + 0.50, -1.50, 1.5 - 1.5
select 99999999999999999999999999999999999999 + 1, 99999999999999999999999999999999999999 * 10.5
select round(1234.567, 2), round(1234.567, -2), trunc(-1.567, 1), round(0.5), round(1.5), round(-0.5), ceil(-0.5), floor(-0.5), mod(7.5, 2), power(2.0, 0.5), sqrt(2), exp(1), ln(10), log(100), log(2.0, 8.0)
select 1.5::float8 * 3, 1e15::float8, 1e16::float8, 123456789.123::float8, 0.1::float4, 1e-7::float8, 5::float8, -0.0::float8, 1.5::float4 + 1, 3::float4 / 7
select 1::bigint + 1, 1::smallint + 1::smallint, 2::smallint * 3, 5::bigint / 2, 5::smallint / 2::smallint, 7::bigint % 4
select -(-32768)::smallint
select abs(-2147483648)
select (-9223372036854775808) / -1
select 5 % 0
select 1.0 / 0
select 5.0 % 0
select 0::float8 / 0
select 1e400::float8
select 'abc'::numeric
select '2020-02-30'::date
select '1 foo'::interval
select 'maybe'::boolean
select 99999999999::int
select 1e20::bigint
select 'NaN'::float8::int
select sqrt(-1)
select ln(0)
select substring('abc' from -1 for 1), substring('abc', 0, 2), substring('abc' from 5)
select substring('abc' from 1 for -1)
select true and null, false and null, true or null, false or null, not null::bool, null = null, null is null, null <> 1
select null in (1, 2), 1 in (null), 1 in (1, null), 1 not in (2, null), null not in (1), null between 1 and 2, 1 between null and 0
select a is true, a from (values (true), (false), (null)) x (a)
select * from (values (1, 'a'), (2, null), (null, 'c')) x (n, s) where n is not null and s is not null
select * from (values (1), (2), (3)) x (n) where n in (select * from (values (2), (3)) y)
select n, sum(n) from (values (1), (2), (2)) x (n) group by n
select x.n, y.m from (values (1), (2)) x (n) left join (values (2), (3)) y (m) on x.n = y.m
select x, y from (select 1 as x, 2 as y) q, (select 3 as z) r where x < z
select count(*), count(x) from (select null::int as x from t) q
select t.*, u.* from t left join u on false
select t.a from t where true and not false and (a = 1 or null)
select t.a from t where null
select 1 from t where a is null and b is not null
select a from t where (a = 1) = (b = 'one')
select a from t where (a > 1) is not true
select a, (a = 1) = true, a > 1 and b > 'a' or c is null from t
select a, row_number() over (order by a, c), rank() over (order by a), dense_rank() over (order by a), percent_rank() over (order by a), cume_dist() over (order by a) from t
select k, lag(k) over (order by k), lead(k, 2, -1) over (order by k), lag(n, 1) over (order by k), first_value(sm) over (order by k), last_value(sm) over (order by k), nth_value(k, 2) over (order by k) from v
select k, ntile(3) over (order by k), count(*) over (), count(a) over (partition by a), max(sm) over (partition by a order by k) from v order by k
select k, sum(k) over (order by k rows between 1 preceding and 1 following), avg(n) over (order by k rows 1 preceding), sum(n) over (order by k rows between 1 following and 2 following) from v
select k, sum(k) over (order by a range between 1 preceding and current row), sum(k) over (order by a desc nulls last range between 1 preceding and 1 following), count(*) over (order by a nulls first groups between 1 preceding and 1 following) from v order by k
select k, array_agg(k) over (order by a, k rows between unbounded preceding and unbounded following exclude current row), array_agg(k) over (order by a groups between unbounded preceding and current row exclude group), count(k) over (order by a range between unbounded preceding and unbounded following exclude ties) from v order by k
select k, sum(k) filter (where a = 2) over (order by k), min(n) over (order by k rows between 1 preceding and current row), bool_and(a > 1) over (order by k rows 1 preceding) from v
select k, sum(k) over (order by ts range between interval '1 year' preceding and current row) from v where ts is not null
select k, ntile(0) over (order by k) from v
select k, sum(k) over (order by k rows -1 preceding) from v
select a, array_agg(b order by c desc), string_agg(b, '/' order by b), array_agg(distinct e) from t group by a
select array_agg(a order by a desc nulls last), string_agg(b, ','  order by c) from t
select array_agg(a), string_agg(b, ',') from t where false
select percentile_cont(0.5) within group (order by a), percentile_disc(0.25) within group (order by a desc), mode() within group (order by a) from t
select a, z, count(*), sum(b) from u group by rollup (a, z)
select a, d, count(*) from t group by grouping sets ((a), (d), ())
select i, i * i from generate_series(1, 5) i
select * from generate_series(5, 1, -2) with ordinality
select * from generate_series(1, 3) where false
select i, j from generate_series(1, 3) i, generate_series(i, 3) j
select u.a, g from u, generate_series(1, u.a) g
select generate_series(1, 3), generate_series(10, 11)
select generate_series(1, 0)
select g from generate_series(1.5, 3.0, 0.5) g
select generate_series(1, 3, 0)
select * from generate_series('2020-01-01'::timestamp, '2020-01-03', '12 hours')
select * from unnest(array[1, 2, null, 4]) with ordinality
with recursive r (n) as (select 1 union all select n + 1 from r where n < 5) select n from r
with recursive r (n) as (select 1 union select n * 2 % 7 from r) select n from r
with recursive r (n, s) as (select a, b from u union all select n - 1, s from r where n > 2) select n, s from r
with recursive r (n) as (select 1 union all select u.a from r join u on u.a = r.n + 1) select n, (select count(*) from r) from r
with recursive r (n) as (select 1 union all select n + 1 from r where 10 / (4 - n) > 0) select n from r
select 2 = any (array[1, 2]), 2 = any (array[1, null]), null = any (array[1]), 1 = any ('{}'::int[]), 1 < all (array[2, 3]), 1 < all (array[2, null]), 2 > all ('{}'::int[])
select a from u where a = any (array[1, 3, 9])
select array(select a from u where a > 1 order by a desc)
insert into w (x, y) values (20, 'new'), (21, 'rows') returning x, y, q + 1
update w set q = 9 where x = 20 returning *
with gone as (delete from w where x = 21 returning x, y) select y, (select count(*) from w) from gone
update w set q = s.c from (values (20, 1), (20, 1)) s (x, c) where w.x = s.x returning w.x, q
select x, q from w where x > 10
