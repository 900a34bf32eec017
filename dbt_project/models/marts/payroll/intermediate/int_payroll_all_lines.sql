-- Every line on a payroll, with the provider that was to pay it: of enrolments, and of who is not enrolled.
with lines as (
    select
        payment_id, source, program, enrolment_id, household_id, household_uid, person_uid, cycle_id, period_start,
        period_end, status, amount_due, amount_paid, area_code, county_code, true as is_enrolled
    from {{ ref('fct_payments') }}
    union all
    select
        payment_id, source, program, enrolment_id, household_id, null, null,
        program || ':' || strftime(period_start, '%Y-%m-%d'), period_start, period_end, status, amount_due, amount_paid,
        null, null, false
    from {{ ref('int_payments_not_enrolled') }}
)

select lines.*, enrolments.account_provider as provider
from lines
left join {{ ref('int_enrolments_received') }} as enrolments
    on enrolments.enrolment_id = lines.enrolment_id and enrolments.reject_reason is null
