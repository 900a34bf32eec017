{{ config(alias='payments') }}

-- One row a payment line of an enrolment in the registry; the money stands on the recipient's row.
with past as (
    {{ past_retention('enrolment') }}
)

select
    payments.payment_id,
    payments.source,
    payments.source_table,
    payments.loaded_run_id,
    payments.loaded_at,
    payments.program,
    payments.enrolment_id,
    payments.household_id,
    enrolments.recipient_record_id,
    payments.program || ':' || strftime(payments.period_start, '%Y-%m-%d') as cycle_id,
    payments.cycle_given,
    payments.period_start,
    payments.period_end,
    payments.amount_due,
    payments.amount_paid,
    payments.status,
    payments.paid_date,
    {{ unless_past('payments.account_no') }} as account_no,
    payments.updated_at
from {{ ref('int_payments_received') }} as payments
inner join {{ ref('int_enrolments') }} as enrolments on enrolments.enrolment_id = payments.enrolment_id
left join past on past.id = case when enrolments.status = 'exited' then payments.enrolment_id end
where payments.reject_reason is null
