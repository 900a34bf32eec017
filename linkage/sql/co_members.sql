-- lk_weighed gets the level of co-members of each pair (see co_members.py): null where one source lists both in one
-- household, or one of them alone, and for pairs that can say nothing.
create or replace temp table lk_weighed as
with ties as (
    select l, r, hh_l, hh_r from lk_tie union all select r, l, hh_r, hh_l from lk_tie
),
-- Members of the one household that are somebody of the other.
matched as (
    select distinct l as member, hh_l, hh_r from ties
),
counted as (
    select hh_l, hh_r, count(*) as members from matched group by hh_l, hh_r
),
asked as (
    select w.l, w.r, a.hh as hh_l, b.hh as hh_r, (a.source is distinct from b.source)::int as is_other
    from (select l, r from (select *, {{ odds }} as odds from lk_weighed) where {{ telling }}) w
    join lk_rec a on a.r = w.l
    join lk_rec b on b.r = w.r
    where a.hh <> b.hh and a.is_accompanied and b.is_accompanied
),
tied as (
    select p.l, p.r, c.members - (x.member is not null)::int as others,
        t.l is null and (x.member is not null or y.member is not null) as is_somebody_else
    from asked p
    join counted c using (hh_l, hh_r)
    left join matched x on x.member = p.l and x.hh_r = p.hh_r
    left join matched y on y.member = p.r and y.hh_r = p.hh_l
    left join lk_tie t on t.l = p.l and t.r = p.r
),
levels as (
    select p.l, p.r,
        (p.is_other * {{ levels }} + case when t.is_somebody_else then 3 else least(coalesce(t.others, 0), 2) end)::tinyint
            as co_members
    from asked p left join tied t using (l, r)
)
select w.*, v.co_members from lk_weighed w left join levels v using (l, r)
