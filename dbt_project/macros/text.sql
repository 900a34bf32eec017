{#- Text without blanks around it and with single blanks inside; empty text is null. -#}
{% macro clean_text(column) -%}
    nullif(trim(regexp_replace(cast({{ column }} as varchar), '\s+', ' ', 'g')), '')
{%- endmacro %}

{#- A name without a title in front; text that holds no letter, or says that there is none, is null. -#}
{% macro person_name(column) -%}
    nullif(regexp_replace(
        case
            when not regexp_matches({{ column }}, '[[:alpha:]]') then null
            when lower(trim({{ column }})) in ('n/a', 'na', 'nil', 'none', 'null', 'unknown', 'not known', 'xxx') then null
            else {{ clean_text(column) }}
        end,
        '^(({{ var("name_titles") | join("|") }})\.? )+', '', 'i'
    ), '')
{%- endmacro %}

{#- A code of the source in the registry's words: lower-cased text looked up in a list, else null. -#}
{% macro code_list(column, meanings) -%}
    case lower(trim(cast({{ column }} as varchar)))
    {%- for code, meaning in meanings.items() %}
        when '{{ code }}' then '{{ meaning }}'
    {%- endfor %}
    end
{%- endmacro %}

{#- Yes or no in any of the usual spellings. -#}
{% macro flag(column) -%}
    case
        when lower(trim(cast({{ column }} as varchar))) in ('1', 'y', 'yes', 'true', 't') then true
        when lower(trim(cast({{ column }} as varchar))) in ('0', 'n', 'no', 'false', 'f') then false
    end
{%- endmacro %}

{#- A key of the area crosswalk: lower case, single blanks. -#}
{% macro area_key(column) -%}
    lower({{ clean_text(column) }})
{%- endmacro %}
