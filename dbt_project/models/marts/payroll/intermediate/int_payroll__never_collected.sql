-- Paid out and never fetched.
with uncollected as (
    select
        enrolment_id, count(*) as lines, sum(amount_due) as amount, min(period_start) as first_date,
        max(period_end) as last_date, arg_max(payment_id, (period_start, payment_id)) as last_payment_id
    from {{ ref('fct_payments') }}
    where status <> 'scheduled'
    group by enrolment_id
    having bool_and(status = 'unclaimed')
)

select
    uncollected.enrolment_id,
    enrolments.recipient_record_id as record_id,
    uncollected.amount as amount_at_stake,
    uncollected.first_date,
    uncollected.last_date,
    'none of ' || uncollected.lines || ' payments was ever collected' as evidence,
    {{ evidence_said("'never_collected'", {'payments': 'uncollected.lines'}) }} as evidence_said,
    uncollected.last_payment_id
from uncollected
inner join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = uncollected.enrolment_id
inner join {{ ref('int_payroll_checks') }} as checks
    on checks.reason_code = 'never_collected'
    and checks.program = enrolments.program
    and uncollected.lines >= checks.threshold
