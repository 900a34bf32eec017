-- The state of person records by program and county, and within them by sex, age group and whether they have an ID: the
-- poorest lack IDs most often, and exclusion must show. Counts beside each rate, so that rows can be put together.
{%- set needed = [
    'coalesce(persons.full_name, persons.family_name)', 'persons.birth_date', 'persons.sex',
    'persons.relationship_to_head', 'persons.area_code'
] %}
{#- What a source gives, and when it is usable. #}
{%- set checked = {
    'persons.national_id_given': 'persons.national_id is not null',
    'persons.birth_date_given': 'persons.birth_date is not null',
    'persons.area_given': 'households.area_level = finest.level'
} %}
with records_in_review as (
    select record_id_l as record_id from {{ source('linkage', 'pairs') }} where verdict = 'review'
    union
    select record_id_r from {{ source('linkage', 'pairs') }} where verdict = 'review'
),

records as (
    select
        verification.program,
        verification.county_code,
        coalesce(verification.sex, 'unknown') as sex,
        verification.age_group,
        case when verification.has_national_id then 'yes' else 'no' end as has_national_id,
        verification.status,
        verification.is_source_stale,
        -- Children have no ID number yet.
        {{ needed | length }} + if(verification.age_group <> '0-17', 1, 0) as values_expected,
        {%- for value in needed %}
        if({{ value }} is not null, 1, 0) +
        {%- endfor %}
        if(verification.age_group <> '0-17' and persons.national_id is not null, 1, 0) as values_filled,
        {%- for given, usable in checked.items() %}
        if({{ given }} is not null, 1, 0) {{ '+' if not loop.last else 'as values_given,' }}
        {%- endfor %}
        {%- for given, usable in checked.items() %}
        if({{ given }} is not null and coalesce({{ usable }}, false), 1, 0) {{ '+' if not loop.last else 'as values_valid,' }}
        {%- endfor %}
        -- A program without a rule asks for no update.
        rules.rule_code is null or coalesce(households.interview_date + to_months(rules.limit_value) > {{ reporting_date() }}, false)
            as is_up_to_date,
        count(*) over (partition by verification.person_uid) > 1 as is_linked,
        review.record_id is not null as is_in_review
    from {{ ref('rpt_verification') }} as verification
    inner join {{ ref('int_persons') }} as persons on persons.record_id = verification.record_id
    left join {{ ref('int_households') }} as households on households.household_id = verification.household_id
    left join {{ ref('int_life_cycle_rules') }} as rules
        on rules.program = verification.program and rules.rule = 'update_after_months'
    left join records_in_review as review on review.record_id = verification.record_id
    cross join (select {{ finest_area_level() }} as level) as finest
),

grouped as (
    select
        program,
        county_code,
        case
            when grouping(sex) = 0 then 'sex' when grouping(age_group) = 0 then 'age_group'
            when grouping(has_national_id) = 0 then 'has_national_id' else 'all'
        end as group_by,
        coalesce(
            case when grouping(sex) = 0 then sex when grouping(age_group) = 0 then age_group
                when grouping(has_national_id) = 0 then has_national_id end,
            'all'
        ) as group_value,
        count(*) as records,
        sum(values_expected) as values_expected,
        sum(values_filled) as values_filled,
        sum(values_given) as values_given,
        sum(values_valid) as values_valid,
        count(*) filter (where is_up_to_date) as records_up_to_date,
        count(*) filter (where status <> 'could_not_check') as records_checked,
        count(*) filter (where status in ('verified', 'found_by_match_key')) as records_verified,
        count(*) filter (where is_linked) as records_linked,
        count(*) filter (where not is_in_review) as records_settled,
        bool_or(is_source_stale) as is_source_stale
    from records
    group by grouping sets (
        (program, county_code), (program, county_code, sex), (program, county_code, age_group),
        (program, county_code, has_national_id)
    )
)

select
    md5(concat_ws('|', grouped.program, coalesce(grouped.county_code, '-'), grouped.group_by, grouped.group_value)) as quality_id,
    grouped.program,
    grouped.county_code,
    counties.county_name,
    grouped.group_by,
    grouped.group_value,
    grouped.records,
    cast(grouped.values_expected as bigint) as values_expected,
    cast(grouped.values_filled as bigint) as values_filled,
    cast(grouped.values_given as bigint) as values_given,
    cast(grouped.values_valid as bigint) as values_valid,
    grouped.records_up_to_date,
    grouped.records_checked,
    grouped.records_verified,
    grouped.records_linked,
    grouped.records_settled,
    round(grouped.values_filled / nullif(grouped.values_expected, 0), 4) as completeness,
    round(grouped.values_valid / nullif(grouped.values_given, 0), 4) as validity,
    round(grouped.records_up_to_date / grouped.records, 4) as timeliness,
    -- Of the records that could be checked: an unanswered question says nothing of the person.
    round(grouped.records_verified / nullif(grouped.records_checked, 0), 4) as verified_rate,
    round((grouped.records - grouped.records_checked) / grouped.records, 4) as could_not_check_rate,
    round(grouped.records_linked / grouped.records, 4) as linked_rate,
    round(grouped.records_settled / grouped.records, 4) as settled_rate,
    grouped.is_source_stale
from grouped
left join {{ ref('dim_area') }} as counties on counties.area_code = grouped.county_code
