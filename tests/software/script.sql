-- SPDX-License-Identifier: ISC
-- The same bytes from Debian's shell and from ours.
.mode list
.headers on
create table t(id integer primary key, name text collate nocase, v real, b blob);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
insert into t select i, 'name' || (i * 7919 % 20011), i / 7.0, zeroblob(i % 9) from n;
create index t_name on t(name);
create unique index t_v on t(v) where id % 2;
select count(*), sum(v), max(name), min(length(b)), total(id) from t;
explain query plan select * from t where name = 'NAME5';
select id, name from t where name between 'name50' and 'name5009' order by name limit 5;
select id, v, avg(v) over (order by id rows between 2 preceding and 1 following) a,
    rank() over (partition by id % 3 order by v desc) r from t where id < 12 order by id;
begin;
update t set v = v * 2 where id % 3 = 0;
savepoint s;
delete from t where id > 10;
select count(*) from t;
rollback to s;
commit;
select count(*), round(sum(v), 3) from t;
insert into t(id) values (1);
create table c(t integer references t(id) on delete cascade, check (t > 0));
pragma foreign_keys = on;
insert into c values (5), (6);
insert into c values (99999999);
insert into c values (-1);
delete from t where id = 5;
select * from c;
create trigger tr after delete on c begin insert into t(name) values ('trigger ' || old.t); end;
delete from c;
select name from t order by id desc limit 1;
create virtual table f using fts5(body);
insert into f values ('the quick brown fox'), ('jumps over the lazy dog'), ('quick quick slow');
select rowid, highlight(f, 0, '<', '>') from f where f match 'quick' order by rank;
create virtual table r using rtree(id, x0, x1, y0, y1);
insert into r select id, id % 100, id % 100 + 2, id / 100, id / 100 + 1 from t where id < 5000;
select count(*), sum(id) from r where x0 >= 10 and x1 <= 20 and y0 >= 5 and y1 <= 9;
select json_extract('{"a":[1,2,{"b":"c"}]}', '$.a[2].b'), json_group_array(id) from t where id < 5;
select value, type from json_tree('{"x":[null,true,1.5,"s"]}') where atom is not null or type = 'null';
select printf('%08.3f|%,d|%q', 3.14159, 1234567, 'it''s'), quote(x'00ff'), typeof(1 << 62);
select date('2000-02-28', '+2 days'), strftime('%J', '2001-09-09 01:46:40'), julianday('1970-01-01');
select upper('äb'), unicode('€'), instr('haystack', 'st'), soundex('Robert'), sqrt(2), pi();
select group_concat(x, '/') from (select distinct id % 4 x from t order by 1);
pragma integrity_check;
vacuum;
pragma journal_mode = wal;
insert into t(name) values ('in the log');
pragma wal_checkpoint(truncate);
.backup copy.db
attach 'copy.db' as copy;
select count(*) = (select count(*) from copy.t) from t;
.tables
.schema c
.mode csv
select id, name, hex(b) from t limit 3;
.mode json
select id, v from t limit 2;
.mode box
select id, name from t limit 2;
.dump c
select nonsense;
.quit
