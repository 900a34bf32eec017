-- Pairs of clusters (a, b) that may be one person, with the number of records in each. Records that repeat another say
-- nothing of their own and do not count; two lone records have been compared already.
create or replace temp table lk_near as
with sizes as (
    select c.first, count(*) as n from lk_cluster c join lk_rec using (r) group by c.first
),
pairs as (
    select distinct least(x.first, y.first) as a, greatest(x.first, y.first) as b
    from lk_scored s
    join lk_cluster x on x.r = s.l
    join lk_cluster y on y.r = s.r
    where s.odds >= {{ near }} and x.first <> y.first
)
select a, b, m.n as n_a, n.n as n_b
from pairs
join sizes m on m.first = a
join sizes n on n.first = b
where m.n > 1 or n.n > 1
