-- One row a real person, with the best-known value of each field.
with records as (
    select
        persons.*,
        {{ uid_or_own('crosswalk.person_uid', 'persons.record_id') }} as person_uid,
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

trusted as (
    -- 1 is the record to believe first: confirmed by the register, then with an ID, then the latest.
    select
        *,
        row_number() over (
            partition by person_uid
            order by
                case verification_status when 'verified' then 1 when 'deceased' then 2 when 'found_by_match_key' then 3 else 4 end,
                national_id is null,
                updated_at desc nulls last,
                record_id
        ) as trust_order
    from records
)

select
    person_uid,
    -- The three names come from one record, so that a name is never put together from two.
    arg_min(given_name, trust_order) filter (where family_name is not null) as given_name,
    arg_min({'name': middle_name}, trust_order) filter (where family_name is not null)['name'] as middle_name,
    arg_min(family_name, trust_order) filter (where family_name is not null) as family_name,
    arg_min(full_name, trust_order) as full_name,
    arg_min(birth_date, trust_order + case when birth_date_precision = 'day' then 0 else 1000000 end) as birth_date,
    arg_min(birth_date_precision, trust_order + case when birth_date_precision = 'day' then 0 when birth_date is null then 2000000 else 1000000 end) as birth_date_precision,
    arg_min(sex, trust_order) as sex,
    arg_min(national_id, trust_order) as national_id,
    arg_min(phone, trust_order) as phone,
    arg_min(area_code, trust_order) as area_code,
    arg_min(county_code, trust_order) as county_code,
    -- What is known of the person: a death anywhere, then the surest finding.
    coalesce(min_by(verification_status, case verification_status
        when 'deceased' then 1 when 'verified' then 2 when 'found_by_match_key' then 3 when 'mismatch' then 4
        when 'id_shared' then 5 when 'not_found' then 6 else 7
    end), 'could_not_check') as verification_status,
    arg_min(register_id, trust_order) as register_id,
    -- A death counts when it is found, and also where it could not be looked up again or the ID is shared, unless the
    -- register confirms another record of the person as living.
    case
        when bool_or(verification_status = 'deceased') or not bool_or(coalesce(verification_status in ('verified', 'found_by_match_key'), false))
            then max(register_death_date) filter (where register_death_date <= {{ reporting_date() }})
    end as death_date,
    max(register_emigrated_date) as emigrated_date,
    count(*) as record_count,
    string_agg(distinct program, ', ' order by program) as programs,
    {{ any_source_stale('bool_or(is_source_stale)', kinds=['register']) }} as is_source_stale
from trusted
group by person_uid
