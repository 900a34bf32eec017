-- What the records of whole areas came to, with their numbers among all records: rows of pairs and clusters, and of a
-- state's pairs, ties and areas, told apart by `kind`.
select 'pairs' as kind, record_id_l, record_id_r, match_key, match_weight, match_probability, verdict,
    null::bigint as l, null::bigint as r, null::bigint as keys, null::double as w_m, null::double as w_h,
    null::tinyint as co_members, null::bigint as hh_l, null::bigint as hh_r
from part_pairs
union all by name
select 'clusters' as kind, record_id as record_id_l, entity_id as record_id_r from part_clusters
union all by name
select 'weighed' as kind, a.r as l, b.r as r, keys, w_m, w_h, co_members
from (select *, {{ odds }} as odds from lk_weighed where keys <> 0) w
join lk_number a on a.i = w.l
join lk_number b on b.i = w.r
where {{ telling }}
union all by name
select 'ties' as kind, a.r as l, b.r as r, {{ hh('t.hh_l') }} as hh_l, {{ hh('t.hh_r') }} as hh_r
from lk_tie t join lk_number a on a.i = t.l join lk_number b on b.i = t.r
union all by name
select 'areas' as kind, n.r as r, f.r as l, e.r as keys
from lk_area a join lk_number n on n.i = a.r join lk_number f on f.i = a.area join lk_number e on e.i = a.entity
