-- Records the same in every role, more than {{ most }} of them: the first stands for all, so that a file loaded
-- a hundred times costs no more than once. They are compared as one pair and join its cluster if that pair matches.
create or replace temp table lk_shadow as
with signed as (
    select r, side, {{ signature }} as signature from lk_plain
    {%- if register %} union all select r, side, {{ signature }} from {{ register }}{% endif %}
),
repeated as (
    select side, signature, min(r) as stands_for
    from signed
    where signature is not null
    group by side, signature
    having count(*) > {{ most }}
)
select r as shadow, stands_for
from signed
join repeated using (side, signature)
where r <> stands_for
