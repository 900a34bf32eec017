-- Credits that fail one after the other: runs of equal status, found by the difference of two numberings.
with numbered_lines as (
    select
        payment_id, enrolment_id, period_start, period_end, amount_due, status,
        row_number() over (partition by enrolment_id order by period_start, payment_id)
        - row_number() over (partition by enrolment_id, status order by period_start, payment_id) as run_no
    from {{ ref('fct_payments') }}
    where status <> 'scheduled'
),

failed_runs as (
    select
        enrolment_id, count(*) as failed, sum(amount_due) as amount, min(period_start) as first_date,
        max(period_end) as last_date, arg_max(payment_id, (period_start, payment_id)) as last_payment_id
    from numbered_lines
    where status = 'failed'
    group by enrolment_id, run_no
)

select
    failed_runs.enrolment_id,
    any_value(enrolments.recipient_record_id) as record_id,
    sum(failed_runs.amount) as amount_at_stake,
    min(failed_runs.first_date) as first_date,
    max(failed_runs.last_date) as last_date,
    max(failed_runs.failed) || ' credits failed one after the other' as evidence,
    {{ evidence_said("'failed_three_in_a_row'", {'credits': 'max(failed_runs.failed)'}) }} as evidence_said,
    arg_max(failed_runs.last_payment_id, failed_runs.last_date) as last_payment_id
from failed_runs
inner join {{ ref('fct_enrolments') }} as enrolments on enrolments.enrolment_id = failed_runs.enrolment_id
inner join {{ ref('int_payroll_checks') }} as checks
    on checks.reason_code = 'failed_three_in_a_row'
    and checks.program = enrolments.program
    and failed_runs.failed >= checks.threshold
group by failed_runs.enrolment_id
