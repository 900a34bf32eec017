-- lk_tie: pairs of records of two households that list others too, of which the fields alone are sure that they are one
-- person. lk_candidates: the other members of two such households, where nothing has brought them together yet.
create or replace temp table lk_tie as
select w.l, w.r, a.hh as hh_l, b.hh as hh_r
from (select l, r from lk_weighed where {{ odds }} >= {{ sure }}) w
join lk_rec a on a.r = w.l
join lk_rec b on b.r = w.r
where {{ is_tie }};
create or replace temp table lk_candidates as
with ties as (
    select distinct hh_l as one, hh_r as other from lk_tie union select hh_r, hh_l from lk_tie
),
few as (
    select one as hh from ties group by one having count(*) <= {{ most }}
),
tied as (
    select one, other from ties where one < other and one in (from few) and other in (from few)
),
matched as (
    select l as r, hh_r as hh from lk_tie union select r, hh_l from lk_tie
),
beside as (
    select a.r as l, b.r as r
    from tied
    join lk_rec a on a.hh = one
    join lk_rec b on b.hh = other
    anti join matched x on x.r = a.r and x.hh = other
    anti join matched y on y.r = b.r and y.hh = one
)
select p.l, p.r, 1::bigint << {{ key }} as keys
from (select least(l, r) as l, greatest(l, r) as r from beside) p
anti join lk_weighed w on w.l = p.l and w.r = p.r
