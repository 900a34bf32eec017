{#- A mirrored table without the rows that its source has deleted. -#}
{% macro mirrored(source_code, table_name) -%}
    (select * from {{ source('mirror_' ~ source_code, table_name) }} where _ibr_deleted_at is null)
{%- endmacro %}

{#- One entity of every program system, in one shape. Columns are matched by name, so a source
    that lacks an optional column gives null. -#}
{% macro union_staging(entity, source_codes) -%}
    {%- for code in source_codes %}
    select * from {{ ref('stg_' ~ code ~ '__' ~ entity) }}
    {%- if not loop.last %}
    union all by name
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
