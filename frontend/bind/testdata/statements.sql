select 1
select 1, 'x', 1.5, 3000000000, true, null
select -2147483648, -2147483649, -9223372036854775808, 9223372036854775808
select 1.50, 1e10, 1.5e-3, .5, 12345678901234567890123456789012345678901234567890
select a, b, c, d, e, f from t
select * from t
select t.*, 1 from t
select * from t, u
select * from t join u using (a)
select * from t left join u using (a)
select * from t right join u using (a)
select * from t full join u using (a)
select * from t natural join u
select t.a, u.a from t full join u using (a)
select a from t join u on t.a = u.a
select t.a from t join u on t.a = u.a
select x from t
select t.x from t
select q.a from t
select t.a from t as q
select public.t.a from t
select public.t.a from public.t
select nosuch.t.a from t
select a from nosuch
select a from nosuch.t
select a from public.nosuch
select a as x, b as x from t order by x
select a, b from t order by 3
select a, b from t order by 0
select a, b from t order by 'a'
select a, b from t order by null
select a, b from t order by c
select a, b from t order by a + 1 desc nulls first
select distinct a from t order by b
select distinct a, b from t order by b, a
select distinct a + 1 from t order by a + 1
select a from t group by a
select a, b from t group by a
select t.a, count(*) from t group by b
select a + 1, count(*) from t group by a + 1
select a + 1, count(*) from t group by 1
select a + 2, count(*) from t group by a + 1
select a as q, count(*) from t group by q
select b as a, count(*) from t group by a
select count(*) from t group by 5
select count(*) as n from t group by n
select sum(a) from t having b = 'x'
select sum(a) from t having sum(a) > 5
select a from t having true
select 1 having true
select u.*, count(*) from u join t on t.a = u.a group by u.a
select t.b, count(*) from u join t on t.a = u.a group by u.a
select sum(count(*)) from t
select sum(a) from t where sum(a) > 1
select sum(a) from t group by sum(a)
select a from t join u on sum(t.a) = 1
select sum(a), sum(c), sum(f), sum(a::bigint), sum(a::smallint), avg(a), avg(c), avg(f), min(e), max(c), min(d), count(b), count(*) from t
select sum(b) from t
select sum(n), avg(n), sum(r), avg(r), sum(i), avg(i), max(sm), min(ts), max(tz), max(i) from v
select max(s), min(z) from u
select max(s) from u
select count(distinct a), sum(distinct c) from t
select count(a) filter (where a > 1) from t
select count(a) filter (where a) from t
select count() from t
select sum(*) from t
select lower(distinct b) from t
select foo(1)
select foo('x', a, 1.5) from t
select nosuch.foo(1)
select pg_catalog.lower('A')
select lower(1)
select lower(b), upper(e), length(s) from t, u
select a + b from t
select a + true from t
select 'a' + 'b'
select 1 + '2'
select a + '2' from t
select '2' + a from t
select a || b, b || a, b || 'x', 'x' || 'y', e || e from t
select a || a from t
select - b from t
select -a, -c, -f, +a, @a from t
select a / 2, a % 2, c / 2, c * c, c + a, c - f, f * a, a * 1.5 from t
select a::bigint + a, sm + sm, sm + a, sm * n, r + r, r * f from t, v
select a ^ 2, c ^ 2, |/ f from t
select a & 3, a | 3, a # 3, a << 2, a >> 2 from t
select a = 1, a <> 1.5, b = 'x', d > '2020-01-01', e = b, c = f from t
select a = 'x' from t
select d = '2020-99-99' from t
select a = b from t
select d = a from t
select s = 'x', s = b, s = e from t, u
select a between 1 and 2, a not between 1 and 2, a between symmetric 2 and 1 from t
select a between 1 and 'x' from t
select b between 'a' and 'b' from t
select a in (1, 2), a in (1, 2.5), a not in (1), b in ('x', 'y'), a in (1, null), e in ('x','y') from t
select a in (1, 'x') from t
select a in ('1', '2') from t
select a in (b, 1) from t
select s in ('a', 'b') from u
select d in ('2020-01-01', '2020-01-02') from t
select (a, b) = (1, 'x') from t
select (a, b) = (1, 2, 3) from t
select (a, f) < (1, 2) from t
select (a, a) in ((1, 2), (3, 4)) from t
select b like 'x%', b not like 'x', b ilike 'X', e like 'a', s like 'a', b like 'a' escape '!' from t, u
select a like 'x' from t
select a is null, a is not null, 'x' is null, null is null from t
select z is true, z is not false, z is unknown, (a > 1) is not true from u
select a is true from t
select a is distinct from 1, a is not distinct from null from t
select a is distinct from b from t
select not z, z and true, z or null from u
select not a from t
select a and z from u
select z or 'x' from u
select case when z then 1 else 2.5 end, case when z then 'a' end, case a when 1 then b else 5 end from u
select case when a then 1 end from u
select case when z then 1 else 'x' end from u
select case when z then 1 else s end from u
select case a when 'x' then 1 end from u
select case a when 1 then 'one' when 2 then 'two' else 'many' end from u
select case when z then c else c end, case when z then c else 0 end, case when z then e end, case when z then e else e end from t, u
select coalesce(a, 1), coalesce(b, 'x'), coalesce(a, 1.5), coalesce(null, null), coalesce(e, e), coalesce(c, c), coalesce(d, '2020-01-01') from t
select coalesce(a, b) from t
select greatest(a, 1, 2.5), least(b, 'x'), greatest(e, 'x'), greatest(null, 1) from t
select greatest(a, d) from t
select nullif(a, 1), nullif(b, 'x'), nullif('a', 'b'), nullif(a, 1.5), nullif(e, 'x'), nullif(c, 1) from t
select cast(a as text), a::varchar(3), b::int, b::numeric(5,2), '1'::int, 1::bool, d::timestamp, d::text, f::int from t
select a::date from t
select d::int from t
select z::int, a::boolean, z::text from u
select 'abc'::varchar(2), 'abc'::char(2), '1.234'::numeric(5,1), '1.5'::numeric, 'x'::int
select 1::nosuch
select 1::pg_catalog.nosuch
select 1::nosuch.int4
select 1::varchar(0)
select 1::varchar(10485761)
select 1::numeric(0)
select 1::numeric(1001)
select 1::numeric(5,1001)
select 1::int(3)
select 1::numeric(3,2,1)
select 1::timestamp(3)
select '2020-01-01'::timestamp(3), '2020-01-01'::timestamptz(0), interval '1' day, interval '1 2' day to hour, interval '3 days', interval(3) '1.2345 s'
select date '2020-01-01', timestamp '2020-01-01 10:00', date '2020-13-01'
select date '1998-12-01' - interval '90' day, date '1994-01-01' + interval '1' year, d - d, d + 1, d - 1, 1 + d from t
select ts - ts, ts + i, tz - tz, tz - i, i + i, i * 2, i / 2.0, -i, ts < tz, d < ts, d - ts from v, t
select extract(year from d), extract(epoch from ts), extract(day from i), date_part('year', d) from t, v
select extract(nosuch from a) from t
select substring(b from 1 for 2), substring(b, 2), position('x' in b), trim(b), trim(both 'x' from b), ltrim(b), overlay(b placing 'x' from 1) from t
select current_date, current_timestamp, localtimestamp, current_user, session_user, current_catalog, current_schema, now()
select current_timestamp(2)
select ts at time zone 'UTC', tz at time zone 'UTC' from v
select b collate "C", b collate "default" from t
select a collate "C" from t
select (select a from u), (select a from u) + 1, exists (select 1 from u) from t
select (select a, b from u) from t
select a in (select a from u), a not in (select b from u), a = any (select a from u), a > all (select b from u) from t
select a in (select a, b from u) from t
select (a, a) in (select a, a from u) from t
select (a, a) in (select a from u) from t
select a in (select b from t) from u
select b in (select s from u) from t
select c in (select a from u) from t
select (select t.b) from t
select (select t.q) from t
select (select sum(t.a)) from t
select (select sum(u.a) from u) from t
select a, (select sum(t.c) from u) from t group by a
select a, (select t.b from u limit 1) from t group by a
select (select count(*) from u where u.a = t.a) from t group by t.a
select * from (select a, b from t) s
select * from (select a, b from t) as s (x, y)
select * from (select a, b from t) as s (x, y, z)
select s.x from (select a as x from t) s where s.x > 1
select * from (select 1)
select * from t, t
select * from t, t as t
select * from t as x, u as x
select * from (select a from t) s, (select s.a) r
select * from (select a from t) s, lateral (select s.a) r
select * from t left join lateral (select t.a as q) r on true
select * from t right join lateral (select t.a as q) r on true
select * from t join u on t.a = v.a join v on true
select * from t join u using (q)
select * from t join u using (a, a)
select * from t x join t y using (a) join t z using (b)
select * from (t join u on true) j
select j.b from (t join u using (a)) as j
select t.b from (t join u using (a)) as j
select * from t cross join u where t.a = u.a
select * from t join u on t.a
select a from t where a
select a from t where b = 5
select a from t limit 5 offset 2
select a from t limit a
select a from t limit 'x'
select a from t limit 1.5
select a from t limit true
select a from t limit null
select a from t offset '3'
select a from t limit (select 1)
select a from t union select a from u
select a, b from t union select a from u
select a from t union select b from t
select a from t union all select 1.5
select c from t union all select c from t
select a from t intersect select b from u
select e from t except select b from t
select 'x' union select 'y'
select null union select 1
select 1 union select 'x'
select 1 union select '2'
select '1' union select 2 union select 3
select a from t union select a from u order by a
select a as x from t union select a from u order by x
select a from t union select a from u order by 1
select a from t union select a from u order by a + 1
select a from t union select a from u order by b
(select a from t order by a limit 1) union all (select a from u order by a)
values (1, 'a'), (2, 'b')
values (1, 'a'), (2.5, null)
values (1), (2, 3)
values (1), ('x')
values (default)
values (1, 2), (3, 4) order by column2 limit 1
select * from (values (1, 'a'), (2, 'b')) as q (n, s)
select * from (values (1, 'a'), (2, 'b')) q where column1 = 1
select * from (values (1, 'a'))
with x as (select a from t) select * from x
with x as (select a from t) select * from x p join x q on p.a = q.a
with x (q) as (select a from t) select q from x
with x (q, r) as (select a from t) select q from x
with x as (select a from t), x as (select 1) select * from x
with x as (select 1 as n), y as (select n + 1 as m from x) select m, n from x, y
with x as (select nosuch from t) select 1
with x as (select a from t) select (select max(a) from x) from u
with t as (select 1 as one) select * from t
select a.b.c.d.e from t
select count(*), a from t
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
select a from t order by a using <
select a into q from t
with recursive r as (select 1) select * from r
select $1
select $1::int, $2::text
select a + $1 from t where b = $2
select a from t where a = $1 and b = $1
select a from t where a in ($1, $2)
select a from t limit $1 offset $2
select $1 + $2
select coalesce($1, 5), case when $2 then $3 else 'x' end
select $2::int
select $1 = $2
insert into t values (1, 'x', 1.5, '2020-01-01', 'abc', 2)
insert into t values (1)
insert into t (a) values (1, 2)
insert into t (a, b) values (1)
insert into t (a, b) values (1, 'x'), (2, 'y')
insert into t (a, b) values (1, 'x'), (2)
insert into t (a, q) values (1, 2)
insert into t (a, a) values (1, 2)
insert into t (a) values ('x')
insert into t (a) values (b)
insert into t (a) values ('1'::text)
insert into t (a) values (now())
insert into t (d) values (5)
insert into t (b) values (5)
insert into t (c) values (2.0::float8)
insert into t (e) values (current_date)
insert into t (a) values (default)
insert into t default values
insert into t values (1, 'x', 1.5, '2020-01-01', 'abc', 2, 7)
insert into w values (default, default)
insert into w (y) values ('q'), (default)
insert into t select * from t
insert into t (a, b) select a, b from t
insert into t (a, b) select a from u
insert into t (a) select a, b from u
insert into t (a) select b from t
insert into t (a, d) select '1', '2020-01-01'
insert into t (a) select 'x'
insert into t (a) select 1 union select 2
insert into t (a) values (1) union select 2
insert into t (a, b) values (sum(1), 'x')
insert into nosuch values (1)
insert into t values ((select max(a) from u))
insert into t (a) with q as (select 1 as n) select n from q
insert into t (a) values (1) returning a
insert into u values (1) on conflict do nothing
insert into t (a, b) values ($1, $2)
update t set a = 1
update t set a = 1, a = 2
update t set q = 1
update t set a = 'x'
update t set a = b
update t set a = a + 1, b = b || 'x' where c > 1
update t as x set a = x.a + 1 where x.b = 'q'
update t as x set a = t.a + 1
update t set x.a = 1
update t set a = default, d = default
update t set (a, b) = (1, 'x')
update t set (a, b) = (1, 2, 3)
update t set (a, b) = (select 1, 'x')
update t set a = sum(a)
update t set a = (select max(a) from u where u.a = t.a)
update t set a = u.a from u where u.a = t.a
update nosuch set a = 1
update t set a = 1 where q = 1
update t set a = $1 where b = $2
delete from t
delete from t where a = 1
delete from t where q = 1
delete from t where a
delete from t as x where x.a in (select a from u)
delete from t as x where t.a = 1
delete from t using u where t.a = u.a
delete from nosuch
create table n1 (a int, b int, a text)
create table n2 (a nosuch)
create table n3 (a int primary key, b int primary key)
create table n4 (a int, primary key (b))
create table n5 (a int, primary key (a, a))
create table n6 (a int default 'x')
create table n7 (a int default now())
create table n8 (a int default 1 default 2)
create table n9 (a int null not null)
create table n10 (a int default b, b int)
create table n11 (a int default (select 1))
create table n12 (a int default sum(1))
create table n13 (a int) with (fillfactor = 5)
create table n14 (a int) with (nosuch = 5)
create table n15 (ctid int)
create table n16 (a int collate "C")
create table n17 (a varchar(0))
create table n18 (a int, b numeric(10,2) default 1.5, c text not null default 'x', primary key (a, b)) with (fillfactor = 90)
create table n19 ()
create table n20 (a int default 3.7, b text default 5, c date default '2020-01-01')
create table n21 (a unknown)
select -(-a), - -a, not not (a > 1) from t
select a as "A b", b as a from t order by "A b"
select t.a as x from t group by x having t.a > 1 order by x
select a x from t group by x order by a
select a, a from t order by a
select a, b as a from t order by a
select a + 1 as a from t order by a
select a + 1 as a from t group by a
select -a as a from t group by a, t.a
select count(*) from t order by count(*)
select a from t group by a order by count(*) desc, max(b)
select a from t group by a order by b
select a from t order by sum(a)
select max(a) from t order by a
select distinct count(*) from t group by a order by count(*)
select distinct a from t group by a, b order by b
select a, sum(sum(b)) from u group by a
select sum(a order by b) from t where false and exists (select a)
select a from t where a in (select sum(a) from u)
select a from t where sum(a) in (select a from u)
select a from t where exists (select sum(t.a) from u)
select (select count(u.a) from u where u.a = t.a and count(t.b) > 1) from t group by t.a
select a from t group by a having exists (select 1 from u where u.a = t.a and u.b = max(t.f))
select * from t where (a, b) = (select 1, 'x')
select 1 where true
select 1 where null
select 1 where 'x'
select 1 where 't'
select where true
select from t
select count(*) filter (where count(*) > 1) from t
select count(distinct) from t
select count(distinct *) from t
select count(a, b) from t
select sum(distinct) from t
select max(distinct a), min(all b) from t
select upper(*) from t
select upper(b) filter (where true) from t
select upper(b order by a) from t
select abs(a), abs(c), abs(f), abs('5'), round(c, 1), round(f), round(5), round('2.5'), ceil(a), floor(c), sqrt(a), sqrt(c), power(a, 2), mod(a, 2), sign(c), trunc(c) from t
select round(f, 2) from t
select length('abc'), upper('x'), lower(e), substr(b, 2, 3), left(b, 2), right(b, 2), lpad(b, 5), repeat(b, 2), reverse(b), strpos(b, 'x'), split_part(b, ',', 1), concat(b, a, d), replace(b, 'x', 'y'), initcap(b), ascii(b), chr(65), md5(b) from t
select date_trunc('month', ts), date_trunc('day', d), age(ts, ts), age(ts), make_date(2020, 1, 1), justify_days(i) from v, t
select d + '1 day' from t
select d + interval '1 day', d - 5, ts - d, ts + '1 day', ts - '2020-01-01', d - '2020-01-01' from t, v
select '1 day' + d from t
select i + d, i + ts, 2 * i, 2.5 * i, i / 2, - i from t, v
select date '2020-01-01' + 1, 1 + date '2020-01-01', date '2020-01-01' + time '10:00'
select d = ts, ts = tz, d < tz, d between '2020-01-01' and '2020-12-31', d in ('2020-01-01') from t, v
select d > 'today', ts < 'now' from t, v
select '2020-01-01' < d, '5' = a, 1 = '1', '1' = '1', 1.5 = '1.5', 'a' = e from t
select a = 1.5, a < 2::bigint, sm = 1, sm + 1, sm = r, n = f, n + f, r = 1.5, r + 1.5, n + 1 from t, v
select 1 = true
select true = 'yes', true < false, true is distinct from null
select case when 1 then 2 end
select case 1 when 1 then 'a' when '2' then 'b' end, case 'x' when 'y' then 1 end
select case a when b then 1 end from t
select case when true then 1 when false then 'x' else null end
select case when true then d else ts end, case when true then a else 1::bigint end, case when true then 1.5 else f end from t, v
select coalesce(), 1
select coalesce(d, 5) from t
select coalesce(a, 1.5, f), coalesce(sm, a), coalesce(d, ts), coalesce(ts, tz), coalesce(s, e), coalesce(e, b), coalesce('1', 2) from t, u, v
select greatest(d, '2020-01-01'), greatest(a, f), greatest(sm, n), least('a', 'b'), greatest(true, false) from t, v
select nullif(d, '2020-01-01'), nullif(1, '1'), nullif(f, 1), nullif(sm, 1::bigint), nullif(null, null), nullif(1, null) from t, v
select nullif(a, 'x') from t
select nullif(a, b) from t
select a || 1 from t
select b || 1, 1 || b, d || b, z || 'x', 1.5 || 'x', null || 'x', e || 1 from t, u
select 'a' || 'b' || null
select s || 'x', s || s, e || s, s || b from t, u
select a::bool, a::oid, a::text::int, '5'::text::int, c::int2, f::numeric, f::numeric(5,1), c::float4, b::date, d::timestamptz from t
select z::int::text, z::varchar, 'true'::bool, 'maybe'::bool from u
select ts::date, tz::date, ts::text, tz::timestamp, i::text, '1:00'::interval::text, ts::timestamp(0), tz::timestamptz(3) from v
select ts::int from v
select i::int from v
select f::date from t
select 1::text::varchar(2)::char(1), 'x'::name, 'x'::"char", 1::char, 12::char(1)
select cast(null as int), null::text, cast('5' as numeric(3,1)), cast(5 as double precision), cast(5.5 as real), cast('a' as character varying)
select int4 '5', float8 '1.5', bool 't', text 'x', numeric '1.5'
select int '5', numeric(3,1) '1.55', varchar(2) 'abc', char 'ab'
select date(ts), text(5), int4(5.5), float8('1.5'), varchar('x') from v
select numeric(5)
select interval '1' year, interval '1-2' year to month, interval '5' second, interval '1' month + interval '2' day
select interval 'x'
select timestamp 'bad'
select '1'::interval
select extract(year from date '2020-01-01'), extract('month' from ts), extract(epoch from tz), extract(dow from d), extract(quarter from ts) from t, v
select extract(year from '2020-01-01')
select a in (select '5') from t
select a in (select 5.5), d in (select '2020-01-01'), b in (select e from t) from t
select a = any (array[1, 2, 3]), a <> all (array[1, 2]), b = any (array['x', 'y']) from t
select a = any ('{1,2}') from t
select a not in ('1', 2, 3.5), (a + 1) in (2, 3), upper(b) in ('X', 'Y'), d in (date '2020-01-01', '2020-01-02') from t
select a in ((select max(a) from u), 1) from t
select a in (null), null in (1, 2), null in (null) from t
select a in () from t
select a between b and 5 from t
select a between '1' and '5', d between '2020-01-01' and ts, e between 'a' and b from t, v
select a is not distinct from '5', b is distinct from e, d is distinct from ts from t, v
select (a > 1) is null, (a > 1) is unknown, a is unknown from t
select b like e, b like null, 'x' like 'x', s not like 'x%', e ilike b from t, u
select b similar to 'x' from t
select b ~ 'x', b !~ 'x', b ~* 'x', e ~ 'x' from t
select a ~ 'x' from t
select u.a, t.* from t right join u on u.a = t.a order by t.a, 1
select x.a, y.a from t x, t y, t z where x.a = y.a and z.a = y.a
select * from t x join t y on x.a = y.a join t z on y.a = z.a
select a from t x join t y using (a) join t z using (a)
select x.b, y.b from t x natural join (select a, f as g from t) y
select x.f, y.g from t x natural join (select a, f as g from t) y
select * from t natural join v
select * from t natural left join (select a, d from t) y
select * from (t cross join u) join v on v.a = t.a
select * from t left join (u join v on u.a = v.a) on t.a = u.a
select * from t left join u join v on u.a = v.a on t.a = u.a
select * from t join u on a = 1
select * from t join (select a as q from u) s on s.q = t.a and t.b = 'x'
select s.* from (select t.*, u.b as ub from t, u where t.a = u.a) s where s.ub > 5
select s.nosuch from (select a from t) s
select nosuch.* from t
select * from (values (1, 2), (3, 4)) v (a, b) join t using (a)
select (select (select t.a)) from t
select (select a from u where u.a = t.a and u.b in (select b from u u2 where u2.a = t.a)) from t
select exists (select * from u where u.a = t.a), not exists (select from u) from t
select a from t where (select count(*) from u where u.a = t.a) > 1
select a from t where a > (select avg(a) from t)
select a from t where b = (select a from u)
select a from t where (select b from u)
select (select a from u union select a from t)
select a, (select max(x.a) from (select a from u where u.a > t.a) x) from t
select * from (select a from t union select a from u order by a limit 3) s
select a from t union (select b from u order by b limit 1)
select a from t union select a from u union all select a from v order by 1 desc
select a from t union all (select a from u except select a from v)
select a, b from t union select 1, null
select null, 'x' union select a, b from t
select 'x' as q union select b from t order by q
select a from t except select 'x'
select ts from v union select d from t
select r from v union select a from t
select c from t union select n from v
select s from u union select e from t
select s from u union select b from t
select '1'::text union select 1
select true union select 1
values (1, null), (null, 'x')
values (null), (null)
values (1, d) 
values (sum(1))
values ((select max(a) from t))
select * from (values (a)) x (q)
select * from t, lateral (values (t.a)) x (q)
with x as (select * from t) select x.a, y.b from x, x y where x.a = y.a
with x as (select a from t), y as (select a from x where a > 1) select * from y union select * from x
with x as (select 1) select * from x where exists (select 1 from x)
with x as (values (1, 'a')) select column2 from x
with x as (select a, b from t) select x.c from x
with a as (with b as (select 1 as q) select q from b) select q from a
with a as (with b as (select 1 as q) select q from b) select q from b
with x as (select a from t) insert into u (a) select a from x
with x as (select max(a) as m from u) update t set a = (select m from x)
with x as (select a from u) delete from t where a in (select a from x)
with x as (insert into t values (1) returning a) select * from x
insert into t select
insert into u (a, z) values (1, 'yes'), (2, null)
insert into u (a, z) values (1, 5)
insert into u (a, b) values (1.5, '7')
insert into u (a, b) values ('1', 2.7), (2, 3)
insert into u (s) values ('abcdef')
insert into v (k, ts, tz, i) values (1, '2020-01-01', now(), '1 day')
insert into v (k, ts) values (1, '2020-13-01')
insert into v (k, ts) select 1, '2020-01-01' union all select 2, null
insert into v (k, n) select a, b from u
insert into v (k) select '5' from t group by b
insert into t (d) select ts from v
insert into t (e) select b from t
insert into t (b) select 5
insert into t (t.a) values (1)
insert into t (a.b) values (1)
insert into public.t (a) values (1)
insert into nosuch.t (a) values (1)
insert into t as q (a) values (1)
insert into t (a) (values (1) order by 1)
insert into t (a) values (1), (default), (null), (1 + 1)
insert into t (a) select $1
insert into t (a) values ($1 + 1)
update t set a = null, b = null
update t set t.a = 1
update t set c = 1.234, e = 'abcdefg', d = '2020-01-01', f = a
update t set d = 5
update t set (a) = (1)
update t set (a, b) = row (1, 'x')
update t set (a, a) = (1, 2)
update t set a = x.a from (select 1 as a) x
update t set a = $1
update t set a = (select b from t)
update only t set a = 1
delete from only t where a = 1
delete from t where t.a in (select u.a from u where u.b = t.f)
delete from t where exists (select 1 from u where u.a = t.a)
delete from t where count(*) > 1
select $1::int + $1
select $1 || 'x', $1::text
select a from t where a = $1 or a > $1
select a from t where d = $1 and ts > $2 and $3 from v
select $1 is null
select $1 in (1, 2)
select case $1 when 1 then 'x' end
select * from t where b like $1 || '%'
select a from t where a between $1 and $2
select $3
select abs($1), upper($2)
select $1 union select 1
select 1 union select $1
values ($1, 1), (2.5, $2)
select sum($1) from t
select (select $1::int)
select a from t where (a, b) = ($1, $2)
create table m1 (a int, primary key (a), unique (a))
create table m2 (a int check (a > 0))
create table m3 (a int references u)
create table m4 (a int, a2 int default 5 not null primary key)
create table m5 (a int default (1 + 2) * 3, b timestamp default now(), c date default current_date)
create table m6 (a int default nosuch(1))
create table m7 (a numeric(5,2) default 'x')
create table m8 (a varchar(3) default 'abcd')
create table m9 (a int primary key primary key)
create table m10 (a int not null not null, b text null)
create table m11 (a float8 default 1, b bool default true, c char(3) default 'x', d interval default '1 day')
create table m12 (a int) with (fillfactor = 101)
create table m13 (a int) with (fillfactor = abc)
create table m14 (a numeric(5,6), b timestamp(9), c char, d varchar, e decimal)
create table m15 (a int constraint c1 not null constraint c2 default 5)
create table m16 (a text collate "C", b text collate "nosuch")
select rank() over w from t window w as (partition by a order by b)
select rank() over (w order by b) from t window w as (partition by a)
select rank() over (w partition by b) from t window w as (partition by a)
select rank() over (w order by b) from t window w as (partition by a order by c)
select rank() over (w) from t window w as (partition by a rows unbounded preceding)
select sum(a) over (w order by b) from t window w as (partition by a rows unbounded preceding)
select rank() over w from t
select rank() over (w) from t
select rank() over w from t window w as (order by a), w as (order by b)
select rank() over w2 from t window w as (order by a), w2 as (w partition by b)
select rank() over w2 from t window w as (partition by b), w2 as (w order by a)
select a from t where rank() over () > 1
select a from t group by rank() over ()
select a from t having rank() over () > 1
select a from t limit rank() over ()
select sum(rank() over ()) from t
select rank() over (order by rank() over ()) from t
select rank() over (partition by sum(a)) from t
select sum(sum(a)) over (order by b) from t group by b
select sum(sum(a) over ()) over () from t
select sum(a) over (order by sum(c)) from t
select a, sum(c) over (order by b) from t group by a
select count(*) over (partition by a), count(a) over () from t
select lower(b) over () from t
select nosuch(b) over () from t
select rank() from t
select rank(a) over () from t
select row_number(a) over () from t
select lag(a) over (order by b), lag(b, 2) over (), lead(c, 1, 0) over (), lag(a, 1, 'x') over () from t
select lag(a, 1, c) over (), lag(a, 1, b) over () from t
select lag(c, 1, a) over (), first_value(c) over (), nth_value(d, 2) over () from t
select ntile(4) over (), ntile('4') over (), percent_rank() over (), cume_dist() over () from t
select ntile(c) over () from t
select sum(distinct a) over () from t
select sum(a order by b) over () from t
select sum(a) filter (where a > 0) over () from t
select rank() filter (where a > 0) over () from t
select count(*) filter (where a) from t
select count(*) filter (where sum(a) > 0) from t
select count(*) filter (where rank() over () > 0) from t
select sum(a) over (rows between 1 preceding and current row) from t
select sum(a) over (rows 'x' preceding) from t
select sum(a) over (rows a preceding) from t
select sum(a) over (rows true preceding) from t
select sum(a) over (rows sum(a) preceding) from t
select sum(a) over (range 1 preceding) from t
select sum(a) over (order by a, b range 1 preceding) from t
select sum(a) over (order by a range 1 preceding) from t
select sum(a) over (order by a range 1.5 preceding) from t
select sum(a) over (order by b range 1 preceding) from t
select sum(a) over (order by d range '1 day' preceding) from t
select sum(a) over (order by d range between 1 preceding and current row) from t
select sum(a) over (order by c range between 1 preceding and 2 following) from t
select sum(a) over (order by f range between 1 preceding and '2.5' following) from t
select sum(a) over (order by z range 1 preceding) from t, u
select sum(a) over (groups 1 preceding) from t
select sum(a) over (order by a groups between 1 preceding and 2 following exclude ties) from t
select sum(b) over (order by b range between 3000000000 preceding and current row exclude current row) from u
select sum(a) over (order by ts range interval '1 day' preceding), sum(a) over (order by tz range interval '1 day' preceding), sum(a) over (order by i range interval '1 day' preceding) from v
select sum(a) over (order by sm range 1 preceding), sum(a) over (order by r range 1 preceding), sum(a) over (order by n range 1 preceding) from v
select sum(a) over (rows between unbounded following and current row) from t
select rank() over (order by a) as r from t order by r
select rank() over (order by a) from t order by rank() over (order by a)
select distinct rank() over (order by a) from t order by 1
select a from t order by rank() over (order by b)
select * from (select a, row_number() over (partition by b order by a desc nulls last) rn from t) x where rn = 1
select max(rank() over ()) over () from t
select sum(a) filter (where a > 1), count(*) filter (where b is null) from t
select sum(a order by b desc), count(distinct a order by a) from t
select count(distinct a order by b) from t
select count(distinct a order by a + 0) from t
select sum(distinct a order by a desc nulls last) from t
select sum(a order by sum(c)) from t
select lower(distinct b) from t
select lower(b order by a) from t
select lower(b) filter (where true) from t
select sum(a) within group (order by b) from t
select a, b, count(*) from t group by rollup (a, b)
select a, b, grouping(a, b), count(*) from t group by cube (a, b)
select a, grouping(b) from t group by a
select grouping(a) from t
select a from t where grouping(a) > 0 group by a
select a from t group by grouping sets ((a), (b))
select a, b from t group by grouping sets ((a), ())
select a, c from t group by grouping sets ((a), (b))
select a, b, sum(c) from t group by grouping sets (rollup (a, b), cube (a), (b, d))
select a, b, sum(c) from t group by a, rollup (b, d), grouping sets ((f), ())
select a, b, sum(c) from t group by distinct rollup (a, b), rollup (a, b)
select a + 1, grouping(a + 1) from t group by rollup (a + 1)
select grouping(a), rank() over (order by grouping(a)) from t group by cube (a)
select a from t group by cube (a) having grouping(a) = 0 order by grouping(a), a
select (select grouping(t.a)) from t group by rollup (a)
select (select a) from t group by rollup (a)
select (select c) from t group by rollup (a)
select a, b from u join t using (a) group by u.a, rollup (t.b)
select u.a, u.b from u group by u.a
select u.a, u.b from u group by rollup (u.a)
select u.a, u.b from u group by u.a, rollup (u.z)
select sum(a) from t group by ()
select a from t group by ()
select 1 from t group by grouping sets (())
select count(*) from t group by grouping sets ((), (), a)
select grouping(a, b, c) from t group by rollup (a), b, c
select generate_series(1, a) from t
select generate_series(1, 3), generate_series(1, 2) from t
select generate_series(1, generate_series(1, 3))
select a, generate_series(1, 3) g from t order by a
select a, generate_series(1, 3) g from t order by g desc
select distinct generate_series(1, a) from t
select generate_series(1, 3) + a from t where a > 1
select a from t where generate_series(1, 3) = a
select case when a > 1 then generate_series(1, 3) end from t
select coalesce(generate_series(1, 3), a) from t
select sum(generate_series(1, 3)) from t
select sum(a) over (order by a rows generate_series(1, 2) preceding) from t
select rank() over (), lag(generate_series(1, 3)) over () from t
select count(*), generate_series(1, 3) from t
select generate_series(1, 3) g, count(*) from t group by g
select generate_series(1, sum(a)) from t
values (generate_series(1, 3))
select 1 limit generate_series(1, 3)
select * from t join u on generate_series(1, 2) = 1
select * from generate_series(1, 3) g
select g from generate_series(1, 3) g
select * from generate_series(1, 3) as g (x)
select * from generate_series(1, 3) as g (x, y)
select * from generate_series(1, 3) with ordinality
select * from generate_series(1, 3) with ordinality as g (x, n)
select * from generate_series(1::bigint, 3)
select * from generate_series(1, a)
select * from t, generate_series(1, a) g
select * from t, lateral generate_series(1, t.a) g
select * from t join generate_series(1, a) g on g = a
select * from t left join generate_series(1, a) g on true
select * from t right join generate_series(1, a) g on true
select * from lower('A')
select * from lower('A') x
select * from lower('A') as x (y)
select * from lower('A') with ordinality
select * from current_date
select * from cast(1 as int) x
select * from coalesce(1, 2)
select * from rows from (generate_series(1, 3), generate_series(1, 2)) x
select * from rows from (generate_series(1, 3), lower('A')) with ordinality as x (a, b, c)
select * from generate_series(1, 3) as g (x int)
select * from generate_series(1, generate_series(1, 2))
select * from generate_series(1, sum(2))
select * from nosuch(1)
select * from generate_series('1', 'x')
select * from generate_series(true, false)
select * from t where a in (select generate_series(1, 3))
select distinct on (a) a, b from t order by a, b desc
select distinct on (a) a, b from t order by b
select distinct on (a, b) a, b from t order by b, a, c
select distinct on (a, b) a, b from t order by b, c, a
select distinct on (1) a, b from t order by 1, c
select distinct on (3) a, b from t
select distinct on (x) a as x, b from t order by x
select distinct on (a + 1) b from t order by a + 1
select distinct on (sum(c)) a from t group by a order by sum(c)
select a from t order by a fetch first 2 rows with ties
select a from t fetch first 2 rows with ties
select a from t order by a fetch first null rows with ties
select a from t order by a offset 1 fetch first 1 + 1 rows with ties
values (1), (2), (1) order by 1 fetch first 1 row with ties
with recursive r as (select 1 as n union all select n + 1 from r where n < 5) select * from r
with recursive r (n) as (values (1) union all select n + 1 from r where n < 5) select sum(n) from r
with recursive r (n) as (values (1) union select n + 1.5 from r) select * from r
with recursive r (n) as (select 'x'::varchar(3) union all select n || 'y' from r) select * from r
with recursive r (n) as (select 'x' union all select n || 'y' from r) select * from r
with recursive r (n) as (select c from t union all select n + 1 from r) select * from r
with recursive r (n) as (select 1.5 union all select n * 1.1 from r where n < 10) select * from r
with recursive r (n, m) as (values (1) union all select n + 1 from r) select * from r
with recursive r (n) as (values (1) union all select n + 1, 2 from r) select * from r
with recursive r as (select 1 union select * from r union select 3) select * from r
with recursive r (n) as (select n from r) select * from r
with recursive r (n) as (values (1) intersect select n from r) select * from r
with recursive r (n) as (select n from r union all values (1)) select * from r
with recursive r (n) as (values (1) union all select 1 where exists (select 1 from r)) select * from r
with recursive r (n) as (values (1) union all select a from t left join r on true) select * from r
with recursive r (n) as (values (1) union all select n from r left join t on true) select * from r
with recursive r (n) as (values (1) union all select n from t full join r on true) select * from r
with recursive r (n) as (values (1) union all (select n from r except select a from t)) select * from r
with recursive r (n) as (values (1) union all (select a from t except select n from r)) select * from r
with recursive r (n) as (values (1) union all (select a from t intersect all select n from r)) select * from r
with recursive r (n) as (values (1) union all select r.n from r, r r2) select * from r
with recursive r (n) as (values (1) union all select sum(n) from r) select * from r
with recursive r (n) as (values (1) union all select n from (select sum(n) n from r) x) select * from r
with recursive r (n) as (values (1) union all select n + 1 from r order by 1) select * from r
with recursive r (n) as (values (1) union all select n + 1 from r limit 5) select * from r
with recursive r (n) as (values (1) union all select n + 1 from r offset 5) select * from r
with recursive a as (select * from b), b as (select 1 as x) select * from a
with recursive a as (select * from b union all select 1), b as (select * from a) select * from a
with recursive r (n) as (values (1) union all select n + 1 from r where n < 3), s as (select n from r) select * from s, r
with recursive r (n) as (with x as (select 1 as y) select y from x union all select n + 1 from r where n < 3) select * from r
with recursive r (n) as (with x as (select n from r) select 1 union all select n from x) select * from r
with recursive r (n) as (values (1) union all select rank() over (order by n) from r) select * from r
with recursive t2 (id, path) as (select a, b from t where a = 1 union all select t.a, path || t.b from t join t2 on t.a = t2.id + 1) select * from t2
with x as materialized (select a from t) select * from x
with x as not materialized (select a from t) select * from x, x y
with x (p, q, r) as (select a from t) select * from x
with x as (select a from t), y as (with z as (select * from x) select * from z) select * from y, x
select (a, b) in (select a, b from u) from t
select (a, b) in (select a, z from u) from t
select (a, a) < (select a, b from u) from t
select (a, a) = any (select a, b from u) from t
select (a, b) > all (select a, s from u) from t
select (a, b) in (select a from u) from t
select (a, b) = (select a, b, z from u) from t
select a from t where (a, b) = (select a, s from u)
select (1, 2) < (1, 3), (1, 2) <> (1, 3), (1, 2) is distinct from (1, null), (a, b) is not distinct from (2, 'x') from t
select (1, 2) || (3, 4)
select (1, 2) < (1)
select row(1, 2) is null, row(a, b) is not null from t
select (a, b) in ((1, 'x'), (2, 'y')) from t
select (a, b) in ((1, 2, 3)) from t
select (a, b) not in ((1, 'x'), (2, 'y')) from t
select array(select a from t)
select array(select a, b from t)
select array(select c from t)
select a = any (array[1, 2]), a = any (array[1.5, 2]), b = any (array['x', 'y']), a <> all (array[1, 2]) from t
select a = any (1) from t
select a = any ('{1,x}') from t
select a + any ('{1}') from t
select b like any (array['x%', 'y%']) from t
select a = any (array['1', '2']) from t
select a = any (array['x']) from t
select a from t where a = some (array[b]) 
select (select sum(t.a) from u) from t
select (select sum(t.a + u.a) from u) from t
select (select count(*) from u where u.a = t.a group by t.a) from t
select t.a from t where exists (select 1 from u having sum(t.a) > 1)
select a from t, lateral (select t.a + u.b as x from u) l where x > 1
select * from t, (select t.a) l
select * from t left join lateral (select t.a + 1 as y) l on true
select * from t full join lateral (select t.a + 1 as y) l on true
select (select (select t.a + u.a) from u) from t
select * from (values (1, 'a'), (2, 'b')) as v (x, y) where x in (values (1), (3))
select * from t natural join u
select * from t join u using (a) as j where j.a = 1
select j.b from t join u using (a) as j
select * from (t join u using (a)) as j (x)
select t.a from (t join u using (a)) as j
select * from t full join u using (a, b)
select a from t cross join u
select * from t tablesample bernoulli (10)
select * from t tablesample system (10) repeatable (1)
select * from t tablesample nosuch (10)
select * from t tablesample bernoulli (10, 20)
select * from t tablesample bernoulli (a)
select * from (select 1 as a) x tablesample bernoulli (10)
with x as (select 1) select * from x tablesample bernoulli (10)
select t from t
select count(t) from t
select distinct on (a) a from t union select 1
select a from t union select a from u order by a fetch first 1 row with ties
select sum(a) over w, avg(c) over (w rows 2 preceding) from t window w as (order by d)
select first_value(a) over w, last_value(b) over w from t window w as (order by d range between unbounded preceding and unbounded following)
select count(*) over (order by a range between current row and unbounded following) from t
select percent_rank() over (order by sum(c)), sum(c) from t group by b
select b, sum(a) as s, rank() over (order by sum(a) desc) from t group by b having sum(a) > 1 order by s
select a, (select max(u.b) from u where u.a = t.a) m, row_number() over (order by (select max(u.b) from u where u.a = t.a)) from t
select array[1, 2], array['a', 'b'], array[1, 2.5], array[[1, 2], [3, 4]], array[]::int[]
select array[]
select array[1, 'x']
select array[1, true]
select array[1, 2]::bigint[], array['1', '2']::int[], '{1,2}'::int[]
select (array[1, 2])[1], (array[1, 2])[1:2], (array[[1, 2]])[1][2], (array[1, 2])[:1], (array['a'])['1']
select (array[1])[true]
select a[1] from t
select (array[1])[1][1][1][1][1][1][1]
select array[1, 2] || 3, 3 || array[1, 2], array[1] || array[2], array[1] || '{2,3}', array[1] = array[2], array[1] @> array[1]
select array_append(array[1], 2), array_append(array[1], 2.5), array_cat(array[1], array[2]), array_position(array[1], 1), array_length(array[1], 1)
select array_append(array[1], 'x'::text)
select array_length(1, 1)
select array_length('{1}', 1)
select unnest(array[1, 2]), unnest('{a,b}'::text[])
select * from unnest(array[1, 2], array['a']) as u (x, y)
select * from unnest(array[1, 2]) with ordinality as u (x, n)
select * from unnest(array[1, 2]) u
select a = any (array[a, 2]), a = all (array[1, 2]::int[]), b = any ('{x,y}'), c = any (array[1.5]::numeric[]), a > all ('{1,2}') from t
select b like any ('{x%}'), b = any (array_append('{}'::text[], b)) from t
select a = any (array[1, 2]::bigint[]) from t
select array_agg(a), array_agg(b order by a), array_agg(distinct c), string_agg(b, ',' order by a desc), string_agg(distinct b, ',') from t
select string_agg(a, ',') from t
select string_agg(distinct b, ',' order by a) from t
select percentile_cont(0.5) within group (order by a), percentile_disc(0.5) within group (order by b), mode() within group (order by c) from t
select percentile_cont(a) within group (order by c) from t
select percentile_cont(a) within group (order by c) from t group by a
select percentile_cont(0.5) within group (order by b) from t
select percentile_cont(array[0.5, 0.9]) within group (order by a), percentile_disc(array[0.5]) within group (order by d) from t
select percentile_cont(0.5) from t
select rank(1) within group (order by a), dense_rank('x', 1) within group (order by b, a) from t
select rank(1, 2) within group (order by a) from t
select rank('x') within group (order by a) from t
select rank(1) within group (order by a) over () from t
select stddev(a), variance(c), corr(f, f), regr_slope(a, a), bit_and(a), bool_or(a > 1), every(true) from t
select json_agg(a), jsonb_agg(b order by b), json_object_agg(a, b) from t
select string_agg(b, ',') over (order by a), array_agg(a) over () from t
select min(array[a]), max(array[b]) from t
select array_agg(array[a]) from t
select generate_subscripts(array[1, 2], 1), regexp_split_to_table('a b', ' ')
select regexp_matches(b, 'x', 'g') from t
select * from json_each('{}')
select * from json_each('{}') as j (k)
select * from jsonb_array_elements('[1]') x
select json_each('{}')
select (array(select a from t))[1]
select jsonb '{"a": 1}' -> 'a', jsonb '[1]' -> 0, ('{"a": 1}'::jsonb)['a']
select a from t where b = any (select s from u)
select distinct json '1'
select 1 order by json '1'
select json '1' union select json '2'
select coalesce(array[1], null), case when true then array[1] else '{}' end, greatest(array[1], array[2])
select array[a, null], array[null] from t
select sum(a) filter (where b = any (array['x', 'y'])) from t
select count(*) from t having count(*) > 1 order by count(*)
select row_number() over (order by a), sum(a) over (order by a rows between unbounded preceding and 1 following exclude group) from t
select a, b from t group by grouping sets ((a, (a, b)), ((a), b))
select sum(a) over (order by a rows (select 1) preceding) from t
insert into t (a) values (1) returning a
update t set (a, b) = (select 1, 'x')
update t set a = u.a from u where u.a = t.a
delete from t using u where t.a = u.a
with x as (insert into t values (1) returning a) select * from x
update t set a = x.a from (select 1 as a) x
insert into t (a) values (1) returning *, a + 1 as next
insert into t (a) values (1) returning nosuch
insert into t (a) values (1) returning count(*)
update t set a = 1 from t where true
delete from t using u where u.nosuch = 1
delete from t using u where t.a = u.a returning t.*, u.a
with x as (insert into t values (1)) select * from x
select * from (with x as (delete from t returning a) select * from x) y
