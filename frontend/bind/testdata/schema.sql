create table t (a int, b text, c numeric(10,2), d date, e varchar(5), f float8)
create table u (a int primary key, b bigint, z boolean, s char(3))
create table v (k int not null, a int, ts timestamp, tz timestamptz, i interval, sm smallint, r real, n numeric)
create table w (x int default 7, y text default 'abc', q numeric(6,1) default 1.25, day date default '2020-01-01', primary key (x, y))
