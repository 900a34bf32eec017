-- Which records came, went or changed: lk_change (record_id; r: its number, a new one for who came; fingerprint: null
-- for who went).
create or replace temp table lk_change as
with found as (
    select coalesce(s.record_id, o.record_id) as record_id, o.r, s.fingerprint
    from lk_seen s
    full join {{ state }}.records o on o.record_id = s.record_id
    where s.fingerprint is distinct from o.fingerprint
)
select record_id, fingerprint,
    coalesce(r, (select max(r) from {{ state }}.records) + row_number() over (partition by r is null order by record_id))::int as r
from found;
