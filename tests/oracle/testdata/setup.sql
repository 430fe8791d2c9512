create table t (a int, b text, c numeric(10,2), d date, e varchar(5), f float8)
create table u (a int primary key, b bigint, z boolean, s char(3))
create table v (k int not null, a int, ts timestamp, tz timestamptz, i interval, sm smallint, r real, n numeric)
create table w (x int default 7, y text default 'abc', q numeric(6,1) default 1.25, day date default '2020-01-01', primary key (x, y))
insert into t values (1, 'one', 1.50, '2020-01-01', 'x', 0.5), (2, 'two', 2.25, '2020-02-29', 'yy', 1e10), (3, null, null, null, null, null), (null, 'Three', -3.10, '1999-12-31', 'xyzab', -2.5), (2, 'two', 100.00, '2020-02-29', 'x', 'NaN')
insert into u values (1, 10, true, 'a'), (2, 20, false, 'bc'), (3, null, null, 'abc'), (4, 40, true, '')
insert into v values (1, 1, '2020-01-01 10:00', '2020-06-01 12:00+02', '1 day 02:03:04', 1, 1.5, 1.250), (2, 2, null, '2021-01-01 00:00+00', '1 mon', 2, 2.5, 100), (3, null, '1999-12-31 23:59:59.999999', null, '-5 min', null, null, 0.0001), (4, 2, '2020-01-01 10:00', null, null, 32767, 1e20, 12345678901234567890.5)
insert into w (x, y) values (1, 'p'), (default, default), (2, 'q')
insert into w values (5, 'r', 3.14159, '2021-05-05')
update w set q = q * 2, y = y || '!' where x < 6
update w set day = default, q = null where x = 7
delete from w where x = 2
