{#- A mirrored table without the rows that its source has deleted; each row says which table it is of. -#}
{% macro mirrored(source_code, table_name) -%}
    {%- set mirror = source('mirror_' ~ source_code, table_name) -%}
    (select *, '{{ mirror.identifier | replace("'", "''") }}' as _ibr_source_table from {{ mirror }} where _ibr_deleted_at is null)
{%- endmacro %}

{#- Where a row comes from, and which run brought it: columns of every staging model, kept up to the facts. -#}
{% macro lineage(relation) -%}
    {{ relation }}._ibr_source_table as source_table,
    {{ relation }}._ibr_run_id as loaded_run_id,
    {{ relation }}._ibr_loaded_at as loaded_at
{%- endmacro %}

{#- The answers of a register that is asked by ID, or nothing: registry.yml says how a register is reached, and the
    models are the same for both. -#}
{% macro answers_of(source_code) -%}
    {{ return(adapter.get_relation(target.database, 'mirror_' ~ source_code, 'answers') if execute else none) }}
{%- endmacro %}

{#- Whether any source that feeds a row is stale: the row's own (`own`, a flag that may be null), those of the given
    kinds (mis, register, reference), and those by code, as a subquery that gives codes. -#}
{% macro any_source_stale(own='false', kinds=[], codes=none) -%}
    (
        coalesce({{ own }}, false)
        {%- if kinds or codes %}
        or coalesce((
            select bool_or(feeding.is_stale)
            from {{ source('ops', 'sources') }} as feeding
            where {% if kinds %}feeding.kind in ('{{ kinds | join("', '") }}'){% endif %}
                {%- if kinds and codes %} or {% endif %}{% if codes %}feeding.source in ({{ codes }}){% endif %}
        ), false)
        {%- endif %}
    )
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
