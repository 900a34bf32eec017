-- Every distinct text that holds a name, taken apart once: accents and case folded, honorifics dropped, known
-- variants replaced. `core` is without particles, `loose` without titles too.
-- Cut at 200 characters: a pasted page in a name column costs no more than a name.
create or replace temp table lk_text as
with raws as (
    {%- for column in columns %}
    select distinct cast({{ column.expression }} as varchar) as raw from {{ column.relation }} where {{ column.expression }} is not null
    {%- if not loop.last %} union {% endif %}
    {%- endfor %}
),
folded as (
    select raw, {{ fold('raw') }} as text from raws
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
select raw, tokens,
    list_filter(tokens, lambda t: not {{ is_particle('t') }}) as core,
    list_filter(tokens, lambda t: not ({{ is_particle('t') }} or {{ is_title('t') }})) as loose
from varied
