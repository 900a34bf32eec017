{#- A date written year first, with or without a time behind it; unreadable gives null. -#}
{% macro iso_date(column) -%}
    case
        -- The usual ten characters need no pattern, which is the dear part of reading millions of dates.
        when cast({{ column }} as varchar) like '____-__-__' then try_cast(cast({{ column }} as varchar) as date)
        else try_cast(nullif(regexp_extract(cast({{ column }} as varchar), '^\s*(\d{4}-\d{1,2}-\d{1,2})', 1), '') as date)
    end
{%- endmacro %}

{#- A date written day first (31/12/2025, 31-12-2025, 31.12.2025); unreadable gives null. -#}
{% macro day_first_date(column) -%}
    {{ iso_date(day_first_to_iso(column)) }}
{%- endmacro %}

{#- Day-first text turned to year-first text; month and year, or a year alone, stay partial. -#}
{% macro day_first_to_iso(column) -%}
    regexp_replace(regexp_replace(trim(cast({{ column }} as varchar)),
        '^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$', '\3-\2-\1'),
        '^(\d{1,2})[/.-](\d{4})$', '\2-\1')
{%- endmacro %}

{#- How exactly a birth date (year-first text) is known: day | month | year, null when unreadable.
    Zero for an unknown day or month is common. -#}
{% macro date_precision(iso_text) -%}
    case
        when {{ iso_text }} like '____-__-__' and try_cast({{ iso_text }} as date) is not null then 'day'
        when regexp_matches({{ iso_text }}, '^\d{4}(-0?0(-0?0)?)?$') then 'year'
        when regexp_matches({{ iso_text }}, '^\d{4}-\d{1,2}(-0?0)?$') then 'month'
        when regexp_matches({{ iso_text }}, '^\d{4}-\d{1,2}-\d{1,2}') then 'day'
    end
{%- endmacro %}

{#- A birth date from year-first text, the first day of the period where it is partial.
    Null when unreadable, before 1900 or after the reporting date: nobody was born then. -#}
{% macro birth_date(iso_text) -%}
    case
        when {{ partial_date(iso_text) }} < date '1900-01-01' then null
        when {{ partial_date(iso_text) }} > {{ reporting_date() }} then null
        else {{ partial_date(iso_text) }}
    end
{%- endmacro %}

{% macro partial_date(iso_text) -%}
    case {{ date_precision(iso_text) }}
        when 'year' then try_cast(left({{ iso_text }}, 4) || '-01-01' as date)
        when 'month' then try_cast(left({{ iso_text }}, 4) || '-' || split_part({{ iso_text }}, '-', 2) || '-01' as date)
        when 'day' then {{ iso_date(iso_text) }}
    end
{%- endmacro %}

{#- Clerks' first and last month of a period such as "MAY-JUN 2026": which = 1 gives the first day,
    which = 2 the last. The year belongs to the last month (DEC-JAN 2026 begins in 2025). -#}
{% macro month_range_date(column, which) -%}
    {%- set months = "'janfebmaraprmayjunjulaugsepoctnovdec'" -%}
    {%- set pattern = "'^\\s*([a-z]{3})[a-z]*\\s*-\\s*([a-z]{3})[a-z]*\\s+(\\d{4})\\s*$'" -%}
    {%- set first = "((strpos(" ~ months ~ ", nullif(regexp_extract(lower(" ~ column ~ "), " ~ pattern ~ ", 1), '')) + 2) // 3)" -%}
    {%- set last = "((strpos(" ~ months ~ ", nullif(regexp_extract(lower(" ~ column ~ "), " ~ pattern ~ ", 2), '')) + 2) // 3)" -%}
    {%- set year = "try_cast(nullif(regexp_extract(lower(" ~ column ~ "), " ~ pattern ~ ", 3), '') as integer)" -%}
    {%- if which == 1 -%}
    case when {{ first }} between 1 and 12 and {{ last }} between 1 and 12
        then try(make_date(({{ year }} - if({{ first }} > {{ last }}, 1, 0))::bigint, {{ first }}::bigint, 1::bigint)) end
    {%- else -%}
    case when {{ first }} between 1 and 12 and {{ last }} between 1 and 12
        then last_day(try(make_date({{ year }}::bigint, {{ last }}::bigint, 1::bigint))) end
    {%- endif -%}
{%- endmacro %}

{#- An amount of money; thousands commas and a currency word in front are not part of it. -#}
{% macro amount(column) -%}
    try_cast(nullif(regexp_replace(cast({{ column }} as varchar), '[ ,]|^\s*[A-Za-z]+\.?', '', 'g'), '') as decimal(18, 2))
{%- endmacro %}

{#- A moment, whichever way the source writes it. -#}
{% macro moment(column) -%}
    try_cast(cast({{ column }} as varchar) as timestamp)
{%- endmacro %}

{#- Degrees of latitude (`most` is 90) or of longitude (180); beyond that no place lies, and it is null. -#}
{% macro degrees(column, most) -%}
    case when abs(try_cast({{ column }} as double)) <= {{ most }} then try_cast({{ column }} as double) end
{%- endmacro %}
