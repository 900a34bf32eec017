-- One row a record, every role in its comparable form. Numbered in the order of the identifiers, so that nothing
-- downstream depends on the order of the rows.
-- Only identifiers are sorted: sorting 4.3 million whole records took 15 s, their identifiers 3.
create or replace temp table lk_number as
select (row_number() over (order by side, record_id) - 1)::int as r, side, record_id
from (
    {%- for side in sides %}
    select {{ loop.index0 }}::tinyint as side, cast({{ side.record_id }} as varchar) as record_id from {{ side.relation }}
    {%- if not loop.last %} union all {% endif %}
    {%- endfor %}
);
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
    select n.r, raws.* from raws join lk_number n using (side, record_id)
),
texts as (
    select n.*,
        gt.first_token as given_first, gt.is_single as given_is_single, gt.loose as given_loose,
        ft.joined as family_joined, ft.tokens as family_tokens,
        ut.first_core, ut.last_core, ut.raw is not null as has_full, ut.loose as full_loose, mt.loose as middle_loose,
        array_to_string(mo.tokens, ' ') as mother,
        d.y, d.m as month, d.d as day, d.dob as whole_date, d.digits
        {%- for c in coded %}, v_{{ c }}.value as {{ c }}_value{% endfor %}
    from numbered n
    left join lk_text gt on gt.raw = n.given_name
    left join lk_text mt on mt.raw = n.middle_name
    left join lk_text ft on ft.raw = n.family_name
    left join lk_text ut on ut.raw = n.full_name
    left join lk_text mo on mo.raw = n.mother_name
    left join lk_date d on d.raw = n.birth_date and d.source is not distinct from n.source
    {%- for c in coded %}
    left join lk_value v_{{ c }} on v_{{ c }}.raw = n.{{ c }}
    {%- endfor %}
),
named as (
    select *,
        -- A whole name is taken apart only where the parts are empty: first token, last token, the rest between.
        substr(case when given_first is not null or family_joined is not null then given_first else first_core end, 1, 60) as given,
        coalesce(family_joined, case when given_first is null then last_core end) as family
    from texts
)
select r, side, record_id, source, given, family,
    -- What is left of the middle and whole names, each token once; nothing of the given or family name.
    case
        when not has_full and coalesce(given_is_single, true) and coalesce(len(middle_loose), 0) = 0 then []::varchar[]
        when not has_full and coalesce(given_is_single, true) and len(middle_loose) = 1 then
            case when {{ is_left_over('middle_loose[1]') }} then middle_loose else []::varchar[] end
        else list_sort(list_distinct(list_filter(
            list_concat(list_concat(coalesce(given_loose, []), coalesce(middle_loose, [])), coalesce(full_loose, [])),
            lambda t: {{ is_left_over('t') }}
        )))[1:8]
    end as extra,
    y, case when {{ keeps_month }} then month end as m, case when {{ keeps_day }} then day end as d,
    case when y is null then digits when {{ keeps_day }} then whole_date end as dob,
    {{ sex }} as sex,
    {{ identifier('national_id') }} as nid,
    list_filter([{% for i in other_ids %}{{ identifier(i) }}{{ ", " if not loop.last }}{% endfor %}]::varchar[], lambda t: t is not null) as oid,
    {{ phone }} as phone,
    substr(mother, 1, 100) as mother,
    {{ household }} as hh
    {%- for c in coded %}, {{ c }}_value as {{ c }}{% endfor %}
from named
