-- {{ target }}: one row a record of one side, every role in its comparable form; `kept` says in which columns. With
-- `in_words` the texts are also there as numbers of the dictionary (words.sql).
create or replace temp table {{ target }} as
with raws as (
    select {{ side.number }}::tinyint as side, cast({{ side.record_id }} as varchar) as record_id,
        {{ side.source }} as source
        {%- for name, expression in side.columns.items() %}, {{ expression }} as {{ name }}{% endfor %}
    from {{ side.relation }}
),
numbered as (
    select n.r, raws.* from raws join lk_number n using (side, record_id)
),
texts as (
    select n.*,
        gt.first_token as given_first, gt.is_single as given_is_single, gt.loose as given_loose,
        ft.joined as family_joined, ft.tokens as family_tokens,
        ut.first_core, ut.last_core, ut.raw is not null as has_full, ut.loose as full_loose, mt.loose as middle_loose,
        mo.whole as mother,
        d.y, d.m as month, d.d as day, d.dob as whole_date, d.digits
        {%- for c in coded %}, v_{{ c }}.value as {{ c }}_value{% endfor %}
        {%- if in_words %},
        gt.first_word, ft.joined_word, ut.first_core_word, ut.last_core_word, mo.whole_word as mother_word, d.whole_date_word, d.digits_word
        {%- for c in coded %}, v_{{ c }}.word as {{ c }}_word{% endfor %}
        {%- endif %}
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
        {%- if in_words %},
        case when given_first is not null or family_joined is not null then first_word else first_core_word end as given_word,
        coalesce(joined_word, case when given_first is null then last_core_word end) as family_word
        {%- endif %}
    from texts
),
comparable as (
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
        mother,
        {{ household }} as hh
        {%- for c in coded %}, {{ c }}_value as {{ c }}{% endfor %}
        {%- if in_words %}, given_word, family_word, mother_word,
        case when y is null then digits_word when {{ keeps_day }} then whole_date_word end as dob_word
        {%- for c in coded %}, {{ c }}_word{% endfor %}
        {%- endif %}
    from named
)
select {{ kept }} from comparable
