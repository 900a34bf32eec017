{#- The date the figures are as at: a row of ops.parameters, so that nothing reads the wall clock. -#}
{% macro reporting_date() -%}
    (select cast(value as date) from {{ source('ops', 'parameters') }} where name = 'reporting_date')
{%- endmacro %}

{#- The code of the country's currency. -#}
{% macro currency() -%}
    (select value from {{ source('ops', 'parameters') }} where name = 'currency')
{%- endmacro %}

{#- When this run began; where nobody wrote it down, when it last read a source. -#}
{% macro run_began_at() -%}
    coalesce(
        (select try_cast(value as timestamptz) from {{ source('ops', 'parameters') }} where name = 'run_started_at'),
        (select max(last_good_at) from {{ source('ops', 'sources') }})
    )
{%- endmacro %}
