{#- Text without blanks around it and with single blanks inside; empty text is null. -#}
{% macro clean_text(column) -%}
    nullif(trim(case
        -- Only the few texts with doubled blanks, tabs or line breaks pay for the pattern.
        when contains(cast({{ column }} as varchar), '  ') or contains(cast({{ column }} as varchar), chr(9))
            or contains(cast({{ column }} as varchar), chr(10)) or contains(cast({{ column }} as varchar), chr(13))
            then regexp_replace(cast({{ column }} as varchar), '\s+', ' ', 'g')
        else cast({{ column }} as varchar)
    end), '')
{%- endmacro %}

{#- A name without a title in front; text that holds no letter, or says that there is none, is null.
    Millions of names pass here, so the pattern for titles is tried only on several words. -#}
{% macro person_name(column) -%}
    case
        -- No letter: upper and lower case are the same, as they are in scripts that have no cases.
        when lower({{ column }}) = upper({{ column }}) and not regexp_matches({{ column }}, '\p{L}') then null
        when lower(trim({{ column }})) in ('n/a', 'na', 'nil', 'none', 'null', 'unknown', 'not known', 'xxx') then null
        when contains({{ column }}, ' ')
            and regexp_matches({{ column }}, '^[\s\p{Z}]*({{ var("name_titles") | join("|") }})\.?\s', 'i')
            then nullif(regexp_replace({{ clean_text(column) }}, '^(({{ var("name_titles") | join("|") }})\.? )+', '', 'i'), '')
        else {{ clean_text(column) }}
    end
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
