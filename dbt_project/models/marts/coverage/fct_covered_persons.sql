-- Whom the programs' benefits are for today: the beneficiary of a person benefit; of a household benefit everybody in
-- the household but who merely collects for it.
with enrolled as (
    select * from {{ ref('fct_enrolments') }} where status in ('active', 'suspended')
),

covered as (
    select enrolment_id, program, benefit_unit, household_uid, area_code, county_code, is_source_stale,
        beneficiary_record_id as record_id
    from enrolled
    where benefit_unit = 'person' and beneficiary_record_id is not null
    union all
    select enrolled.enrolment_id, enrolled.program, enrolled.benefit_unit, enrolled.household_uid, enrolled.area_code,
        enrolled.county_code, enrolled.is_source_stale, persons.record_id
    from enrolled
    inner join {{ ref('int_persons') }} as persons on persons.household_id = enrolled.household_id
    where enrolled.benefit_unit = 'household'
        and (
            coalesce(enrolled.is_recipient_of_household, true)
            or persons.record_id is distinct from enrolled.recipient_record_id
        )
),

numbered as (
    select covered.*, {{ uid_or_own('crosswalk.person_uid', 'covered.record_id') }} as person_uid
    from covered
    left join {{ source('linkage', 'persons_crosswalk') }} as crosswalk on crosswalk.record_id = covered.record_id
),

persons as (
    select
        person_uid,
        program,
        any_value(benefit_unit) as benefit_unit,
        count(distinct enrolment_id) as enrolments,
        -- Covered twice by a program, a person stands where the first enrolment by its key is.
        first(household_uid order by enrolment_id) as household_uid,
        first(area_code order by enrolment_id) as area_code,
        first(county_code order by enrolment_id) as county_code,
        bool_or(is_source_stale) as is_source_stale
    from numbered
    group by person_uid, program
)

select
    persons.person_uid,
    persons.program,
    persons.benefit_unit,
    persons.enrolments,
    persons.household_uid,
    persons.area_code,
    persons.county_code,
    coalesce(known.sex, 'unknown') as sex,
    {{ age_group(age_on('known.birth_date', reporting_date())) }} as age_group,
    known.register_id,
    {{ lives_here('known', reporting_date()) }} as is_living_resident,
    {{ any_source_stale('persons.is_source_stale or known.is_source_stale') }} as is_source_stale
from persons
left join {{ ref('dim_person') }} as known on known.person_uid = persons.person_uid
