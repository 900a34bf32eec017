-- The records that the changes bear on, numbered in the order of their identifiers as a run over all records does,
-- with what is known of their pairs: lk_rec, lk_plain, lk_shadow, lk_weighed.
create or replace temp table lk_part as
select * from {{ state }}.records semi join lk_inside using (r) anti join lk_change using (r)
union all by name
select * from lk_new semi join lk_inside using (r);
create or replace temp table lk_number as
select (row_number() over (order by record_id) - 1)::int as i, r from lk_part;
create or replace temp table lk_rec as
select p.* replace (n.i as r) from lk_part p join lk_number n using (r) where p.stands_for is null;
create or replace temp table lk_plain as
select n.i as r, p.record_id, p.side from lk_part p join lk_number n using (r);
create or replace temp table lk_shadow as
select s.i as shadow, f.i as stands_for
from lk_part p join lk_number s using (r) join lk_number f on f.r = p.stands_for;
create or replace temp table lk_weighed as
with known as (
    select l, r, keys, w_m, w_h from {{ state }}.pairs p
    semi join lk_inside a on a.r = p.l
    semi join lk_inside b on b.r = p.r
    anti join lk_pair_was w on w.l = p.l and w.r = p.r
    where p.keys <> {{ beside }}  -- these are found anew
    union all
    select l, r, keys, w_m, w_h from lk_pair_now
)
select least(a.i, b.i) as l, greatest(a.i, b.i) as r, keys, w_m, w_h
from known k join lk_number a on a.r = k.l join lk_number b on b.r = k.r;
create or replace temp table lk_candidates as
select distinct stands_for as l, stands_for as r, 0::bigint as keys from lk_shadow
