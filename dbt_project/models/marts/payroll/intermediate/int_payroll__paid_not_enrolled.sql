-- Money that belongs to no enrolment: none is named or on record, it is an applicant's, or it began later.
select
    paid_under as enrolment_id,
    cast(null as varchar) as record_id,
    sum(amount_paid) as amount_at_stake,
    min(period_start) as first_date,
    max(period_end) as last_date,
    count(*) || ' payments; enrolment is ' || any_value(enrolment_status) as evidence,
    {{ evidence_said("'paid_not_enrolled'", {'payments': 'count(*)', 'status': 'any_value(enrolment_status)'}) }} as evidence_said
from {{ ref('int_payments_not_enrolled') }}
where amount_paid > 0
group by paid_under
union all
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id,
    sum(payments.amount_paid),
    min(payments.period_start),
    max(payments.period_end),
    count(*) || ' payments for periods before the enrolment of ' || any_value(enrolments.enrolled_date),
    {{ evidence_said("'paid_before_enrolment'", {'payments': 'count(*)', 'date': 'any_value(enrolments.enrolled_date)'}) }}
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('fct_payments') }} as payments
    on payments.enrolment_id = enrolments.enrolment_id
    and payments.amount_paid > 0
    and payments.period_end < enrolments.enrolled_date
group by enrolments.enrolment_id, enrolments.recipient_record_id
