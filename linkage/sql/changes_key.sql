-- One match key on what changed: lk_found gets the pairs that the key brings now and did not before, or whose records
-- changed, lk_lost the pairs of unchanged records that it brings no more, for their block outgrew the limit.
create or replace temp table lk_key as
select h, r, false as is_new from ({{ values_old }})
union all
select h, r, true from ({{ values_new }});
create or replace temp table lk_still as
select h, r from ({{ values_all }}) semi join lk_key using (h) where r not in (select r from lk_change);
create or replace temp table lk_block as
select h, count(*) filter (where was) as n_was, count(*) filter (where is_now) as n
from (
    select h, true as was, true as is_now from lk_still union all select h, not is_new, is_new from lk_key
)
group by h;
insert into lk_found
with now as (
    select h, r, true as is_new from lk_key where is_new
    union all
    select h, r, false from lk_still
),
kept as (
    select h, r, is_new, n_was > {{ limit }} as came_back from now join lk_block using (h) where n <= {{ limit }}
)
select a.r, b.r, {{ number }}::tinyint
from kept a join kept b on b.h = a.h and a.r < b.r
where a.is_new or b.is_new or a.came_back;
insert into lk_lost
with outgrown as (
    select h, r from lk_still join lk_block using (h) where n_was <= {{ limit }} and n > {{ limit }}
)
select distinct a.r, b.r, {{ number }}::tinyint from outgrown a join outgrown b on b.h = a.h and a.r < b.r;
{%- if many %}
-- Where a record has several values, another may hold the two together.
delete from lk_lost x using (
    with again as (
        select h, r from ({{ values_all }})
        where r in (select l from lk_lost where key = {{ number }} union select r from lk_lost where key = {{ number }})
    ),
    shared as (
        select p.l, p.r, a.h from lk_lost p join again a on a.r = p.l join again b on b.r = p.r and b.h = a.h
        where p.key = {{ number }}
    ),
    now as (
        select h, r from ({{ values_all }}) where r not in (select r from lk_change)
        union all
        select h, r from ({{ values_new }})
    ),
    kept as (
        select h from now where h in (select h from shared) group by h having count(*) <= {{ limit }}
    )
    select distinct l, r from shared semi join kept using (h)
) as held
where x.l = held.l and x.r = held.r and x.key = {{ number }};
{%- endif %}
