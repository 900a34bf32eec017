{#- The date the figures are as at: a row of ops.parameters, so that nothing reads the wall clock. -#}
{% macro reporting_date() -%}
    (select cast(value as date) from {{ source('ops', 'parameters') }} where name = 'reporting_date')
{%- endmacro %}
