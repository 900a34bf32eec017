{#- Enrolment states that reach the registry; applicants, the rejected and the waiting stay in the mirror. -#}
{% macro statuses_in_scope() -%}
    'active', 'suspended', 'exited', 'standby'
{%- endmacro %}

{#- The finest level of reference.areas: the level that is nobody's parent. -#}
{% macro finest_area_level() -%}
    (
        select first(level order by area_code)
        from {{ ref('areas') }}
        where area_code not in (select parent_code from {{ ref('areas') }} where parent_code is not null)
    )
{%- endmacro %}
