-- Pairs that clusters can depend on: of records that some pair of theirs, or a decision, could join to another. Whoever
-- has none stays alone whatever their other pairs say, and those are nearly all pairs that were compared.
with joinable as (
    select unnest([l, r]) as r from lk_scored where l <> r and odds >= {{ least }}
    union
    select unnest([l, r]) from lk_decided where decision = 'same'
)
select l, r, odds from lk_scored
where {{ telling }} and l <> r and l in (from joinable) and r in (from joinable)
order by l, r
