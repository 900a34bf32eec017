{#- Whether somebody lives in the country on a day: neither dead, be it on a day that the register does not know, nor
    gone abroad by then. -#}
{% macro lives_here(person, day) -%}
    (
        coalesce({{ person }}.death_date > {{ day }}, not {{ person }}.is_deceased, true)
        and coalesce({{ person }}.emigrated_date > {{ day }}, true)
    )
{%- endmacro %}

{#- Whether some register is mirrored whole, so that the people in it can be counted. -#}
{% macro knows_all_residents() -%}
    (select not coalesce(bool_and(coalesce(is_asked_by_id, false)), false) from {{ source('ops', 'sources') }} where kind = 'register')
{%- endmacro %}

{#- The register's living residents, and who of them each program's rules in force on the reporting date are made for.
    Gives the CTEs `residents` (a row a person of the register) and `eligible` (a row a program and person).

    A register that is asked by ID says nothing of those it was not asked for, and so nothing of who is not covered: its
    persons are no residents here (see `knows_all_residents`).

    A rule that the register cannot answer (severe disability, orphanhood, poverty) is not in the seed; a program without
    a rule has no eligible people here. Of several rules that a person meets the first counts. -#}
{% macro eligible_residents() -%}
as_at as (
    select {{ reporting_date() }} as reporting_date
),

residents as (
    select
        population.register_id,
        population.area_code,
        areas.parent_code,
        population.county_code,
        coalesce(population.sex, 'unknown') as sex,
        {{ age_on('population.birth_date', 'as_at.reporting_date') }} as age,
        {{ age_group(age_on('population.birth_date', 'as_at.reporting_date')) }} as age_group,
        population.national_id
    from {{ ref('int_population') }} as population
    cross join as_at
    left join {{ ref('areas') }} as areas on areas.area_code = population.area_code
    where not coalesce(population.source in (
            select source from {{ source('ops', 'sources') }} where is_asked_by_id
        ), false)
        and {{ lives_here('population', 'as_at.reporting_date') }}
),

rules_in_force as (
    select rules.*
    from {{ ref('eligibility_rules') }} as rules
    cross join as_at
    where rules.valid_from <= as_at.reporting_date and (rules.valid_to is null or rules.valid_to >= as_at.reporting_date)
),

pensioners as (
    select distinct national_id
    from {{ ref('int_public_payroll') }}
    where kind = 'pension' and national_id is not null
),

eligible as (
    select
        rules.program,
        rules.rule_code,
        rules.selection,
        residents.*
    from rules_in_force as rules
    inner join residents
        on (rules.sex is null or residents.sex = rules.sex)
        and (rules.age_from is null or residents.age >= rules.age_from)
        and (rules.age_to is null or residents.age <= rules.age_to)
        and (
            rules.area_code is null
            or coalesce(rules.area_code in (residents.area_code, residents.parent_code, residents.county_code), false)
        )
    left join pensioners on pensioners.national_id = residents.national_id
    where not (rules.is_pensioner_excluded and pensioners.national_id is not null)
    qualify row_number() over (partition by rules.program, residents.register_id order by rules.rule_code) = 1
)
{%- endmacro %}
