-- Which pairs are other than they were (lk_pair_now; lk_pair_was: all that no longer hold), and the records that this
-- bears on (lk_inside): the areas of who changed, and of who was brought together, parted or decided about.
create or replace temp table lk_fresh as
select least(l, r) as l, greatest(l, r) as r, keys, w_m, w_h, odds
from (select *, {{ odds }} as odds from lk_weighed) where {{ telling }};
create or replace temp table lk_parted as
select l, r, bit_or(1::bigint << key) as keys from lk_lost group by l, r;
create or replace temp table lk_pair_was as
select p.* from {{ state }}.pairs p semi join lk_change c on c.r = p.l
union
select p.* from {{ state }}.pairs p semi join lk_change c on c.r = p.r
union
select p.* from {{ state }}.pairs p semi join lk_fresh f on f.l = p.l and f.r = p.r
union
select p.* from {{ state }}.pairs p semi join lk_parted f on f.l = p.l and f.r = p.r;
create or replace temp table lk_pair_now as
with held as (
    select * from lk_pair_was where l not in (select r from lk_change) and r not in (select r from lk_change)
)
select l, r, (coalesce(h.keys, 0) & ~coalesce(p.keys, 0)) | coalesce(f.keys, 0) as keys,
    coalesce(f.w_m, h.w_m) as w_m, coalesce(f.w_h, h.w_h) as w_h
from held h
full join lk_fresh f using (l, r)
left join lk_parted p using (l, r)
where ((coalesce(h.keys, 0) & ~coalesce(p.keys, 0)) | coalesce(f.keys, 0)) <> 0;
create or replace temp table lk_seed as
with decided as (
    (select * from {{ state }}.decisions except from ({{ decisions }}))
    union all
    (from ({{ decisions }}) except select * from {{ state }}.decisions)
),
touched as (
    select record_id_l as record_id from decided union select record_id_r from decided
)
select r from lk_change
union select l from lk_fresh where odds > {{ near }}
union select r from lk_fresh where odds > {{ near }}
union select l from lk_lost
union select r from lk_lost
union select r from {{ state }}.records semi join touched using (record_id);
create or replace temp table lk_inside as
select r from lk_seed
union select r from {{ state }}.areas where area in (select area from {{ state }}.areas semi join lk_seed using (r))
except select r from lk_change where fingerprint is null
