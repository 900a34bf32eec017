-- Suspended, and with a line in the program's latest cycle all the same.
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id as record_id,
    sum(payments.amount_due) as amount_at_stake,
    min(payments.period_start) as first_date,
    max(payments.period_end) as last_date,
    'suspended; on the payroll of ' || any_value(cycles.cycle_id) || ', ' || sum(payments.amount_paid) || ' paid' as evidence,
    {{ evidence_said(
        "'suspended_on_payroll'", {'cycle': 'any_value(cycles.cycle_id)', 'amount': 'sum(payments.amount_paid)'}
    ) }} as evidence_said
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('dim_payment_cycle') }} as cycles on cycles.program = enrolments.program and cycles.cycles_back = 1
inner join {{ ref('fct_payments') }} as payments
    on payments.enrolment_id = enrolments.enrolment_id and payments.cycle_id = cycles.cycle_id
where enrolments.status = 'suspended'
group by enrolments.enrolment_id, enrolments.recipient_record_id
