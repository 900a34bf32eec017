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
        case when payments.status = 'scheduled' then greatest(payments.amount_due - payments.amount_paid, 0) else 0 end
            as open_amount,
        payments.amount_paid - payments.amount_due as above_due,
        open_amount - greatest(above_due, 0) as balance_change
    from {{ ref('fct_payments') }} as payments
    left join {{ ref('transfer_values') }} as transfer_values
        on transfer_values.program = payments.program
        and transfer_values.valid_from <= payments.period_start
        and coalesce(transfer_values.valid_to, date '9999-12-31') >= payments.period_start
),

summed as (
    select
        *,
        row_number() over next_to as line_no,
        sum(balance_change) over next_to as balance,
        lag(open_amount, 1, 0) over next_to as open_in_line_before,
        coalesce(lead(above_due) over next_to = open_amount, false) as is_settled_by_next
    from valued
    window next_to as (partition by enrolment_id order by period_start, payment_id)
),

beside as (
    -- What is paid beyond all that was open is no credit for later lines: the balance begins anew from its lowest.
    select *, balance - balance_change - least(coalesce(min(balance) over before_it, 0), 0) as open_before
    from summed
    window before_it as (
        partition by enrolment_id order by period_start, payment_id rows between unbounded preceding and 1 preceding
    )
)

-- Arrears: a line pays its own amount and exactly what is open, of all lines before it or of the last one alone. Two
-- cycles settled at once were called an overpayment, and stayed in arrears.
select
    * exclude (balance_change, line_no, balance, open_in_line_before, is_settled_by_next),
    case
        when above_due > 0 and above_due in (open_before, open_in_line_before) then above_due else 0
    end as arrears_paid,
    -- By the place of the last line that settled all: asking each line for one after it took half as long again.
    open_amount > 0 and (
        is_settled_by_next
        or line_no
        < coalesce(max(line_no) filter (where above_due > 0 and above_due = open_before) over of_enrolment, 0)
    ) as is_settled
from beside
window of_enrolment as (partition by enrolment_id)
