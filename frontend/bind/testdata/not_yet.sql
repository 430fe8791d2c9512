select a from t for update
select a into q from t
create table m16 (a text collate "C", b text collate "nosuch")
select sum(a) over (order by a rows (select 1) preceding) from t
