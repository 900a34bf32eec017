-- lk_old, lk_new: the changed records as they were and as they are, shaped as {{ state }}.records. Where a crowd of
-- identical records is touched (see shadows.sql), all of it is looked at again.
create or replace temp table lk_new as
select c.* exclude (r), k.r, k.fingerprint, {{ signature }} as signature, null::int as stands_for
from lk_rec c join lk_change k using (record_id);
create or replace temp table lk_old as
select o.* from {{ state }}.records o semi join lk_change k on k.r = o.r;
create or replace temp table lk_crowd as
with touched as (
    select signature from lk_old union select signature from lk_new
),
members as (
    select signature, r, true as was, r not in (select r from lk_change) as stays
    from {{ state }}.records where signature in (select signature from touched where signature is not null)
    union all
    select signature, r, false, true from lk_new where signature is not null
)
select signature, count(*) filter (where stays) as n
from members group by signature
having n > {{ most }} or count(*) filter (where was) > {{ most }};
insert into lk_old
select o.* from {{ state }}.records o semi join lk_crowd using (signature) anti join lk_change k on k.r = o.r;
insert into lk_new by name
select o.* replace (null::int as stands_for) from lk_old o anti join lk_change k on k.r = o.r;
insert into lk_change by name
select record_id, fingerprint, r from lk_old anti join lk_change k using (r);
update lk_new set stands_for = first.r
from (
    select signature, arg_min(r, record_id) as r
    from lk_new semi join (from lk_crowd where n > {{ most }}) using (signature) group by signature
) as first
where lk_new.signature = first.signature and lk_new.r <> first.r;
