-- What the next cycle would pay an enrolment again: what the latest one was due, else the program's value for a cycle.
select
    enrolments.enrolment_id,
    coalesce(
        sum(payments.amount_due), any_value(transfer_values.monthly_amount * transfer_values.months_per_cycle), 0
    ) as amount
from {{ ref('fct_enrolments') }} as enrolments
inner join {{ ref('dim_payment_cycle') }} as cycles on cycles.program = enrolments.program and cycles.cycles_back = 1
left join {{ ref('fct_payments') }} as payments
    on payments.enrolment_id = enrolments.enrolment_id and payments.cycle_id = cycles.cycle_id
left join {{ ref('transfer_values') }} as transfer_values
    on transfer_values.program = enrolments.program
    and transfer_values.valid_from <= cycles.period_start
    and coalesce(transfer_values.valid_to, date '9999-12-31') >= cycles.period_start
where enrolments.status in ('active', 'suspended')
group by enrolments.enrolment_id
