-- The check of each record against the population register, with who and where.
-- "Not found" and "could not check" never look the same: a record nobody asked about could not be checked.
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
    verification.register_id,
    verification.match_key,
    verification.match_probability,
    verification.runner_up_probability,
    array_to_string(verification.mismatched_fields, ', ') as mismatched_fields,
    verification.register_death_date,
    verification.register_emigrated_date,
    coalesce(sources.is_stale, false) as is_source_stale
from {{ ref('int_persons') }} as persons
left join {{ source('linkage', 'verification') }} as verification on verification.record_id = persons.record_id
left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = persons.record_id
left join {{ source('ops', 'sources') }} as sources on sources.source = persons.source
