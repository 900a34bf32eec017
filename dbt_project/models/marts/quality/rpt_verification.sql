-- The check of each record against the population register, with who and where.
-- "Not found" and "could not check" never look the same: a record nobody asked about could not be checked.
with carriers as (
    select persons.national_id, count(distinct {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }}) as persons
    from {{ ref('int_persons') }} as persons
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = persons.record_id
    where persons.national_id is not null
    group by persons.national_id
)

select
    persons.record_id,
    {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }} as person_uid,
    persons.source,
    persons.program,
    persons.household_id,
    persons.role,
    persons.full_name,
    persons.national_id_given,
    persons.birth_date,
    persons.sex,
    {{ age_group(age_on('persons.birth_date', reporting_date())) }} as age_group,
    persons.national_id is not null as has_national_id,
    persons.area_code,
    persons.county_code,
    coalesce(verification.status, 'could_not_check') as status,
    case
        when coalesce(verification.status, 'could_not_check') <> 'could_not_check' then null
        when persons.national_id is null
            and (persons.birth_date is null or coalesce(persons.full_name, persons.given_name, persons.family_name) is null)
            then 'not_enough_details'
        when verification.record_id is null then 'not_asked_yet'
        else coalesce(verification.could_not_check_reason, 'register_not_available')
    end as could_not_check_reason,
    coalesce(carriers.persons, 0) as id_carriers,
    verification.register_id,
    verification.match_key,
    verification.match_probability,
    verification.runner_up_probability,
    array_to_string(verification.mismatched_fields, ', ') as mismatched_fields,
    verification.register_death_date,
    verification.register_emigrated_date,
    {{ any_source_stale('sources.is_stale', kinds=['register']) }} as is_source_stale
from {{ ref('int_persons') }} as persons
left join {{ source('linkage', 'verification') }} as verification on verification.record_id = persons.record_id
left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = persons.record_id
left join carriers on carriers.national_id = persons.national_id
left join {{ source('ops', 'sources') }} as sources on sources.source = persons.source
