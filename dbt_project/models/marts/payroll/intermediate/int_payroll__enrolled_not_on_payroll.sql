-- Enrolled before the program's latest cycle, and without a line in it.
select
    enrolments.enrolment_id,
    enrolments.recipient_record_id as record_id,
    -- What the enrolment would have been due.
    cast(null as decimal(18, 2)) as amount_at_stake,
    cycles.period_start as first_date,
    cycles.period_end as last_date,
    'enrolled ' || coalesce(cast(enrolments.enrolled_date as varchar), 'on an unknown day') || '; no line in ' || cycles.cycle_id as evidence,
    {{ evidence_said(
        "case when enrolments.enrolled_date is null then 'enrolled_some_day_not_on_payroll' else 'enrolled_not_on_payroll' end",
        {'date': 'enrolments.enrolled_date', 'cycle': 'cycles.cycle_id'}
    ) }} as evidence_said
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('dim_payment_cycle') }} as cycles on cycles.program = enrolments.program and cycles.cycles_back = 1
left join {{ ref('fct_payments') }} as payments
    on payments.enrolment_id = enrolments.enrolment_id and payments.cycle_id = cycles.cycle_id
where enrolments.status = 'active'
    and coalesce(enrolments.enrolled_date, date '1900-01-01') <= cycles.period_start
    and payments.payment_id is null
