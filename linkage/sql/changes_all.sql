-- All pairs that are known, and who is in which entity now: what clerks are given to judge is drawn from these.
create or replace temp table lk_all_scored as
with weighed as (
    select p.l, p.r, p.keys, p.w_m, p.w_h, if(n.l is null, p.co_members, n.co_members) as co_members
    from {{ state }}.pairs p
    left join {{ target }}.state_co_members n on n.l = p.l and n.r = p.r
    anti join {{ target }}.state_pairs_was w on w.l = p.l and w.r = p.r
    union all
    from {{ target }}.state_pairs
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
