{{ config(alias='persons') }}

-- One row a person record of a source, only of households with an enrolment in scope.
with roles as (
    select beneficiary_record_id as record_id, true as is_beneficiary, false as is_caregiver
    from {{ ref('int_enrolments') }}
    where beneficiary_record_id is not null
    union all
    select caregiver_record_id, false, true
    from {{ ref('int_enrolments') }}
    where caregiver_record_id is not null
),

roles_of_person as (
    select record_id, bool_or(is_beneficiary) as is_beneficiary, bool_or(is_caregiver) as is_caregiver
    from roles
    group by record_id
)

select
    persons.record_id,
    persons.source,
    persons.source_table,
    persons.loaded_run_id,
    persons.loaded_at,
    persons.program,
    persons.household_id,
    case
        when roles_of_person.is_beneficiary then 'beneficiary'
        when roles_of_person.is_caregiver then 'caregiver'
        when persons.is_head then 'head'
        else 'member'
    end as role,
    coalesce(roles_of_person.is_beneficiary, false) as is_beneficiary,
    coalesce(roles_of_person.is_caregiver, false) as is_caregiver,
    persons.is_head,
    persons.relationship_to_head,
    persons.national_id,
    persons.national_id_given,
    persons.birth_certificate_no,
    persons.given_name,
    persons.middle_name,
    persons.family_name,
    persons.full_name,
    persons.birth_date,
    case when persons.birth_date is null then 'unknown' else persons.birth_date_precision end as birth_date_precision,
    persons.birth_date_given,
    persons.sex,
    persons.phone,
    households.area_code,
    households.county_code,
    households.area_given,
    persons.marital_status,
    persons.has_disability,
    persons.has_chronic_illness,
    coalesce(persons.orphanhood, 'unknown') as orphanhood,
    persons.is_attending_school,
    persons.school_grade,
    persons.occupation,
    persons.updated_at
from {{ ref('int_persons_received') }} as persons
inner join {{ ref('int_households') }} as households on households.household_id = persons.household_id
left join roles_of_person on roles_of_person.record_id = persons.record_id
where persons.reject_reason is null
