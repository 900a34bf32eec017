-- Pairs of records (l, r) of the near clusters (a, b): up to {{ members }} records speak for a cluster.
create or replace temp table lk_profile_pairs as
with speakers as (
    select c.first, c.r from lk_cluster c join lk_rec using (r)
    qualify row_number() over (partition by c.first order by hash(c.r), c.r) <= {{ members }}
)
select n.a, n.b, x.r as l, y.r as r, 0::bigint as keys
from lk_near n
join speakers x on x.first = n.a
join speakers y on y.first = n.b
