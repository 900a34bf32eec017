-- One pair of each band for the report (band, place, l, r, keys, odds, probability), chosen by its closeness to the
-- band's edge or by hash, so that the same records always show the same pairs.
create or replace temp table lk_shown as
with pairs as (
    select l, r, keys, odds, probability from lk_scored where {{ "place = 1" if linking else "l <> r" }}
),
bands as (
    (select 1 as place, 'a sure match' as band, * from pairs where probability >= {{ sure }}
        order by hash(l, r), l, r limit 1)
    union all
    (select 2, 'just above the match threshold', * from pairs where probability >= {{ match }}
        order by probability, l, r limit 1)
    union all
    (select 3, 'for review', * from pairs where probability >= {{ review }} and probability < {{ match }}
        order by hash(l, r), l, r limit 1)
    union all
    (select 4, 'just below the review threshold', * from pairs where probability < {{ review }}
        order by probability desc, l, r limit 1)
    union all
    -- Relatives: what a household shares agrees, what is a person's own does not.
    (select 5, 'rather one family than one person', l, r, s.keys, odds, probability
        from lk_scored s join lk_weighed w using (l, r)
        where l <> r and probability < {{ review }} and w_h >= {{ family }} and w_h - w_m >= {{ family }}
        order by hash(l, r), l, r limit 1)
)
-- A pair that stands in two bands is shown in the first.
select * from bands qualify row_number() over (partition by l, r order by place) = 1
