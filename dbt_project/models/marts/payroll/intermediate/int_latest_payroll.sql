-- What stands on the latest payroll of its program, an enrolment.
select
    payments.enrolment_id,
    any_value(payments.cycle_id) as cycle_id,
    min(payments.period_start) as first_date,
    max(payments.period_end) as last_date,
    sum(payments.amount_due) as amount_due,
    sum(payments.amount_paid) as amount_paid
from {{ ref('fct_payments') }} as payments
inner join {{ ref('dim_payment_cycle') }} as cycles on cycles.cycle_id = payments.cycle_id and cycles.cycles_back = 1
group by payments.enrolment_id
