-- One row a real person: the surviving value of each field (int_golden_record), and what is known of the person.
with records as (
    select
        persons.program,
        {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }} as person_uid,
        persons.record_id,
        case verification.status when 'verified' then 1 when 'deceased' then 2 when 'found_by_match_key' then 3 else 4 end
            as verification_rank,
        verification.status as verification_status,
        verification.register_id,
        -- The register's own last good mirror first; what an earlier check found where it no longer holds the person.
        case when population.register_id is null then verification.register_death_date else population.death_date end as register_death_date,
        verification.register_emigrated_date,
        coalesce(sources.is_stale, false) as is_source_stale
    from {{ ref('int_persons') }} as persons
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = persons.record_id
    left join {{ source('linkage', 'verification') }} as verification on verification.record_id = persons.record_id
    left join {{ ref('int_population') }} as population on population.register_id = verification.register_id
    left join {{ source('ops', 'sources') }} as sources on sources.source = persons.source
),

known as (
    select
        person_uid,
        -- A death anywhere, then the surest finding.
        coalesce(min_by(verification_status, case verification_status
            when 'deceased' then 1 when 'verified' then 2 when 'found_by_match_key' then 3 when 'mismatch' then 4
            when 'id_shared' then 5 when 'not_found' then 6 else 7
        end), 'could_not_check') as verification_status,
        arg_min(register_id, {'rank': verification_rank, 'record_id': record_id}) as register_id,
        -- A death counts when it is found, and also where it could not be looked up again or the ID is shared, unless the
        -- register confirms another record of the person as living.
        case
            when bool_or(verification_status = 'deceased') or not bool_or(coalesce(verification_status in ('verified', 'found_by_match_key'), false))
                then max(register_death_date) filter (where register_death_date <= {{ reporting_date() }})
        end as death_date,
        max(register_emigrated_date) as emigrated_date,
        count(*) as record_count,
        string_agg(distinct program, ', ' order by program) as programs,
        bool_or(is_source_stale) as is_source_stale
    from records
    group by person_uid
)

select
    known.person_uid,
    golden.name_parts.value.given_name as given_name,
    golden.name_parts.value.middle_name as middle_name,
    golden.name_parts.value.family_name as family_name,
    golden.full_name.value as full_name,
    golden.birth_date.value.birth_date as birth_date,
    coalesce(golden.birth_date.value.precision, 'unknown') as birth_date_precision,
    golden.sex.value as sex,
    golden.national_id.value as national_id,
    golden.phone.value as phone,
    golden.area_code.value.area_code as area_code,
    golden.area_code.value.county_code as county_code,
    known.verification_status,
    known.register_id,
    -- Some deaths are registered without their day.
    known.death_date is not null or known.verification_status = 'deceased' as is_deceased,
    known.death_date,
    known.emigrated_date,
    known.record_count,
    known.programs,
    {{ any_source_stale('known.is_source_stale', kinds=['register']) }} as is_source_stale
from known
left join {{ ref('int_golden_record') }} as golden on golden.person_uid = known.person_uid
