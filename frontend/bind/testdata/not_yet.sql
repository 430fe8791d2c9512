select a from t for update
select a into q from t
insert into u values (1) on conflict do nothing
create table m2 (a int check (a > 0))
create table m3 (a int references u)
create table m16 (a text collate "C", b text collate "nosuch")
select sum(a) over (order by a rows (select 1) preceding) from t
