-- The pairs found, and their records as they are now: lk_rec (by number), lk_candidates (l, r in the order of record_id).
create or replace temp table lk_rec as
with ends as (
    select l as r from lk_found union select r from lk_found
)
select * from {{ state }}.records semi join ends using (r) anti join lk_change using (r)
union all by name
select * from lk_new semi join ends using (r);
create or replace temp table lk_candidates as
select if(a.record_id < b.record_id, f.l, f.r) as l, if(a.record_id < b.record_id, f.r, f.l) as r, f.keys
from (select l, r, bit_or(1::bigint << key) as keys from lk_found group by l, r) f
join lk_rec a on a.r = f.l
join lk_rec b on b.r = f.r
