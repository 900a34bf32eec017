{#- Age in whole years on a day. -#}
{% macro age_on(birth_date, day) -%}
    date_sub('year', {{ birth_date }}, {{ day }})
{%- endmacro %}

{#- Age groups of the reports. -#}
{% macro age_group(age) -%}
    case
        when {{ age }} is null then 'unknown'
        when {{ age }} < 18 then '0-17'
        when {{ age }} < 35 then '18-34'
        when {{ age }} < 60 then '35-59'
        when {{ age }} < 70 then '60-69'
        else '70+'
    end
{%- endmacro %}

{#- Records and households that linkage has not numbered yet keep a number of their own, so no money is lost. -#}
{% macro uid_or_own(uid, own_key) -%}
    coalesce({{ uid }}, 'unlinked:' || {{ own_key }})
{%- endmacro %}
