{#- A value, unless the row is past its time (ibr retention apply): then nothing. Beside `past`, joined to the row. -#}
{% macro unless_past(column) -%}
    case when past.id is null then {{ column }} end
{%- endmacro %}

{#- What is marked as past its time, of one kind: `record`, `household` or `enrolment`. -#}
{% macro past_retention(kind) -%}
    select id from {{ source('ops', 'past_retention') }} where kind = '{{ kind }}'
{%- endmacro %}
