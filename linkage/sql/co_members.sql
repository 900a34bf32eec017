-- lk_weighed gets the level of co-members of each pair (see co_members.py): null for pairs of which one record has no
-- household, or a household of its own, for two records that one source lists in one, and for pairs that can say nothing.
create or replace temp table lk_weighed as
with judged as (
    select w.l, w.r, {{ odds }} as odds, a.hh as hh_l, b.hh as hh_r, {{ can_be }} as can_be, {{ nobody }} as nobody
    from lk_weighed w
    join lk_rec a on a.r = w.l
    join lk_rec b on b.r = w.r
    where a.hh is not null and b.hh is not null
),
asked as (
    select l, r, hh_l, hh_r, nobody from judged where can_be and {{ telling }}
),
ties as (
    select l, r, hh_l, hh_r from lk_tie union all select r, l, hh_r, hh_l from lk_tie
),
-- Records of one household that are one person, both ways round.
doubles as (
    select l, r from judged where hh_l = hh_r and odds >= {{ sure }} and l <> r
    union all
    select r, l from judged where hh_l = hh_r and odds >= {{ sure }} and l <> r
),
-- Members of the one household that are somebody of the other.
matched as (
    select distinct l as member, hh_l, hh_r from ties
),
counted as (
    select hh_l, hh_r, count(*) as members from matched group by hh_l, hh_r
),
tied as (
    select p.l, p.r, p.hh_l, p.hh_r,
        least(c.members - (x.member is not null)::int, d.members - (y.member is not null)::int) as others
    from asked p
    join counted c on c.hh_l = p.hh_l and c.hh_r = p.hh_r
    join counted d on d.hh_l = p.hh_r and d.hh_r = p.hh_l
    left join matched x on x.member = p.l and x.hh_r = p.hh_r
    left join matched y on y.member = p.r and y.hh_r = p.hh_l
),
-- Of a pair that is no tie: one of the two is tied to somebody of the other's household who is not the other, twice listed.
somebody_else as (
    select p.l, p.r from tied p
    join ties t on t.l = p.l and t.hh_r = p.hh_r and t.r <> p.r
    anti join doubles d on d.l = t.r and d.r = p.r
    union
    select p.l, p.r from tied p
    join ties t on t.l = p.r and t.hh_r = p.hh_l and t.r <> p.l
    anti join doubles d on d.l = t.r and d.r = p.l
),
levels as (
    select p.l, p.r,
        (p.nobody + case when e.l is not null and s.l is null then 3 else least(coalesce(t.others, 0), 2) end)::tinyint
            as co_members
    from asked p
    left join tied t on t.l = p.l and t.r = p.r
    left join somebody_else e on e.l = p.l and e.r = p.r
    left join lk_tie s on s.l = p.l and s.r = p.r
)
select w.*, v.co_members from lk_weighed w left join levels v using (l, r)
