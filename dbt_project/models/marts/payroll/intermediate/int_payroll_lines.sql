-- Each payment line beside the program's value for its period and the lines around it.
with valued as (
    select
        payments.payment_id,
        payments.enrolment_id,
        payments.program,
        payments.period_start,
        payments.period_end,
        payments.status,
        payments.amount_due,
        payments.amount_paid,
        date_diff('month', payments.period_start, payments.period_end) + 1 as months,
        transfer_values.months_per_cycle,
        transfer_values.monthly_amount * (date_diff('month', payments.period_start, payments.period_end) + 1) as full_value,
        -- A scheduled line is open; a failed credit is not, it is repeated on its own line.
        case when payments.status = 'scheduled' then payments.amount_due - payments.amount_paid else 0 end as open_amount
    from {{ ref('fct_payments') }} as payments
    left join {{ ref('transfer_values') }} as transfer_values
        on transfer_values.program = payments.program
        and transfer_values.valid_from <= payments.period_start
        and coalesce(transfer_values.valid_to, date '9999-12-31') >= payments.period_start
)

select
    *,
    lag(open_amount, 1, 0) over next_to as open_before,
    -- Arrears: the line after this one paid its own amount, and exactly what this one had left open.
    open_amount > 0 and coalesce(lead(amount_paid - amount_due) over next_to, 0) = open_amount as is_settled_by_next
from valued
window next_to as (partition by enrolment_id order by period_start, payment_id)
