-- Every distinct text of a place or attribute, folded once (in two statements, as in texts.sql).
create or replace temp table lk_raw as (
    {%- for column in columns %}
    select distinct {{ column.expression }} as raw from {{ column.relation }}
    {%- if not loop.last %} union {% endif %}
    {%- endfor %}
);
create or replace temp table lk_value as
select raw, nullif(substr({{ fold('raw') }}, 1, 80), '') as value from lk_raw where raw is not null
