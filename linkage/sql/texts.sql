-- Every distinct text that holds a name, taken apart once: accents and case folded, honorifics dropped.
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
)
select raw,
    -- Someone whose whole name is an honorific keeps it.
    string_split(case when plain <> '' then plain else text end, ' ') as tokens
from cleaned
where text <> ''
