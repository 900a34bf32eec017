{#- Digits of a national ID number when it is well-formed in this country, else null.
    Blanks, dashes and the ".0" that spreadsheets add are not part of it; eight equal digits are filler. -#}
{% macro national_id(column) -%}
    case
        -- Most are well-formed as they stand: they need no cleaning, only the look for filler.
        when regexp_matches({{ column }}, '{{ var("national_id_pattern") }}')
            then case when replace({{ column }}, left({{ column }}, 1), '') <> '' and {{ column }} <> '12345678' then {{ column }} end
        when {{ column }} is null then null
        else nullif(regexp_extract(
        case
            when regexp_matches(regexp_replace(cast({{ column }} as varchar), '[ -]|\.0$', '', 'g'), '^(0+|1+|2+|3+|4+|5+|6+|7+|8+|9+|12345678)$') then null
            else regexp_replace(cast({{ column }} as varchar), '[ -]|\.0$', '', 'g')
        end,
        '{{ var("national_id_pattern") }}'
        ), '')
    end
{%- endmacro %}

{#- A phone number in the international form (+254712345678), else null. -#}
{% macro phone_international(column) -%}
    {%- set code = var('phone_country_code') -%}
    {%- set length = var('phone_national_length') -%}
    '+{{ code }}' || nullif(regexp_extract(
        regexp_replace(cast({{ column }} as varchar), '[^0-9]', '', 'g'),
        '^(?:00)?(?:{{ code }})?0?([1-9][0-9]{{ "{" ~ (length - 1) ~ "}" }})$', 1
    ), '')
{%- endmacro %}
