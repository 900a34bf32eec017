-- All pairs that are known, and who is in which entity now: what clerks are given to judge is drawn from these.
create or replace temp table lk_all_scored as
with weighed as (
    select p.l, p.r, p.keys, p.w_m, p.w_h from {{ state }}.pairs p anti join lk_pair_was w on w.l = p.l and w.r = p.r
    union all
    select l, r, keys, w_m, w_h from lk_pair_now
)
{{ scored }};
create or replace temp view lk_all_people as
with joined as (
    select r, entity from {{ state }}.areas anti join {{ target }}.state_inside using (r)
    union all
    select r, entity from {{ target }}.state_areas
),
numbered as (
    select r, record_id from {{ state }}.records anti join lk_change using (r)
    union all
    select r, record_id from lk_new
)
select n.r, n.record_id, coalesce(j.entity, n.r) as entity from numbered n left join joined j using (r)
