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
),

past as (
    -- Who is enrolled again is known again, from the same night on.
    select persons.record_id as id
    from {{ ref('int_persons_received') }} as persons
    where persons.record_id in ({{ past_retention('record') }})
        and persons.household_id not in (select household_id from {{ ref('int_enrolments') }} where status <> 'exited')
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
    {{ unless_past('persons.national_id') }} as national_id,
    {{ unless_past('persons.national_id_given') }} as national_id_given,
    {{ unless_past('persons.birth_certificate_no') }} as birth_certificate_no,
    {{ unless_past('persons.given_name') }} as given_name,
    {{ unless_past('persons.middle_name') }} as middle_name,
    {{ unless_past('persons.family_name') }} as family_name,
    {{ unless_past('persons.full_name') }} as full_name,
    -- Of whoever is past their time the year stays, for figures by age.
    if(past.id is null, persons.birth_date, date_trunc('year', persons.birth_date)::date) as birth_date,
    case
        when persons.birth_date is null then 'unknown'
        when past.id is null then persons.birth_date_precision
        else 'year'
    end as birth_date_precision,
    {{ unless_past('persons.birth_date_given') }} as birth_date_given,
    persons.sex,
    {{ unless_past('persons.phone') }} as phone,
    households.area_code,
    households.county_code,
    {{ unless_past('households.area_given') }} as area_given,
    {{ unless_past('persons.marital_status') }} as marital_status,
    persons.has_disability,
    persons.has_chronic_illness,
    coalesce(persons.orphanhood, 'unknown') as orphanhood,
    persons.is_attending_school,
    {{ unless_past('persons.school_grade') }} as school_grade,
    {{ unless_past('persons.occupation') }} as occupation,
    persons.updated_at
from {{ ref('int_persons_received') }} as persons
inner join {{ ref('int_households') }} as households on households.household_id = persons.household_id
left join roles_of_person on roles_of_person.record_id = persons.record_id
left join past on past.id = persons.record_id
where persons.reject_reason is null
