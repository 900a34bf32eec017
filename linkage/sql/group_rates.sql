-- Per kind of group: its records, how many are linked, and how many of the others are in a pair for review. Groups
-- below {{ smallest }} records, or beyond the {{ most }} largest of a kind, are told together, without a name.
with outcome as (
    {%- if linking %}
    select p.r, coalesce(m.probability >= {{ match }}, false) as is_matched,
        coalesce(m.probability >= {{ review }}, false) as is_review
    from lk_plain p
    left join lk_shadow s on s.shadow = p.r
    left join lk_scored m on m.l = coalesce(s.stands_for, p.r) and m.place = 1
    {%- else %}
    select c.r, s.first is not null as is_matched, v.r is not null as is_review
    from lk_cluster c
    left join (select first from lk_cluster group by first having count(*) > 1) s using (first)
    left join (
        with reviewed as (
            select l, r from lk_scored anti join lk_decided using (l, r)
            where probability >= {{ review }} and probability < {{ match }}
        )
        select l as r from reviewed union select r from reviewed
    ) v using (r)
    {%- endif %}
),
-- First one group a combination, in the values as they are: the records are read once, not once a kind.
combined as (
    select is_matched, is_review, count(*) as n
        {%- for kind in kinds %}, {{ kind.value }} as value_{{ loop.index0 }}{% endfor %}
    from lk_plain join outcome using (r)
    group by all
),
described as (
    select is_matched, is_review, n
        {%- for kind in kinds %}, {{ kind.name.format("value_%d" % loop.index0) }} as kind_{{ loop.index0 }}{% endfor %}
    from combined
),
counted as (
    select
        case {% for _ in kinds %} when grouping(kind_{{ loop.index0 }}) = 0 then {{ loop.index0 }}{% endfor %} end as kind,
        coalesce({% for _ in kinds %}kind_{{ loop.index0 }}{{ ", " if not loop.last }}{% endfor %}) as name,
        sum(n) as records,
        coalesce(sum(n) filter (where is_matched), 0) as matched,
        coalesce(sum(n) filter (where is_review and not is_matched), 0) as review
    from described
    group by grouping sets ({% for _ in kinds %}(kind_{{ loop.index0 }}){{ ", " if not loop.last }}{% endfor %})
),
ranked as (
    select *, records >= {{ smallest }}
        and row_number() over (partition by kind order by records desc, name) <= {{ most }} as is_shown
    from counted
)
select kind, if(is_shown, name, null) as name, sum(records)::bigint as records, sum(matched)::bigint as matched,
    sum(review)::bigint as review
from ranked group by all order by kind, name nulls last
