-- The register could not be asked about the recipient. That says nothing about the person.
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id as record_id,
    cast(null as decimal(18, 2)) as amount_at_stake,
    enrolments.first_paid_period_start as first_date,
    enrolments.last_paid_period_end as last_date,
    'could not be looked up in the register' as evidence
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('dim_person') }} as persons
    on persons.person_uid = enrolments.person_uid and persons.verification_status = 'could_not_check'
where enrolments.status in ('active', 'suspended')
