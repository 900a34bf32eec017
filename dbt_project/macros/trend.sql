{#- Which way a figure went since the reporting date before: up, down or level; empty where there is nothing to compare. -#}
{% macro trend(value, previous) -%}
    case
        when {{ value }} > {{ previous }} then 'up'
        when {{ value }} < {{ previous }} then 'down'
        when {{ value }} = {{ previous }} then 'level'
    end
{%- endmacro %}
