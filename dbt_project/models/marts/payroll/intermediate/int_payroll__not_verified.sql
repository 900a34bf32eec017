-- The register was asked about the recipient, and does not confirm the person. Whom it does not know may well be real:
-- the poorest lack IDs most often.
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id as record_id,
    cast(null as decimal(18, 2)) as amount_at_stake,
    enrolments.first_paid_period_start as first_date,
    enrolments.last_paid_period_end as last_date,
    case persons.verification_status
        when 'not_found' then 'looked for in the register and not found'
        when 'mismatch' then 'the register has other details'
        when 'id_shared' then 'the ID number is another person''s too'
    end as evidence
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('dim_person') }} as persons
    on persons.person_uid = enrolments.person_uid
    and persons.verification_status in ('not_found', 'mismatch', 'id_shared')
where enrolments.status in ('active', 'suspended')
