-- Every distinct text that holds a name, taken apart once: accents and case folded, honorifics dropped, known
-- variants replaced. `core` is without particles, `loose` without titles too. Everything that a record may need of a
-- text is worked out here, once a distinct text.
-- Cut at 200 characters: a pasted page in a name column costs no more than a name. In two statements: in one, DuckDB
-- 1.5 cleans every row before it looks for the distinct ones (46 s instead of 1 for 4.3 million records).
create or replace temp table lk_raw as (
    {%- for column in columns %}
    select distinct cast({{ column.expression }} as varchar) as raw from {{ column.relation }} where {{ column.expression }} is not null
    {%- if not loop.last %} union {% endif %}
    {%- endfor %}
);
create or replace temp table lk_text as
with folded as (
    select raw, {{ fold('raw') }} as text from lk_raw
),
cleaned as (
    select raw, text,
        trim(regexp_replace(regexp_replace(text, '\b({{ honorifics }})\b', ' ', 'g'), ' +', ' ', 'g')) as plain
    from folded
    where text not in ({{ nothing }}) and lower(trim(raw)) not in ({{ nothing }})
),
taken_apart as (
    select raw,
        -- Someone whose whole name is an honorific keeps it.
        string_split(case when plain <> '' then plain else text end, ' ') as given_tokens
    from cleaned
    where text <> ''
),
varied as (
    select raw, {% if variants %}list_transform(given_tokens, lambda t: coalesce(getvariable('lk_variants')[t], t)){% else %}given_tokens{% endif %} as tokens
    from taken_apart
)
select *,
    tokens[1] as first_token, len(tokens) = 1 as is_single,
    -- A family name is its tokens without particles, joined; where a whole name is taken apart, it is the last of them.
    substr(array_to_string(case when len(core) > 0 then core else tokens end, ''), 1, 60) as joined,
    case when len(core) > 0 then core[1] else tokens[1] end as first_core,
    case when len(core) > 1 then core[-1] end as last_core,
    -- A mother's name is compared whole.
    substr(array_to_string(tokens, ' '), 1, 100) as whole
from (
    select raw, tokens,
        list_filter(tokens, lambda t: not {{ is_particle('t') }}) as core,
        list_filter(tokens, lambda t: not ({{ is_particle('t') }} or {{ is_title('t') }})) as loose
    from varied
)
