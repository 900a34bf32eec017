-- The recipient draws a pension or a salary from public funds.
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id as record_id,
    cast(null as decimal(18, 2)) as amount_at_stake,
    enrolments.first_paid_period_start as first_date,
    enrolments.last_paid_period_end as last_date,
    'by the ID number, the person ' || concat_ws(
        ' and ',
        case when people.is_pensioner then 'draws a public pension' end,
        case when people.is_employed then 'is on the public payroll' end
    ) as evidence,
    {{ evidence_said(
        "case when people.is_pensioner and people.is_employed then 'draws_pension_and_wage' "
        "when people.is_pensioner then 'draws_pension' else 'on_public_payroll' end"
    ) }} as evidence_said
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('int_public_payroll_people') }} as people on people.person_uid = enrolments.person_uid
where enrolments.status in ('active', 'suspended')
