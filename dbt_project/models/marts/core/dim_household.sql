-- One row a household as linkage sees it: households of several programs that share their persons.
with households as (
    select
        households.*,
        {{ uid_or_own('crosswalk.household_uid', 'households.household_id') }} as household_uid,
        coalesce(sources.is_stale, false) as is_source_stale
    from {{ ref('int_households') }} as households
    left join {{ source('linkage', 'households_crosswalk') }} as crosswalk on crosswalk.household_id = households.household_id
    left join {{ source('ops', 'sources') }} as sources on sources.source = households.source
),

persons as (
    select households.household_uid, count(distinct {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }}) as person_count
    from {{ ref('int_persons') }} as persons
    inner join households on households.household_id = persons.household_id
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = persons.record_id
    group by households.household_uid
)

select
    households.household_uid,
    count(*) as household_count,
    coalesce(any_value(persons.person_count), 0) as person_count,
    string_agg(distinct households.program, ', ' order by households.program) as programs,
    bool_or(households.status in ('active', 'suspended')) as is_enrolled,
    -- The finest area on record; of several the last surveyed.
    first(households.area_code order by households.area_level = {{ finest_area_level() }} desc nulls last, households.interview_date desc nulls last, households.household_id) as area_code,
    first(households.county_code order by households.area_level = {{ finest_area_level() }} desc nulls last, households.interview_date desc nulls last, households.household_id) as county_code,
    bool_or(households.is_source_stale) as is_source_stale
from households
left join persons on persons.household_uid = households.household_uid
group by households.household_uid
