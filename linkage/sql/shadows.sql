-- Records the same in every role, more than {{ most }} of them: the first stands for all, so that a file loaded
-- a hundred times costs no more than once. They are compared as one pair and join its cluster if that pair matches.
create or replace temp table lk_shadow as
with signed as (
    select r, side, hash({{ columns | join(', ') }}) as signature
    from lk_plain
    where {{ identified }}
)
select r as shadow, first_r as stands_for
from (
    select r, min(r) over same as first_r, count(*) over same as copies
    from signed
    window same as (partition by side, signature)
)
where copies > {{ most }} and r <> first_r
