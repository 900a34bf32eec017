-- One row a record, every role in its comparable form. Numbered in the order of the identifiers, so that nothing
-- downstream depends on the order of the rows.
create or replace temp table lk_plain as
with raws as (
    {%- for side in sides %}
    select {{ loop.index0 }}::tinyint as side, cast({{ side.record_id }} as varchar) as record_id,
        {{ side.source }} as source
        {%- for name, expression in side.columns.items() %}, {{ expression }} as {{ name }}{% endfor %}
    from {{ side.relation }}
    {%- if not loop.last %} union all {% endif %}
    {%- endfor %}
),
numbered as (
    select (row_number() over (order by side, record_id) - 1)::int as r, * from raws
),
texts as (
    select n.*,
        gt.tokens as gt, ft.tokens as ft, ut.tokens as ut, mo.tokens as mo, ut.core, ft.core as family_core,
        list_concat(list_concat(coalesce(gt.loose, []), coalesce(mt.loose, [])), coalesce(ut.loose, [])) as loose,
        d.y, d.m as month, d.d as day, d.digits
    from numbered n
    left join lk_text gt on gt.raw = n.given_name
    left join lk_text mt on mt.raw = n.middle_name
    left join lk_text ft on ft.raw = n.family_name
    left join lk_text ut on ut.raw = n.full_name
    left join lk_text mo on mo.raw = n.mother_name
    left join lk_date d on d.raw = n.birth_date and d.source is not distinct from n.source
),
named as (
    select *,
        -- A whole name is taken apart only where the parts are empty: first token, last token, the rest between.
        case when gt is not null or ft is not null then gt[1] when len(core) > 0 then core[1] else ut[1] end as given_1,
        case
            when ft is not null then substr(array_to_string(case when len(family_core) > 0 then family_core else ft end, ''), 1, 60)
            when gt is null and len(core) > 1 then core[-1]
        end as family_1
    from texts
)
select r, side, record_id, source,
    substr(given_1, 1, 60) as given, family_1 as family,
    -- What is left of the middle and whole names, each token once; nothing of the given or family name.
    list_sort(list_distinct(list_filter(loose, lambda t: not (
        t = coalesce(given_1, '') or t = coalesce(family_1, '') or list_contains(coalesce(ft, []), t)
    ))))[1:8] as extra,
    y, case when {{ keeps_month }} then month end as m, case when {{ keeps_day }} then day end as d,
    case
        when y is not null and month is not null and day is not null and {{ keeps_day }}
            then lpad((y % 10000)::varchar, 4, '0') || lpad((month % 100)::varchar, 2, '0') || lpad((day % 100)::varchar, 2, '0')
        when y is null then digits
    end as dob,
    {{ sex }} as sex,
    {{ identifier('national_id') }} as nid,
    list_filter([{% for i in other_ids %}{{ identifier(i) }}{{ ", " if not loop.last }}{% endfor %}]::varchar[], lambda t: t is not null) as oid,
    {{ phone }} as phone,
    substr(array_to_string(mo, ' '), 1, 100) as mother,
    case when household_id is not null then hash(source, household_id) end as hh
    {%- for p in places %}, nullif(substr({{ fold(p) }}, 1, 80), '') as {{ p }}{% endfor %}
    {%- for a in attributes %}, nullif(substr({{ fold(a) }}, 1, 80), '') as {{ a }}{% endfor %}
from named
