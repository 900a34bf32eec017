-- Pairs of given names (one, other) that stand together in clusters again and again.
with held as (
    select distinct first, given
    from lk_cluster
    join lk_rec using (r)
    where length(given) > 1
),
sizes as (
    select first, count(*) as names from held group by first
),
clusters as (
    select first from lk_cluster join lk_rec using (r) group by first having count(*) > 1
),
-- Only clusters that could hold two names say how often two names meet.
names as (
    select h.first, h.given
    from held h
    join clusters using (first)
    join sizes using (first)
    where sizes.names <= {{ names }}
),
counts as (
    select given, count(*) as n from names group by given
),
together as (
    select a.given as one, b.given as other, count(*) as n
    from names a
    join names b on b.first = a.first and a.given < b.given
    group by 1, 2
    having count(*) >= {{ clusters }}
),
households as (
    select hh from lk_rec where hh is not null group by hh having count(*) between 2 and {{ largest_household }}
),
-- Two members of one household of one source are two people.
apart as (
    select least(a.given, b.given) as one, greatest(a.given, b.given) as other, count(distinct a.hh) as n
    from households
    join lk_rec a using (hh)
    join lk_rec b on b.hh = a.hh and a.given < b.given
    semi join together t on t.one = a.given and t.other = b.given
    group by 1, 2
)
select one, other
from together t
join counts x on x.given = one
join counts y on y.given = other
left join apart using (one, other)
where t.n >= {{ share }} * least(x.n, y.n)
    and t.n * (select count(*) from clusters) >= {{ lift }} * x.n * y.n
    and t.n > coalesce(apart.n, 0)
    and jaro_winkler_similarity(one, other) < {{ alike }}
order by one, other
