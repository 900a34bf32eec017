{{ config(alias='payments_not_enrolled') }}

-- Payment lines that belong to no enrolment in the registry: the enrolment is missing, or is an applicant's.
-- They are no beneficiary's money, so they stay out of registry.payments; the payroll check reports them.
select
    payments.payment_id,
    payments.source,
    payments.source_table,
    payments.loaded_run_id,
    payments.loaded_at,
    payments.program,
    payments.enrolment_id,
    -- A line may name no enrolment: it is told by itself then, for by an empty key nobody could find it again.
    coalesce(payments.enrolment_id, 'payment ' || payments.payment_id) as paid_under,
    payments.household_id,
    payments.cycle_given,
    payments.period_start,
    payments.period_end,
    payments.amount_due,
    payments.amount_paid,
    payments.status,
    payments.paid_date,
    coalesce(received.status, 'no enrolment') as enrolment_status
from {{ ref('int_payments_received') }} as payments
left join {{ ref('int_enrolments_received') }} as received
    on received.enrolment_id = payments.enrolment_id and received.reject_reason is null
left join {{ ref('int_enrolments') }} as enrolments on enrolments.enrolment_id = payments.enrolment_id
where enrolments.enrolment_id is null
    and payments.payment_id is not null
    and coalesce(payments.reject_reason, 'enrolment_missing') = 'enrolment_missing'
