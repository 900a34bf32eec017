-- Pairs of records (l, r) of clusters (a, b) that may be one person: up to {{ members }} records speak for a cluster.
create or replace temp table lk_profile_pairs as
with sizes as (
    select first, count(*) as n from lk_cluster group by first
),
near as (
    select distinct least(x.first, y.first) as a, greatest(x.first, y.first) as b
    from lk_scored s
    join lk_cluster x on x.r = s.l
    join lk_cluster y on y.r = s.r
    where s.odds >= {{ near }} and x.first <> y.first
),
worth as (
    select a, b from near
    join sizes m on m.first = a
    join sizes n on n.first = b
    where m.n > 1 or n.n > 1
),
speakers as (
    select c.first, c.r from lk_cluster c join lk_rec using (r)
    qualify row_number() over (partition by c.first order by hash(c.r), c.r) <= {{ members }}
)
select w.a, w.b, x.r as l, y.r as r, 0::bigint as keys
from worth w
join speakers x on x.first = w.a
join speakers y on y.first = w.b
